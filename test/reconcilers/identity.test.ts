import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { stop } from "../fakes/proxmox.ts";
import { statusOf } from "./conditions.ts";
import { CREATABLE, MARK, oneGuest, remove, told, until } from "./oneGuest.ts";

const RUNNING = { power: "Running" } as const;

describe("identity", () => {
  it("I3: a guest without our mark is not touched, and the message says how to manage it", async () => {
    const lab = oneGuest({ is: { tags: ["mine"] }, wish: { spec: { adoption: "Refuse" } } });
    lab.start();
    await until(lab, "GuestNotOwned");
    expect(lab.message("Container", "db"))
      .to.include("101 (db) exists and carries no mark of ours")
      .and.include("Adopt");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(statusOf(lab, "db", "Owned")).to.equal("False");
  });

  it("I4: adoption writes the mark beside the person's tags and nothing else, then the guest is started", async () => {
    const lab = oneGuest({
      is: { tags: ["prod"], onboot: true, memoryMiB: 4096 },
      wish: { spec: { resources: { memory: "1Gi" } } },
    });
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["configure 101", "start 101"]);
    expect(lab.proxmox.mutations[0]?.detail).to.deep.equal({ tags: [MARK, "prod"] });
    expect(lab.proxmox.guest(101).memoryMiB).to.equal(4096);
    expect(told(lab)).to.include("Adopted");
  });

  it("I3: another namespace's mark makes it foreign", async () => {
    const lab = oneGuest({ is: { tags: ["hl.other.thing"] }, wish: { spec: { adoption: "Refuse" } } });
    lab.start();
    await until(lab, "GuestNotOwned");
    expect(lab.message("Container", "db")).to.include("is marked as that of other/thing");
  });

  it("I2: renamed in Git, the mark is rewritten and the guest is never stopped", async () => {
    const lab = oneGuest({ is: { ...RUNNING, tags: ["hl.lab.old", "prod"] }, wish: { spec: { adoption: "Refuse" } } });
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["configure 101"]);
    expect(lab.proxmox.guest(101).tags).to.deep.equal([MARK, "prod"]);
    expect(told(lab)).to.include("Renamed");
  });

  it("O7: a person's stop is still respected when the object is renamed in Git before or after it is on record", async () => {
    for (const seconds of [0, 60]) {
      const lab = oneGuest({ is: RUNNING });
      lab.start();
      await until(lab, "Settled");
      stop(lab.proxmox, 101, "ana@pam");
      await lab.seconds(seconds);
      remove(lab);
      lab.guest("database", { vmid: 101, layer: "base", spec: { adoption: "Refuse" } });
      await until(lab, "StoppedByHand", 60, "database");
      await lab.seconds(120);
      expect(lab.proxmox.guest(101))
        .to.include({ power: "Stopped" })
        .and.deep.include({ tags: ["hl.lab.database"] });
      expect(lab.calls().filter((call) => call.startsWith("start"))).to.deep.equal([]);
    }
  });

  it("O7: a stopped guest without our mark is started for a new name: applying it is the person's newest word", async () => {
    const lab = oneGuest({ is: RUNNING, wish: { spec: { management: "Power" } } });
    lab.start();
    await until(lab, "Settled");
    stop(lab.proxmox, 101, "ana@pam");
    await until(lab, "StoppedByHand");
    remove(lab);
    lab.guest("database", { vmid: 101, layer: "base", spec: { management: "Power" } });
    await until(lab, "Settled", 60, "database");
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("I2, I5: renamed in Git under deletionPolicy Delete, the old object is let go and the guest runs on", async () => {
    const lab = oneGuest({ is: RUNNING, wish: { spec: { deletionPolicy: "Delete" } } });
    lab.start();
    await until(lab, "Settled");
    remove(lab);
    lab.guest("database", { vmid: 101, layer: "base", spec: { adoption: "Refuse", deletionPolicy: "Delete" } });
    await until(lab, "Settled", 60, "database");
    await lab.until("old object gone", () => lab.read("Container", "db") === undefined);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["configure 101", "configure 101"]);
    expect(lab.proxmox.guest(101).tags).to.deep.equal(["hl.lab.database"]);
    expect(lab.proxmox.guest(101).power).to.equal("Running");
    expect(told(lab)).to.include("HandedOver");
  });

  it("I3: a clone that carries a living object's mark counts as unmarked", async () => {
    const lab = oneGuest({ is: RUNNING });
    lab.proxmox.add({ vmid: 102, name: "clone", tags: [MARK] });
    lab.guest("copy", { vmid: 102, layer: "base", spec: { adoption: "Refuse" } });
    lab.start();
    await until(lab, "GuestNotOwned", 60, "copy");
    expect(lab.message("Container", "copy")).to.include("carries no mark of ours");
    expect(lab.proxmox.guest(102).tags).to.deep.equal([MARK]);
  });

  it("I3: a guest of the wrong type is never touched, whatever is declared", async () => {
    const lab = oneGuest({ is: { type: "qemu", name: "win" } });
    lab.start();
    await until(lab, "GuestTypeDiffers");
    expect(lab.message("Container", "db")).to.include("101 is a VM in Proxmox (win)").and.include("VirtualMachine");
    lab.guest("db", { vmid: 101, layer: "base", spec: { management: "Power", recovery: { maxRestarts: 1 } } });
    await lab.seconds(60);
    expect(lab.reason("Container", "db")).to.equal("GuestTypeDiffers");
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I3: a template is not started", async () => {
    const lab = oneGuest({ is: { template: true } });
    lab.start();
    await until(lab, "GuestDiffers");
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I3: Power starts a guest without a mark and writes none", async () => {
    const lab = oneGuest({ is: {}, wish: { spec: { management: "Power", adoption: "Refuse" } } });
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
    expect(lab.proxmox.guest(101).tags).to.deep.equal([]);
  });

  it("I3: under Power a hostname that differs keeps the guest untouched until it is corrected", async () => {
    const lab = oneGuest({ is: {}, wish: { spec: { management: "Power", hostname: "postgres" } } });
    lab.start();
    await until(lab, "GuestDiffers");
    expect(lab.message("Container", "db")).to.include("called db in Proxmox, not postgres");
    expect(lab.calls()).to.deep.equal([]);
    lab.guest("db", { vmid: 101, layer: "base", spec: { management: "Power", hostname: "DB" } });
    await until(lab, "Settled");
  });

  it("I3: Observe changes nothing, needs no mark, and counts by its health", async () => {
    const lab = oneGuest({
      is: RUNNING,
      wish: { spec: { management: "Observe", powerState: "Stopped", adoption: "Refuse" } },
    });
    lab.start();
    await until(lab, "Observing");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I2: where Proxmox forbids the tag the option is named, once in five minutes, and it heals", async () => {
    const text = "Permission check failed (/, Sys.Modify for modifying tag 'hl.lab.db')";
    const lab = oneGuest({ is: RUNNING });
    lab.fault("configure", "before", new ProviderError("permission", text, { status: 403 }));
    lab.start();
    await until(lab, "TagForbidden");
    expect(lab.message("Container", "db")).to.include("user-tag-access").and.include("hl.lab.db");
    await lab.seconds(240);
    expect(lab.calls()).to.deep.equal([]);
    expect(told(lab)).not.to.include("Adopted");
    await until(lab, "Settled", 120);
    expect(told(lab)).to.include("Adopted");
  });

  it("I3: a mark that changes between look and write is not overwritten", async () => {
    const lab = oneGuest({ is: { ...RUNNING, tags: ["hl.lab.old"] }, wish: { spec: { adoption: "Refuse" } } });
    const guest = lab.proxmox.guest(101);
    lab.proxmox.meanwhile("readConfig", () => {
      guest.tags = ["hl.other.thing"];
    });
    lab.start();
    await until(lab, "GuestNotOwned", 90);
    expect(guest.tags).to.deep.equal(["hl.other.thing"]);
    expect(lab.calls()).to.deep.equal([]);
  });
});

describe("two objects with one vmid", () => {
  const again = { vmid: 101, layer: "base", spec: { adoption: "Refuse" } };

  it("I1: the younger is VmidTaken, with the name of the other; when that is gone it takes over", async () => {
    const lab = oneGuest({ is: RUNNING });
    await lab.seconds(2);
    lab.guest("rival", again);
    lab.start();
    await until(lab, "VmidTaken", 60, "rival");
    expect(lab.message("Container", "rival")).to.include("declared by Container db too");
    await until(lab, "Settled");
    remove(lab);
    await until(lab, "Settled", 60, "rival");
    expect(lab.calls()).to.deep.equal(["configure 101", "configure 101"]);
  });

  it("I1: the one named in the mark wins against an older one, also while Proxmox is away", async () => {
    const lab = oneGuest({ is: { ...RUNNING, tags: ["hl.lab.rival"] } });
    await lab.seconds(2);
    lab.guest("rival", again);
    lab.start();
    await until(lab, "VmidTaken");
    await until(lab, "Settled", 60, "rival");
    lab.proxmox.reachable = false;
    await until(lab, "HostUnreachable", 60, "rival");
    expect(lab.reason("Container", "db")).to.equal("VmidTaken");
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I1: of one apply the smaller name wins, and only one of a Container and a VM of the same name", async () => {
    const lab = oneGuest({ is: RUNNING });
    lab.guest("aa", again);
    lab.guest("db", { vmid: 101, layer: "base", kind: "VirtualMachine" });
    lab.start();
    await until(lab, "VmidTaken");
    expect(lab.reason("VirtualMachine", "db")).to.equal("VmidTaken");
    expect(lab.reason("Container", "aa")).to.equal("GuestNotOwned");
  });

  it("I1: an object whose spec cannot be used still claims its vmid", async () => {
    const lab = oneGuest({ is: { ...RUNNING, tags: ["hl.lab.odd"] }, wish: { spec: { adoption: "Refuse" } } });
    lab.kube.apply({ kind: "Container", metadata: { name: "odd", namespace: "lab" }, spec: { vmid: 101, probes: 7 } });
    lab.start();
    await until(lab, "VmidTaken");
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("I5: an object that is being deleted is no claimant, however long somebody else's finalizer keeps it", async () => {
    const lab = oneGuest({ is: { ...RUNNING, tags: [MARK] } });
    const finalizers = ["example.com/slow"];
    const spec = { vmid: 101, layerRef: { name: "base" }, adoption: "Adopt" };
    remove(lab);
    lab.kube.apply({ kind: "Container", metadata: { name: "db", namespace: "lab", finalizers }, spec });
    lab.start();
    await until(lab, "Settled");
    remove(lab);
    lab.guest("heir", again);
    await until(lab, "Settled", 60, "heir");
    expect(lab.read("Container", "db")).not.to.equal(undefined);
    expect(lab.proxmox.guest(101).tags).to.deep.equal(["hl.lab.heir"]);
  });

  it("L3: a member that lost its vmid counts as unhealthy", async () => {
    const lab = oneGuest({ is: RUNNING });
    await lab.seconds(2);
    lab.guest("rival", again);
    lab.start();
    await until(lab, "VmidTaken", 60, "rival");
    await lab.until("counted", () => JSON.stringify(lab.status("HomelabLayer", "base")).includes("VmidTaken"));
  });
});

describe("what cannot be seen", () => {
  it("O4: a lost privilege is never absence: named with its path, nothing created, nothing started", async () => {
    const lab = oneGuest({ is: RUNNING, wish: { spec: { ...CREATABLE } } });
    lab.start();
    await until(lab, "Settled");
    lab.proxmox.mutations.length = 0;
    lab.proxmox.guest(101).hidden = true;
    await until(lab, "PermissionMissing");
    expect(lab.message("Container", "db")).to.include("VM.Audit on /vms/101");
    expect(statusOf(lab, "db", "Running")).to.equal("Unknown");
    await lab.seconds(400);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.guest(101).hidden = false;
    await until(lab, "Settled");
  });

  it("A7: a missing privilege is named before anything is tried, and heals when it is granted", async () => {
    const lab = oneGuest({ is: {} });
    const all = lab.proxmox.permissions;
    const [root] = [...all.values()];
    lab.proxmox.permissions = new Map([["/", new Map([...(root ?? [])].filter(([name]) => name !== "VM.PowerMgmt"))]]);
    lab.start();
    await until(lab, "PermissionMissing");
    expect(lab.message("Container", "db")).to.include("would start it, but the token lacks VM.PowerMgmt on /vms/101");
    expect(lab.reason("ProxmoxCluster", "pve")).to.equal("PermissionMissing");
    expect(lab.status("ProxmoxCluster", "pve")["missingPermissions"]).to.deep.equal([
      { privilege: "VM.PowerMgmt", path: "/vms/101" },
    ]);
    expect(lab.calls()).to.deep.equal(["configure 101"]);
    lab.proxmox.permissions = all;
    await until(lab, "Settled", 400);
    expect(lab.reason("ProxmoxCluster", "pve")).to.equal("Settled");
  });

  it("A7: a 403 that nobody foresaw is named, and the privileges are read again", async () => {
    const lab = oneGuest({ is: { tags: [MARK] } });
    const text = "Permission check failed (/vms/101, VM.PowerMgmt)";
    lab.fault("start", "before", new ProviderError("permission", text, { status: 403 }));
    lab.start();
    await until(lab, "PermissionMissing");
    expect(lab.message("Container", "db")).to.include(text);
    await lab.seconds(1);
    expect(lab.proxmox.calls.get("permissions")).to.equal(2);
    await lab.seconds(240);
    expect(lab.calls()).to.deep.equal([]);
    await until(lab, "Settled", 120);
  });
});
