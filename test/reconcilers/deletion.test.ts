import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { snapshotNames } from "../../controller/plan/snapshotName.ts";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { annotate, CREATABLE, MARK, oneGuest, remove, told, until } from "./oneGuest.ts";

const DELETE = { adoption: "Refuse", deletionPolicy: "Delete" } as const;

/** "db" runs, is ours, and its object asks for Delete. */
async function doomed(is: Partial<FakeGuest> = {}, spec: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = oneGuest({ is: { power: "Running", tags: [MARK], ...is }, wish: { spec: { ...DELETE, ...spec } } });
  lab.start();
  await until(lab, spec["powerState"] === "Stopped" ? "Stopped" : "Settled");
  lab.proxmox.mutations.length = 0;
  return lab;
}

async function gone(lab: FakeLab, seconds = 120, name = "db"): Promise<void> {
  await lab.until(`${name} gone`, () => lab.read("Container", name) === undefined, seconds);
}

describe("deletion", () => {
  it("I7: with Retain the object goes at once and the guest stays as it is", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
    lab.start();
    await until(lab, "Settled");
    expect(lab.read("Container", "db")?.metadata.finalizers).to.equal(undefined);
    remove(lab);
    await lab.seconds(120);
    expect(lab.read("Container", "db")).to.equal(undefined);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.proxmox.guest(101)).to.include({ power: "Running" });
  });

  it("I5: Delete waits 60 s, then shuts down, sees it stopped and destroys it", async () => {
    const lab = await doomed();
    remove(lab);
    await until(lab, "DeletionPending");
    expect(lab.message("Container", "db"))
      .to.include("101 will be shut down and destroyed")
      .and.include("force-delete");
    await lab.seconds(50);
    expect(lab.calls()).to.deep.equal([]);
    await gone(lab);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "destroy 101"]);
    expect(lab.proxmox.guests.has(101)).to.equal(false);
    expect(told(lab)).to.include("Deleted");
  });

  it("I5, L10: the 60 s go on after a restart of the controller, and do not begin anew", async () => {
    const lab = await doomed();
    remove(lab);
    await until(lab, "DeletionPending");
    await lab.seconds(40);
    lab.kill();
    lab.start();
    await lab.until("shut down", () => lab.calls().includes("shutdown 101"), 30);
  });

  it("I5: a guest that is stopped already waits its 60 s too", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    remove(lab);
    await lab.seconds(50);
    expect(lab.calls()).to.deep.equal([]);
    await gone(lab);
    expect(lab.calls()).to.deep.equal(["destroy 101"]);
  });

  it("L6: a guest of a lower layer is taken down although the layers above run", async () => {
    const lab = await doomed();
    lab.layer("apps", ["base"]);
    lab.proxmox.add({ vmid: 201, name: "app" });
    lab.guest("app", { vmid: 201, layer: "apps" });
    await until(lab, "Settled", 60, "app");
    remove(lab);
    await gone(lab);
    expect(lab.proxmox.guest(201).power).to.equal("Running");
  });

  it("I5: what destroying would lose keeps the guest, with the list, until it is gone", async () => {
    const lab = await doomed({
      unused: ["local-zfs:vm-101-disk-7"],
      snapshots: ["before"],
      backupJobs: ["nightly"],
      ha: undefined,
    });
    remove(lab);
    await until(lab, "WouldLoseData", 120);
    const message = lab.message("Container", "db");
    for (const loss of ["unused volume local-zfs:vm-101-disk-7", "snapshot before", "backup job nightly"])
      expect(message).to.include(loss);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["shutdown 101"]);
    Object.assign(lab.proxmox.guest(101), { unused: [], snapshots: [], backupJobs: [] });
    await gone(lab);
  });

  it("I5: snapshots that a policy of this namespace has made go with the guest; whose they are they say themselves", async () => {
    const ours = snapshotNames({ namespace: NAMESPACE, name: "nightly" }).of(Date.UTC(2026, 0, 1));
    const others = snapshotNames({ namespace: "elsewhere", name: "nightly" }).of(Date.UTC(2026, 0, 1));
    const unmarked = ours.replace(/\d{14}$/, "20260102000000");
    const lab = await doomed({
      snapshots: [ours, others, unmarked, "by-hand"],
      snapshotTexts: {
        [ours]: `SnapshotPolicy nightly [hl:${NAMESPACE}/nightly]`,
        [others]: "SnapshotPolicy nightly [hl:elsewhere/nightly]",
        "by-hand": `after the talk about [hl:${NAMESPACE}/nightly]`,
      },
    });
    remove(lab);
    await until(lab, "WouldLoseData", 120);
    expect(lab.message("Container", "db")).to.include(
      `would lose: snapshot ${others}; snapshot ${unmarked}; snapshot by-hand. The deletion waits`,
    );
    Object.assign(lab.proxmox.guest(101), { snapshots: [ours] });
    await gone(lab);
  });

  it("I5: data mounts go only with delete-data and the vmid; what is bound from the host is no loss", async () => {
    const lab = await doomed({
      mounts: [
        { key: "mp0", volume: "local-zfs:subvol-101-disk-1", path: "/srv", sizeMiB: 1024 },
        { key: "mp1", volume: "/tank/media", path: "/media" },
      ],
    });
    remove(lab);
    await until(lab, "WouldLoseData", 120);
    expect(lab.message("Container", "db"))
      .to.include("data mount mp0 (local-zfs:subvol-101-disk-1)")
      .and.include("delete-data=101");
    expect(lab.message("Container", "db")).not.to.include("/tank/media");
    annotate(lab, "deleteData", "true");
    await lab.seconds(60);
    expect(lab.proxmox.guests.has(101)).to.equal(true);
    annotate(lab, "deleteData", "101");
    await gone(lab);
  });

  it("I5: the protection flag keeps it until a person switches it off", async () => {
    const lab = await doomed({ protection: true });
    remove(lab);
    await until(lab, "ProtectionOn");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.guest(101).protection = false;
    await gone(lab, 1000);
  });

  it("I5: declared in another object meanwhile, it is handed over and never stopped", async () => {
    const lab = await doomed();
    remove(lab);
    await until(lab, "DeletionPending");
    await lab.seconds(30);
    lab.guest("postgres", { vmid: 101, layer: "base", spec: DELETE });
    await gone(lab, 5);
    await until(lab, "Settled", 60, "postgres");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["configure 101"]);
    expect(told(lab)).to.include("HandedOver");
  });

  it("I5: a data mount that nobody has seen yet keeps the guest, and is named", async () => {
    const lab = await doomed();
    remove(lab);
    await lab.until("stopped", () => lab.calls().includes("shutdown 101"), 90);
    await lab.until("down", () => lab.proxmox.guest(101).power === "Stopped", 30);
    lab.proxmox.meanwhile("losses", () => {
      lab.proxmox.guest(101).mounts.push({ key: "mp0", volume: "local-zfs:data", sizeMiB: 1024, path: "/srv" });
    });
    await until(lab, "WouldLoseData", 90);
    expect(lab.message("Container", "db")).to.include("mp0 (local-zfs:data)");
    expect(lab.calls()).not.to.include("destroy 101");
  });

  it("I7: force-delete drops the object and touches nothing", async () => {
    const lab = await doomed();
    remove(lab);
    await until(lab, "DeletionPending");
    annotate(lab, "forceDelete", "yes");
    await lab.seconds(5);
    expect(lab.read("Container", "db")).not.to.equal(undefined);
    annotate(lab, "forceDelete", "true");
    await gone(lab, 5);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.proxmox.guest(101).tags).to.deep.equal([MARK]);
  });

  it("I7: in a namespace that is being deleted nothing is destroyed", async () => {
    const lab = await doomed();
    lab.kube.terminateNamespace("lab");
    await gone(lab, 10);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.proxmox.guest(101)).to.include({ power: "Running" });
  });

  it("I3: a guest whose mark is not this object's is not destroyed, and the object is let go", async () => {
    const lab = await doomed();
    lab.proxmox.guest(101).tags = [];
    await lab.seconds(15);
    remove(lab);
    await gone(lab, 30);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(told(lab)).to.include("GuestNotOwned");
  });

  it("api: deleting a suspended object releases it", async () => {
    const lab = await doomed();
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...DELETE, suspend: true } });
    remove(lab);
    await gone(lab, 10);
    expect(lab.calls()).to.deep.equal([]);
  });

  const missing: readonly (readonly [string, string, (lab: FakeLab) => void, (lab: FakeLab) => void])[] = [
    [
      "Homelab",
      "HomelabMissing",
      (lab) => {
        remove(lab, "home", "Homelab");
      },
      (lab) => {
        lab.homelab();
      },
    ],
    [
      "ProxmoxCluster",
      "ClusterMissing",
      (lab) => {
        remove(lab, "pve", "ProxmoxCluster");
      },
      (lab) => {
        lab.cluster();
      },
    ],
    [
      "Secret",
      "SecretMissing",
      (lab) => {
        lab.kube.dropSecret("lab", "proxmox-token");
      },
      (lab) => {
        lab.kube.putSecret("lab", "proxmox-token", { tokenId: "controller@pve!lab", tokenSecret: "secret" });
      },
    ],
  ];
  for (const [what, reason, take, bring] of missing)
    it(`I7: without its ${what} a deletion waits, with both ways out, and goes on when it is back`, async () => {
      const lab = await doomed();
      take(lab);
      await lab.seconds(70);
      remove(lab);
      await lab.until("told", () => lab.message("Container", "db").includes("The deletion waits"));
      expect(lab.reason("Container", "db")).to.equal(reason);
      expect(lab.message("Container", "db")).to.include("apply it again").and.include("force-delete");
      await lab.seconds(120);
      expect(lab.calls()).to.deep.equal([]);
      bring(lab);
      await gone(lab, 300);
      expect(lab.calls()).to.deep.equal(["shutdown 101", "destroy 101"]);
    });

  it("I5: a vmid that a stranger took between look and destroy is not destroyed", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    remove(lab);
    await until(lab, "DeletionPending");
    await lab.seconds(50);
    lab.proxmox.meanwhile("losses", () => {
      lab.proxmox.guests.delete(101);
      lab.proxmox.add({ vmid: 101, name: "strangers", tags: ["precious"] });
    });
    await lab.until("looked", () => (lab.proxmox.calls.get("losses") ?? 0) > 0, 60);
    await lab.seconds(120);
    expect(lab.proxmox.guest(101).name).to.equal("strangers");
    expect(lab.proxmox.mutations).to.deep.equal([]);
  });

  it("O4: a look that is refused for want of a privilege names it, and the privileges are read again", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    const text = "Permission check failed (/, Sys.Audit)";
    lab.fault("losses", "before", new ProviderError("permission", text, { status: 403, call: "GET /cluster/backup" }));
    remove(lab);
    await until(lab, "PermissionMissing", 120);
    expect(lab.message("Container", "db")).to.include(text);
    await lab.seconds(1);
    expect(lab.proxmox.calls.get("permissions")).to.equal(2);
    await gone(lab, 310);
  });

  it("I5: an heir that is declared between the last look and the destroy keeps the guest", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    remove(lab);
    await lab.seconds(50);
    lab.proxmox.meanwhile("losses", () => {
      lab.proxmox.latencyMs = 50;
      lab.proxmox.meanwhile("readGuest", () => {
        lab.guest("heir", { vmid: 101, layer: "base", spec: { ...DELETE, powerState: "Stopped" } });
      });
    });
    await until(lab, "Stopped", 60, "heir");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["configure 101"]);
  });

  it("A3: a destroy whose answer is lost is followed, not sent again", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    lab.fault("destroy", "after", new ProviderError("outcomeUnknown", "no answer"));
    remove(lab);
    await gone(lab);
    expect(lab.calls()).to.deep.equal(["destroy 101"]);
  });

  it("A4, A7: a destroy that fails is told with Proxmox's text; the lock it leaves is a person's to clear", async () => {
    const lab = await doomed({}, { powerState: "Stopped" });
    lab.proxmox.failTask("vzdestroy", "zfs error: dataset is busy");
    remove(lab);
    await until(lab, "TaskFailed", 120);
    expect(lab.message("Container", "db")).to.include("dataset is busy").and.include("force-delete");
    await until(lab, "LeftoverLock", 200);
    expect(lab.message("Container", "db")).to.include("pct unlock 101");
    await lab.seconds(600);
    expect(lab.calls()).to.deep.equal(["destroy 101"]);
    lab.proxmox.guest(101).lock = undefined;
    await gone(lab, 60);
  });

  it("H3: our own destroys are no second controller's when another guest's end is looked into", async () => {
    const lab = await doomed({}, { ...CREATABLE });
    lab.proxmox.add({ vmid: 102, name: "cache", power: "Running" });
    lab.guest("cache", { vmid: 102, layer: "base" });
    await until(lab, "Settled", 60, "cache");
    remove(lab);
    await gone(lab);
    lab.proxmox.crash(102);
    await lab.until("restarted", () => lab.calls().includes("start 102"));
    await lab.seconds(5);
    expect(lab.reason("Homelab", "home")).not.to.equal("AnotherControllerActs");
  });
});
