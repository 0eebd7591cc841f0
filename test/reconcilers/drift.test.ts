import { expect } from "chai";
import type { GuestStatus } from "../../controller/api/index.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { migrate, rewrite } from "../fakes/proxmox.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import type { FakeTask } from "../fakes/proxmoxTasks.ts";
import { MARK, oneGuest } from "./oneGuest.ts";

const ANA = "ana@pam";

/** The running Container "db" with our mark; its differences are reported unless said otherwise. */
async function container(spec: Readonly<Record<string, unknown>>): Promise<FakeLab> {
  const is: Partial<FakeGuest> = { power: "Running", tags: [MARK], memoryMiB: 2048 };
  const lab = oneGuest({ is, wish: { spec: { driftPolicy: "Report", ...spec } } });
  lab.start();
  await lab.until("in sync", () => inSync(lab)?.reason === "InSync");
  return lab;
}

function statusOf(lab: FakeLab, kind = "Container", name = "db"): GuestStatus {
  return (lab.read(kind, name)?.status ?? {}) as GuestStatus;
}

function inSync(
  lab: FakeLab,
  kind?: string,
  name?: string,
): NonNullable<GuestStatus["conditions"]>[number] | undefined {
  return statusOf(lab, kind, name).conditions?.find(({ type }) => type === "ConfigInSync");
}

/** As a person in the UI: the size is absolute, whole MiB. */
function grow(lab: FakeLab, sizeMiB: number, user: string): FakeTask {
  return rewrite(lab.proxmox, 101, { type: "resize", user }, (guest) => {
    if (guest.rootfs !== undefined) guest.rootfs = { ...guest.rootfs, sizeMiB };
  });
}

/** The events about the only guest that say so. */
function said(lab: FakeLab, reason: string): string[] {
  return lab.kube.events.filter((event) => event.reason === reason).map(({ message }) => message);
}

const asked = (lab: FakeLab): number => lab.proxmox.calls.get("tasks") ?? 0;

async function drifted(lab: FakeLab, seconds = 90): Promise<NonNullable<GuestStatus["drift"]>> {
  await lab.until("drifted", () => inSync(lab)?.reason === "Drifted", seconds);
  return statusOf(lab).drift ?? [];
}

async function quiet(lab: FakeLab, seconds = 600): Promise<void> {
  const before = [asked(lab), lab.kube.writes.length, lab.proxmox.mutations.length];
  await lab.seconds(seconds);
  expect([asked(lab), lab.kube.writes.length, lab.proxmox.mutations.length]).to.deep.equal(before);
}

describe("drift that somebody made", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("I4, O1: field, both values and the person are in status, condition and event; the task list is asked once", async () => {
    lab = await container({ rootfs: { storage: "local-zfs", size: "8Gi" } });
    await lab.seconds(60);
    const before = asked(lab);
    const task = grow(lab, 12_288, ANA);
    const changeTime = (): string => new Date(task.endTime ?? 0).toISOString().replace(".000", "");
    const drift = await drifted(lab);
    expect(drift).to.deep.equal([
      { field: "rootfs.size", desired: "8Gi", actual: "12Gi", changedBy: ANA, changeTime: changeTime() },
    ]);
    const text = `rootfs.size is 12Gi, the manifest says 8Gi; changed by ${ANA} at ${changeTime()}`;
    expect(inSync(lab)?.message).to.equal(text);
    expect(said(lab, "Drifted")).to.deep.equal([text]);
    expect(asked(lab)).to.equal(before + 1);
    await lab.seconds(10);
    await quiet(lab);
  });

  it("I4: under Correct it is put back, and the events say whose change it was", async () => {
    lab = new FakeLab();
    lab.proxmox.add({
      ...{ type: "qemu", vmid: 101, name: "vm", power: "Running", memoryMiB: 2048 },
      tags: [`hl.${NAMESPACE}.vm`],
      vm: { disks: [], hostDevices: {} },
    });
    lab.cluster();
    lab.layer("base");
    const spec = { management: "Full", driftPolicy: "Correct", probes: [], resources: { memory: "2Gi" } };
    lab.guest("vm", { kind: "VirtualMachine", vmid: 101, layer: "base", spec });
    lab.homelab();
    lab.start();
    await lab.until("in sync", () => inSync(lab, "VirtualMachine", "vm")?.reason === "InSync");
    const at = { type: "qmconfig", user: "tf@pve!ci", log: ["update VM 101: -memory 4096"] };
    rewrite(lab.proxmox, 101, at, (guest) => {
      guest.memoryMiB = 4096;
    });
    await lab.until("put back", () => said(lab, "Configure").length > 0 || lab.calls().includes("configure 101"), 90);
    await lab.seconds(5);
    expect(lab.proxmox.mutations.map(({ detail }) => detail)).to.deep.equal([{ memoryMiB: 2048 }]);
    expect(said(lab, "Drifted")[0]).to.match(
      /^resources\.memory is 4Gi, the manifest says 2Gi; changed by tf@pve!ci at \S+Z$/,
    );
    expect(lab.kube.events.map(({ message }) => message).join("\n")).to.contain(
      "resources.memory 4Gi → 2Gi (changed by tf@pve!ci)",
    );
    expect(statusOf(lab, "VirtualMachine", "vm").drift).to.equal(undefined);
  });

  it("I4: a write that leaves no task is told without a name, and so is one that two people may have made", async () => {
    lab = await container({ resources: { memory: "2Gi" }, rootfs: { storage: "local-zfs", size: "8Gi" } });
    lab.proxmox.guest(101).memoryMiB = 4096;
    grow(lab, 9216, ANA);
    grow(lab, 10_240, "bob@pve");
    expect(await drifted(lab)).to.deep.equal([
      { field: "resources.memory", desired: "2Gi", actual: "4Gi" },
      { field: "rootfs.size", desired: "8Gi", actual: "10Gi" },
    ]);
    expect(said(lab, "Drifted")).to.deep.equal([
      "resources.memory is 4Gi, the manifest says 2Gi. rootfs.size is 10Gi, the manifest says 8Gi. " +
        "It is only reported: to have it put back write driftPolicy: Correct, else correct the manifest",
    ]);
  });

  it("I4, O1: another spec is nobody's drift: no event, and no task list is asked for", async () => {
    lab = await container({ resources: { memory: "2Gi" } });
    const before = asked(lab);
    lab.guest("db", { vmid: 101, layer: "base", spec: { driftPolicy: "Report", resources: { memory: "1Gi" } } });
    expect(await drifted(lab)).to.deep.equal([{ field: "resources.memory", desired: "1Gi", actual: "2Gi" }]);
    await lab.seconds(120);
    expect(said(lab, "Drifted")).to.deep.equal([]);
    expect(asked(lab)).to.equal(before);
  });

  it("I4, A10: who moved it to another node stands in the list of the node that it left", async () => {
    lab = new FakeLab(["pve1", "pve2"]);
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: [MARK], node: "pve1" });
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: { node: "pve1" } });
    lab.homelab();
    lab.start();
    await lab.until("in sync", () => inSync(lab)?.reason === "InSync");
    migrate(lab.proxmox, 101, "pve2", ANA);
    const [{ changeTime, ...drift } = { field: "" }] = await drifted(lab);
    expect(drift).to.deep.equal({ field: "node", desired: "pve1", actual: "pve2", changedBy: ANA });
    expect(changeTime).to.match(/Z$/);
  });

  it("I4, L10: changed while no controller ran, it is explained at first sight; a restart forgets and writes nothing", async () => {
    lab = await container({ rootfs: { storage: "local-zfs", size: "8Gi" } });
    await lab.seconds(60);
    lab.kill();
    grow(lab, 12_288, ANA);
    await lab.clock.advance(3_600_000);
    lab.start();
    const [first] = await drifted(lab);
    expect(first?.changedBy).to.equal(ANA);
    expect(said(lab, "Drifted").length).to.equal(1);
    await lab.seconds(10);
    const before = [lab.kube.writes.length, lab.kube.events.length];
    lab.kill();
    lab.start();
    await lab.seconds(120);
    expect([lab.kube.writes.length, lab.kube.events.length]).to.deep.equal(before);
    expect(statusOf(lab).drift?.[0]?.changedBy).to.equal(ANA);
  });
});
