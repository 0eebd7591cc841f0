import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { rewrite } from "../fakes/proxmox.ts";

const LAYER = { layerRef: { name: "base" } };

/** Two running containers with our mark and one that is only powered; a policy every hour. */
async function settledLab(spec: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.cluster();
  lab.layer("base");
  for (const [index, name] of ["db", "web"].entries()) {
    const vmid = 101 + index;
    lab.proxmox.add({ vmid, name, power: "Running" });
    lab.guest(name, { vmid, layer: "base" });
  }
  lab.homelab();
  policy(lab, spec);
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
  return lab;
}

function policy(lab: FakeLab, spec: Readonly<Record<string, unknown>>): void {
  const metadata = { name: "hourly", namespace: NAMESPACE };
  lab.kube.apply({ kind: "SnapshotPolicy", metadata, spec: { schedule: "0 * * * *", selector: LAYER, ...spec } });
}

const reason = (lab: FakeLab): string => lab.reason("SnapshotPolicy", "hourly");
const message = (lab: FakeLab): string => lab.message("SnapshotPolicy", "hourly");
const snapshots = (lab: FakeLab, vmid = 101): readonly string[] => lab.proxmox.guest(vmid).snapshots;
const calls = (lab: FakeLab): readonly string[] => lab.calls().filter((call) => call.includes("Snapshot"));

/** Moves time to a few seconds after the next full hour and the run to its end. */
async function nextRun(lab: FakeLab): Promise<void> {
  const left = 3_600_000 - (lab.clock.now() % 3_600_000);
  await lab.clock.advance(left + 100);
  await lab.until("the run is over", () => {
    const { lastScheduleTime } = lab.status("SnapshotPolicy", "hourly");
    return (
      lastScheduleTime === new Date(lab.clock.now() - (lab.clock.now() % 3_600_000)).toISOString().replace(".000", "")
    );
  });
}

describe("SnapshotPolicy", () => {
  it("makes one snapshot of each guest a run, one after the other, and then is silent", async () => {
    const lab = await settledLab();
    await lab.until("looked at", () => reason(lab) === "Settled");
    expect(calls(lab)).to.deep.equal([]);
    let most = 0;
    const left = 3_600_000 - (lab.clock.now() % 3_600_000);
    await lab.clock.advance(left + 100);
    await lab.until("both have one", () => {
      most = Math.max(most, lab.proxmox.tasks.running("pve1").length);
      return reason(lab) === "Settled" && snapshots(lab, 102).length === 1;
    });
    expect(most).to.equal(1);
    expect(calls(lab)).to.deep.equal(["createSnapshot 101", "createSnapshot 102"]);
    expect(snapshots(lab)[0]).to.match(/^hl-hourly-[0-9a-f]{8}-\d{14}$/);
    const writes = lab.kube.writes.length;
    await lab.seconds(600);
    expect(lab.kube.writes.length).to.equal(writes);
    expect(lab.status("SnapshotPolicy", "hourly")["summary"]).to.deep.equal({ guests: "2/2" });
  });

  it("removes only what keep no longer keeps and only what it made itself", async () => {
    const lab = await settledLab({
      keep: { last: 1 },
      selector: undefined,
      targets: [{ kind: "Container", name: "db" }],
    });
    lab.proxmox.guest(101).snapshots.push("before-upgrade");
    await nextRun(lab);
    const [, first] = snapshots(lab);
    // Looks like one of ours by its name, and does not carry the mark.
    const forged = (first ?? "").replace(/\d{14}$/, "20200101000000");
    lab.proxmox.guest(101).snapshots.push(forged);
    await nextRun(lab);
    await lab.until("the first is removed", () => !snapshots(lab).includes(first ?? ""));
    expect(snapshots(lab)).to.include.members(["before-upgrade", forged]).and.have.length(3);
    expect(calls(lab)).to.deep.equal(["createSnapshot 101", "createSnapshot 101", "deleteSnapshot 101"]);
  });

  it("runs that were missed are caught up once", async () => {
    const lab = await settledLab();
    await nextRun(lab);
    lab.kill();
    await lab.clock.advance(5 * 3_600_000);
    lab.start();
    await lab.until("caught up", () => reason(lab) === "Settled" && snapshots(lab, 102).length === 2);
    await lab.seconds(60);
    expect(snapshots(lab).length).to.equal(2);
  });

  for (const when of ["before", "after"] as const)
    it(`A2, A3: an answer that was lost ${when} the effect makes no second snapshot`, async () => {
      const lab = await settledLab();
      lab.fault("createSnapshot", when, new ProviderError("outcomeUnknown", "socket hang up"));
      await nextRun(lab);
      expect([snapshots(lab).length, snapshots(lab, 102).length]).to.deep.equal([1, 1]);
      expect(lab.proxmox.tasks.all.filter(({ type }) => type === "vzsnapshot").length).to.equal(2);
    });

  it("A3: killed while a snapshot is made, the next process follows its task", async () => {
    const lab = await settledLab();
    const left = 3_600_000 - (lab.clock.now() % 3_600_000);
    await lab.clock.advance(left + 100);
    await lab.until("the task runs", () => lab.proxmox.tasks.running("pve1").length === 1);
    lab.kill();
    lab.start();
    await lab.until("done", () => reason(lab) === "Settled" && snapshots(lab, 102).length === 1);
    expect(calls(lab)).to.deep.equal(["createSnapshot 101", "createSnapshot 102"]);
    expect(lab.reason("Homelab", "home")).to.equal("Settled");
  });

  it("A4: a guest that somebody works on is waited for, and after an hour the run goes without it", async () => {
    const lab = await settledLab();
    lab.proxmox.guest(101).lock = "backup";
    const left = 3_600_000 - (lab.clock.now() % 3_600_000);
    await lab.clock.advance(left + 100);
    await lab.until("the other has one", () => snapshots(lab, 102).length === 1);
    await lab.until("it waits", () => reason(lab) === "GuestBusy");
    expect(message(lab)).to.equal("the run waits for Container/db (backup)");
    lab.proxmox.guest(101).lock = undefined;
    await lab.until("and goes on", () => reason(lab) === "Settled" && snapshots(lab).length === 1);
  });

  it("A4, O6: a person restores one: nothing is done to the guest meanwhile, then it is brought back as it is now", async () => {
    const lab = await settledLab();
    const guest = lab.proxmox.guest(101);
    const before = lab.calls().length;
    lab.proxmox.halt(guest);
    guest.lock = "rollback";
    const task = rewrite(lab.proxmox, 101, { type: "vzrollback", user: "ana@pam" }, (rolled) => {
      rolled.lock = undefined;
      rolled.memoryMiB = 256;
    });
    await lab.until("it waits", () => lab.reason("Container", "db") === "GuestBusy");
    expect(lab.message("Container", "db")).to.include("rollback");
    await lab.until("the task is over", () => task.exit !== undefined);
    await lab.seconds(20);
    expect(lab.calls().length).to.equal(before);
    await lab.until("it runs again", () => lab.reason("Container", "db") === "Settled");
    expect(lab.calls().slice(before)).to.deep.equal(["start 101"]);
    expect(guest.memoryMiB).to.equal(256);
  });

  it("I3: a guest without our mark gets none, and the message says why", async () => {
    const lab = await settledLab();
    lab.proxmox.add({ vmid: 103, name: "power", power: "Running" });
    lab.guest("power", { vmid: 103, layer: "base", spec: { management: "Power" } });
    await lab.until("seen", () => lab.reason("Container", "power") === "Settled");
    await nextRun(lab);
    expect(snapshots(lab, 103)).to.deep.equal([]);
    expect(message(lab)).to.contain("without Container/power: management is Power; snapshots need Full");
  });

  it("storage that cannot snapshot is said at once, before any run, and heals", async () => {
    const lab = await settledLab();
    lab.proxmox.add({ vmid: 103, name: "raw", power: "Running", canSnapshot: false });
    lab.guest("raw", { vmid: 103, layer: "base" });
    await lab.until("said", () => reason(lab) === "SnapshotUnsupported", 400);
    expect(message(lab)).to.contain("the storage of Container/raw cannot make snapshots");
    lab.proxmox.guest(103).canSnapshot = true;
    await lab.until("healed", () => reason(lab) === "Settled", 700);
  });

  it("A7: a snapshot that fails is tried three times, told with Proxmox's own text, and the others have theirs", async () => {
    const lab = await settledLab();
    lab.proxmox.guest(101).snapshotFailure = "zfs error: out of space";
    lab.kube.apply({
      kind: "SnapshotPolicy",
      metadata: { name: "hourly", namespace: NAMESPACE },
      spec: { schedule: "0 * * * *", targets: [{ kind: "Container", name: "db" }] },
    });
    const left = 3_600_000 - (lab.clock.now() % 3_600_000);
    await lab.clock.advance(left + 100);
    await lab.until("given up", () => reason(lab) === "SnapshotFailed", 400);
    expect(message(lab)).to.match(
      /^failed: hl-hourly-\S+ of Container\/db: zfs error: out of space\. The next run tries again$/,
    );
    expect(calls(lab).length).to.equal(3);
    lab.proxmox.guest(101).snapshotFailure = undefined;
    await nextRun(lab);
    expect(snapshots(lab).length).to.equal(1);
  });

  it("L2: without a Homelab, or suspended, it says what it would do and does nothing", async () => {
    const lab = await settledLab({ suspend: true });
    const left = 3_600_000 - (lab.clock.now() % 3_600_000);
    await lab.clock.advance(left + 100);
    await lab.until("said", () => message(lab).startsWith("suspended; would make hl-hourly-"));
    lab.kube.delete(lab.key("Homelab", "home"));
    policy(lab, {});
    await lab.until("waits", () => reason(lab) === "HomelabMissing");
    expect(calls(lab)).to.deep.equal([]);
    lab.homelab();
    await lab.until("made", () => snapshots(lab).length === 1);
  });

  it("P5: a schedule that cannot be read is the policy's own trouble", async () => {
    const lab = await settledLab({ timeZone: "Europe/Atlantis" });
    await lab.until("said", () => reason(lab) === "SpecInvalid");
    expect(message(lab)).to.contain("timeZone Europe/Atlantis is not known");
    expect(lab.reason("Homelab", "home")).to.equal("Settled");
  });
});
