import { expect } from "chai";
import { annotation } from "../../controller/api/meta.ts";
import type { FakeLab } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { remove } from "./oneGuest.ts";
import { declare, DISK, oneMachine, untilVm } from "./oneMachine.ts";

const DATA = { key: "scsi1", volume: "tank:vm-101-disk-1", sizeMiB: 1024 };

/** "vm" runs, is ours, and its object asks for Delete. */
async function doomed(is: Partial<FakeGuest> = {}, spec: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = oneMachine({ deletionPolicy: "Delete", ...spec }, { power: "Running", ...is });
  lab.start();
  await untilVm(lab, spec["powerState"] === "Stopped" ? "Stopped" : "Settled");
  lab.proxmox.mutations.length = 0;
  return lab;
}

function deleteVm(lab: FakeLab, name = "vm"): void {
  remove(lab, name, "VirtualMachine");
}

async function gone(lab: FakeLab, seconds = 120, name = "vm"): Promise<void> {
  await lab.until(`${name} gone`, () => lab.read("VirtualMachine", name) === undefined, seconds);
}

function annotate(lab: FakeLab, what: keyof typeof annotation, value: string): void {
  lab.kube.annotate(lab.key("VirtualMachine", "vm"), { [annotation[what]]: value });
}

describe("the deletion of a virtual machine", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("I5: Delete waits 60 s, then shuts down, sees it stopped and destroys it", async () => {
    lab = await doomed();
    deleteVm(lab);
    expect(await untilVm(lab, "DeletionPending"))
      .to.include("101 will be shut down and destroyed")
      .and.include("force-delete");
    await lab.seconds(50);
    expect(lab.calls()).to.deep.equal([]);
    await gone(lab);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "destroy 101"]);
    expect(lab.proxmox.guests.has(101)).to.equal(false);
  });

  it("I7: with Retain, or under management Power, it has no finalizer and stays as it is", async () => {
    for (const spec of [{ deletionPolicy: "Retain" }, { deletionPolicy: "Delete", management: "Power" }]) {
      lab = await doomed({}, spec);
      expect(lab.read("VirtualMachine", "vm")?.metadata.finalizers).to.equal(undefined);
      deleteVm(lab);
      await lab.seconds(120);
      expect(lab.calls()).to.deep.equal([]);
      lab.kill();
    }
  });

  const losses: readonly (readonly [string, Partial<FakeGuest>, Partial<FakeGuest>, string])[] = [
    [
      "unused volumes",
      { unused: ["local-zfs:vm-101-disk-7"] },
      { unused: [] },
      "unused volume local-zfs:vm-101-disk-7",
    ],
    ["snapshots", { snapshots: ["before"] }, { snapshots: [] }, "snapshot before"],
    ["a backup job", { backupJobs: ["nightly"] }, { backupJobs: [] }, "backup job nightly"],
    ["a replication job", { replicationJobs: ["101-0"] }, { replicationJobs: [] }, "replication job 101-0"],
    ["HA", { ha: "stopped" }, { ha: undefined }, "HA resource"],
  ];
  for (const [what, is, healed, said] of losses)
    it(`I5: ${what} would be lost with it and keep it, until they are gone`, async () => {
      lab = await doomed({ power: "Stopped" }, { powerState: "Stopped" });
      deleteVm(lab);
      Object.assign(lab.proxmox.guest(101), is);
      expect(await untilVm(lab, "WouldLoseData", 120)).to.include(said);
      await lab.seconds(120);
      expect(lab.calls()).to.deep.equal([]);
      Object.assign(lab.proxmox.guest(101), healed);
      await gone(lab);
      expect(lab.calls()).to.deep.equal(["destroy 101"]);
    });

  it("I5: further disks go only with delete-data and the vmid; a disk of the node stays anyway", async () => {
    const disks = [DISK, DATA, { key: "scsi2", volume: "/dev/disk/by-id/ata-1" }];
    lab = await doomed({ vm: { disks, bootOrder: ["ide2", "scsi0"], hostDevices: {} } });
    deleteVm(lab);
    const message = await untilVm(lab, "WouldLoseData", 120);
    expect(message).to.include("would lose: data disk scsi1 (tank:vm-101-disk-1)").and.include("delete-data=101");
    expect(message).not.to.include("scsi0").and.not.include("/dev/disk");
    annotate(lab, "deleteData", "true");
    await lab.seconds(60);
    expect(lab.proxmox.guests.has(101)).to.equal(true);
    annotate(lab, "deleteData", "101");
    await gone(lab);
  });

  it("I5: a disk that was attached since the last look keeps it", async () => {
    lab = await doomed({}, { powerState: "Stopped" });
    deleteVm(lab);
    lab.proxmox.meanwhile("losses", () => {
      lab.proxmox.guest(101).vm = { disks: [DISK, DATA], bootOrder: ["scsi0"], hostDevices: {} };
    });
    expect(await untilVm(lab, "WouldLoseData", 120)).to.include("scsi1 (tank:vm-101-disk-1)");
    expect(lab.calls()).not.to.include("destroy 101");
  });

  it("I5: the protection flag keeps it until a person switches it off", async () => {
    lab = await doomed({ protection: true });
    deleteVm(lab);
    await untilVm(lab, "ProtectionOn");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.guest(101).protection = false;
    await gone(lab, 1000);
  });

  for (const type of ["qemu", "lxc"] as const)
    it(`I5: a stranger's ${type} that took its vmid between look and destroy is not destroyed`, async () => {
      lab = await doomed({}, { powerState: "Stopped" });
      deleteVm(lab);
      await untilVm(lab, "DeletionPending");
      await lab.seconds(50);
      lab.proxmox.mutations.length = 0;
      lab.proxmox.meanwhile("losses", () => {
        lab.proxmox.guests.delete(101);
        lab.proxmox.add({ type, vmid: 101, name: "strangers", tags: ["precious"] });
      });
      await lab.until("looked", () => (lab.proxmox.calls.get("losses") ?? 0) > 0, 60);
      await lab.seconds(120);
      expect(lab.proxmox.guest(101).name).to.equal("strangers");
      expect(lab.calls()).to.deep.equal([]);
    });

  it("I5: declared in another object meanwhile, it is handed over and never stopped", async () => {
    lab = await doomed();
    deleteVm(lab);
    await untilVm(lab, "DeletionPending");
    await lab.seconds(30);
    declare(lab, { deletionPolicy: "Delete" }, "renamed");
    await gone(lab, 5);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["configure 101"]);
    expect(lab.proxmox.guest(101).power).to.equal("Running");
  });

  it("I6, I8: what is protected stays, and of two the second waits for the brake", async () => {
    lab = await doomed();
    lab.proxmox.add({ type: "qemu", vmid: 102, name: "other", tags: ["hl.lab.other"], power: "Running" });
    declare(lab, { deletionPolicy: "Delete" }, "other", 102);
    await lab.seconds(30);
    deleteVm(lab);
    deleteVm(lab, "other");
    const left = (): string[] => ["vm", "other"].filter((name) => lab.read("VirtualMachine", name) !== undefined);
    await lab.until("one is held", () => left().length === 1, 200);
    const [name = ""] = left();
    await lab.until("held", () => lab.reason("VirtualMachine", name) === "HeldByBrake", 60);
    expect(lab.calls().filter((call) => call.startsWith("destroy"))).to.have.length(1);
    lab.cluster({ protectedVmids: [101, 102] });
    await lab.seconds(700);
    expect(left()).to.deep.equal([name]);
    expect(lab.reason("VirtualMachine", name)).to.equal("ProtectionOn");
  });
});
