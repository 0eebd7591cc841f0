import { expect } from "chai";
import type { GuestStatus } from "../../controller/api/index.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { ConfigChange } from "../../controller/providers/port.ts";
import type { FakeLab } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { annotate, MARK, oneGuest, told, until } from "./oneGuest.ts";

const eth0 = { key: "net0", name: "eth0", bridge: "vmbr0", mac: "BC:24:11:00:00:01", ipv4: "dhcp" };

/** The running Container "db" with our mark, whose differences are ours to correct unless said otherwise. */
async function running(spec: Readonly<Record<string, unknown>> = {}, is: Partial<FakeGuest> = {}): Promise<FakeLab> {
  const lab = oneGuest({
    is: { power: "Running", tags: [MARK], networks: [eth0], ...is },
    wish: { spec: { driftPolicy: "Correct", ...spec } },
  });
  lab.start();
  await lab.seconds(10);
  return lab;
}

function change(lab: FakeLab, spec: Readonly<Record<string, unknown>>): void {
  const now = lab.read("Container", "db")?.spec as Readonly<Record<string, unknown>>;
  lab.guest("db", { vmid: 101, layer: "base", spec: { ...now, ...spec } });
}

function writes(lab: FakeLab): ConfigChange[] {
  return lab.proxmox.mutations.filter(({ call }) => call === "configure").map(({ detail }) => detail as ConfigChange);
}

function statusOf(lab: FakeLab): GuestStatus {
  return lab.read("Container", "db")?.status as GuestStatus;
}

function inSync(lab: FakeLab): string {
  return statusOf(lab).conditions?.find(({ type }) => type === "ConfigInSync")?.reason ?? "";
}

/** Nothing is written or sent for ten minutes. */
async function silent(lab: FakeLab): Promise<void> {
  const before = [lab.proxmox.mutations.length, JSON.stringify(lab.read("Container", "db"))];
  await lab.seconds(600);
  expect([lab.proxmox.mutations.length, JSON.stringify(lab.read("Container", "db"))]).to.deep.equal(before);
}

describe("the configuration of a container that exists", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("A5: what differs is written at once, nothing else is, and then there is silence", async () => {
    lab = await running({ description: "old" }, { description: "old", memoryMiB: 512, cores: 4 });
    change(lab, { description: "new", resources: { memory: "1Gi" } });
    await lab.until("in sync", () => inSync(lab) === "InSync" && writes(lab).length > 0);
    expect(writes(lab)).to.deep.equal([{ description: "new", memoryMiB: 1024 }]);
    expect(lab.proxmox.guest(101)).to.include({ description: "new", memoryMiB: 1024, cores: 4 });
    await until(lab, "Settled");
    expect(told(lab)).to.include("Configuring");
    await silent(lab);
  });

  it("I4: of an adopted guest, and of one found again, differences are only shown", async () => {
    lab = await running({ driftPolicy: undefined, resources: { memory: "1Gi" } }, { memoryMiB: 512 });
    expect(writes(lab)).to.deep.equal([]);
    expect(statusOf(lab).drift).to.deep.equal([{ field: "resources.memory", desired: "1Gi", actual: "512Mi" }]);
    expect([lab.reason("Container", "db"), inSync(lab)]).to.deep.equal(["Settled", "Drifted"]);
    await silent(lab);
  });

  it("A5: an interface that changes keeps its MAC and what we do not manage", async () => {
    const other = { rate: "10" };
    lab = await running(
      {
        networks: [
          { name: "eth0", bridge: "vmbr0", firewall: true, ipv4: { method: "Static", address: "10.0.0.2/24" } },
        ],
      },
      {
        networks: [
          { ...eth0, other },
          { ...eth0, key: "net1", name: "eth1", mac: "BC:24:11:00:00:02" },
        ],
      },
    );
    await lab.until("written", () => inSync(lab) === "InSync");
    expect(writes(lab)).to.deep.equal([{ networks: [{ ...eth0, other, firewall: true, ipv4: "10.0.0.2/24" }] }]);
    expect(statusOf(lab).unmanaged).to.deep.equal(["net1"]);
    await silent(lab);
  });

  it("A5: somebody writes at the same moment: nothing is overwritten, it is read again and written then", async () => {
    lab = await running({ description: "a" }, { description: "a" });
    lab.proxmox.meanwhile("configure", () => {
      lab.proxmox.guest(101).cores = 7;
    });
    change(lab, { description: "b" });
    await lab.until("written", () => lab.proxmox.guest(101).description === "b");
    expect(lab.proxmox.guest(101).cores).to.equal(7);
    expect(lab.proxmox.mutations.filter(({ call }) => call === "configure").map(({ done }) => done)).to.deep.equal([
      false,
      true,
    ]);
  });

  it("A2: a write whose answer is lost is looked up before anything else, and not sent again when it was done", async () => {
    lab = await running({ description: "a" }, { description: "a" });
    lab.fault("configure", "after", new ProviderError("outcomeUnknown", "timed out"));
    change(lab, { description: "b" });
    await lab.until("in sync", () => inSync(lab) === "InSync" && lab.proxmox.guest(101).description === "b");
    await lab.seconds(60);
    expect(writes(lab)).to.have.length(1);
  });

  it("A2, A7: a write that Proxmox refuses is looked at, told in its own words, and tried again after five minutes", async () => {
    lab = await running({ networks: [{ name: "eth0", bridge: "vmbr0", mtu: 9000 }] });
    await until(lab, "RefusedByProvider");
    expect(lab.message("Container", "db")).to.include("MTU size '9000' is bigger than bridge MTU '1500'");
    expect(writes(lab)).to.have.length(1);
    await lab.seconds(200);
    expect(writes(lab)).to.have.length(1);
    lab.proxmox.bridges[0] = { name: "vmbr0", active: true, vlanAware: true, mtu: 9000 };
    await until(lab, "Settled", 400);
    expect(lab.proxmox.guest(101).networks[0]?.mtu).to.equal(9000);
  });

  it("A7: a refused write keeps a crashed guest from nothing", async () => {
    lab = await running({ networks: [{ name: "eth0", bridge: "vmbr0", mtu: 9000 }] });
    await until(lab, "RefusedByProvider");
    lab.proxmox.crash(101);
    await lab.until("it is up again", () => lab.calls().includes("start 101"), 15);
  });

  it("I5: volumes grow by a task of their own, whose intent is written", async () => {
    lab = await running(
      { rootfs: { storage: "local-zfs", size: "8Gi" } },
      { mounts: [{ key: "mp0", volume: "local-zfs:subvol-101-disk-1", path: "/srv", sizeMiB: 1024 }] },
    );
    change(lab, {
      rootfs: { storage: "local-zfs", size: "10Gi" },
      mounts: [{ name: "mp0", path: "/srv", storage: "local-zfs", size: "2Gi" }],
    });
    await lab.until("grown", () => inSync(lab) === "InSync" && lab.calls().length > 1);
    expect(lab.calls()).to.deep.equal(["resize 101", "resize 101"]);
    expect(lab.proxmox.guest(101).rootfs?.sizeMiB).to.equal(10_240);
    expect(lab.proxmox.guest(101).mounts[0]?.sizeMiB).to.equal(2048);
    await until(lab, "Settled");
    expect(statusOf(lab)).to.not.have.property("task");
    await silent(lab);
  });

  it("A3: killed at the call, the next process finds the task that grows the volume, and sends no second one", async () => {
    lab = await running({ rootfs: { storage: "local-zfs", size: "8Gi" } });
    lab.proxmox.meanwhile("resize", () => {
      lab.proxmox.clock.after(1, () => {
        lab.kill();
      });
    });
    change(lab, { rootfs: { storage: "local-zfs", size: "9Gi" } });
    await lab.until("sent", () => lab.calls().includes("resize 101"));
    await lab.seconds(1);
    lab.start();
    await lab.until("in sync", () => inSync(lab) === "InSync");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["resize 101"]);
  });

  const refused: readonly (readonly [string, object, Partial<FakeGuest>, string, string])[] = [
    [
      "shrinking",
      { rootfs: { storage: "local-zfs", size: "4Gi" } },
      {},
      "WouldLoseData",
      "rootfs has 8Gi and is never shrunk",
    ],
    ["moving", { rootfs: { storage: "tank", size: "8Gi" } }, {}, "WouldLoseData", "pct move-volume 101 rootfs tank"],
    [
      "an empty volume over a detached one",
      { mounts: [{ name: "mp0", path: "/srv", storage: "local-zfs", size: "1Gi" }] },
      { unused: ["local-zfs:subvol-101-disk-1"] },
      "WouldLoseData",
      "pct set 101 -mp0 local-zfs:subvol-101-disk-1,mp=/srv",
    ],
    [
      "a volume exchanged for a directory",
      { mounts: [{ name: "mp0", path: "/srv", hostPath: "/tank/srv" }] },
      { mounts: [{ key: "mp0", volume: "local-zfs:subvol-101-disk-1", path: "/srv", sizeMiB: 1024 }] },
      "WouldLoseData",
      "mp0 holds volume local-zfs:subvol-101-disk-1",
    ],
    [
      "a directory of the node",
      { mounts: [{ name: "mp1", path: "/media", hostPath: "/tank/media", readOnly: true }] },
      {},
      "RootOnly",
      "pct set 101 -mp1 /tank/media,mp=/media,ro=1",
    ],
    [
      "a feature of root's",
      { features: { nesting: true, keyctl: true } },
      {},
      "RootOnly",
      'pct set 101 -features "nesting=1,keyctl=1"',
    ],
  ];
  for (const [what, spec, is, reason, text] of refused)
    it(`I5, 9.2: ${what} is never done, and said with what to do`, async () => {
      lab = await running({ ...spec }, is);
      await until(lab, reason);
      expect(lab.message("Container", "db")).to.include(text);
      expect(lab.calls().filter((call) => call.startsWith("resize"))).to.deep.equal([]);
      expect(lab.proxmox.guest(101).mounts).to.deep.equal(is.mounts ?? []);
      await silent(lab);
    });

  describe("what needs a restart", () => {
    const dns = { dns: { nameservers: ["10.0.0.1"] } };

    it("Live: it is stored and waits, in the status too, until somebody restarts it", async () => {
      lab = await running(dns);
      await lab.until("it waits", () => inSync(lab) === "RestartPending");
      expect(statusOf(lab).pendingChanges?.map(({ field }) => field)).to.deep.equal(["dns.nameservers"]);
      expect(lab.reason("Container", "db")).to.equal("Settled");
      await silent(lab);
      expect(lab.proxmox.guest(101).nameservers).to.deep.equal([]);
      annotate(lab, "restartedAt", "now");
      await lab.until("in effect", () => inSync(lab) === "InSync");
      expect(lab.proxmox.guest(101).nameservers).to.deep.equal(["10.0.0.1"]);
      expect(statusOf(lab)).to.not.have.property("pendingChanges");
    });

    it("Restart: it is restarted for it, once, and it comes back", async () => {
      lab = await running({ ...dns, updatePolicy: "Restart" });
      await lab.until("in effect", () => inSync(lab) === "InSync" && lab.calls().length > 2);
      expect(lab.calls()).to.deep.equal(["configure 101", "shutdown 101", "start 101"]);
      await until(lab, "Settled");
      expect(statusOf(lab)).to.not.have.property("updating");
      await silent(lab);
    });

    it("Manual: it is not even stored before restarted-at has a new value; the rest is", async () => {
      lab = await running({ ...dns, description: "x", updatePolicy: "Manual" });
      await lab.until("the rest", () => lab.proxmox.guest(101).description === "x");
      await lab.seconds(20);
      expect(writes(lab)).to.deep.equal([{ description: "x" }]);
      expect(statusOf(lab).pendingChanges?.[0]?.message).to.include("updatePolicy is Manual");
      expect(inSync(lab)).to.equal("Drifted");
      await silent(lab);
      annotate(lab, "restartedAt", "now");
      await lab.until("in effect", () => inSync(lab) === "InSync");
      expect(lab.calls()).to.deep.equal(["configure 101", "configure 101", "shutdown 101", "start 101"]);
      await until(lab, "Settled");
      await silent(lab);
    });

    it("an MTU that is stored but not in effect is told until the next start", async () => {
      lab = await running({ networks: [{ name: "eth0", bridge: "vmbr0", mtu: 1400 }] });
      await lab.until("it waits", () => inSync(lab) === "RestartPending");
      expect(statusOf(lab).pendingChanges?.[0]?.field).to.equal("networks[eth0].mtu");
      await silent(lab);
      annotate(lab, "restartedAt", "now");
      await lab.until("in effect", () => inSync(lab) === "InSync");
    });

    it("I6: a protected guest is neither written nor restarted", async () => {
      lab = oneGuest({
        is: { power: "Running", tags: [MARK] },
        wish: { spec: { driftPolicy: "Correct", updatePolicy: "Restart", ...dns } },
        cluster: { protectedVmids: [101] },
      });
      lab.start();
      await until(lab, "Protected");
      await lab.seconds(60);
      expect(lab.calls()).to.deep.equal([]);
    });
  });
});
