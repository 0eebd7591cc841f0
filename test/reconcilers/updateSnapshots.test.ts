import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { rewrite } from "../fakes/proxmox.ts";
import { rehearsed, stepsOf } from "../preview/planned.ts";

type Spec = Readonly<Record<string, unknown>>;

function declare(lab: FakeLab, cores: number, name = "db", vmid = 101): void {
  const spec = { management: "Full", driftPolicy: "Correct", adoption: "Refuse", resources: { cores } };
  lab.guest(name, { vmid, layer: "base", spec });
}

function policy(lab: FakeLab, spec: Spec = {}): void {
  const metadata = { name: "nightly", namespace: NAMESPACE };
  const all = { schedule: "30 2 * * *", selector: {}, beforeUpdate: true, ...spec };
  lab.kube.apply({ kind: "SnapshotPolicy", metadata, spec: all });
}

/** One container that is ours, runs and has two cores, and a policy with beforeUpdate. */
async function settledLab(guest: Spec = {}, rules: Spec = {}): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.cluster();
  lab.layer("base");
  lab.homelab();
  lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: [`hl.${NAMESPACE}.db`], cores: 2, ...guest });
  declare(lab, 2);
  policy(lab, rules);
  lab.start();
  await lab.until("at rest", () => lab.reason("Homelab", "home") === "Settled");
  return lab;
}

const isInSync = (lab: FakeLab): boolean => lab.calls().includes("configure 101") && reason(lab) === "Settled";
const reason = (lab: FakeLab): string => lab.reason("Container", "db");
const names = (lab: FakeLab): readonly string[] => lab.proxmox.guest(101).snapshots;

/** A few seconds into the next hour, when a run is due. */
async function toTheHour(lab: FakeLab): Promise<void> {
  await lab.clock.advance(HOUR_MS - (lab.clock.now() % HOUR_MS) + 100);
}

const HOUR_MS = 3_600_000;
const HOURLY = { schedule: "0 * * * *" };
const CALLED = "hl-nightly-";

/** Snapshots that are being made on the node at once. */
const making = (lab: FakeLab): number =>
  lab.proxmox.tasks.running("pve1").filter(({ type }) => type.endsWith("snapshot")).length;

/** Names of runs end in whole minutes. */
const ofRuns = (lab: FakeLab, vmid = 101): readonly string[] =>
  lab.proxmox.guest(vmid).snapshots.filter((name) => name.startsWith(CALLED) && name.endsWith("0000"));

function declareWeb(lab: FakeLab, cores: number): void {
  declare(lab, cores, "web", 102);
}

/** Two containers of one node, and a policy of both with a run each hour. */
async function twoAtRest(): Promise<FakeLab> {
  const lab = await settledLab({}, HOURLY);
  lab.proxmox.add({ vmid: 102, name: "web", power: "Running", tags: [`hl.${NAMESPACE}.web`], cores: 2 });
  declareWeb(lab, 2);
  await lab.until("both at rest", () => lab.reason("Container", "web") === "Settled");
  return lab;
}

/** Until both have the run's snapshot and web its update with one before it, and no two are made at once meanwhile. */
async function oneAtATime(lab: FakeLab): Promise<void> {
  let most = 0;
  await lab.until("all is done", () => {
    most = Math.max(most, making(lab));
    const isChanged = lab.calls().includes("configure 102") && lab.reason("Container", "web") === "Settled";
    return isChanged && ofRuns(lab).length === 1 && ofRuns(lab, 102).length === 1;
  });
  expect(most).to.equal(1);
  expect(lab.calls().filter((call) => call.startsWith("createSnapshot"))).to.have.length(3);
}

describe("SnapshotPolicy with beforeUpdate", () => {
  it("makes one snapshot of each generation before the guest is changed, and then is silent", async () => {
    const lab = await settledLab();
    declare(lab, 4);
    await lab.until("changed", () => isInSync(lab));
    expect(lab.calls()).to.deep.equal(["createSnapshot 101", "configure 101"]);
    expect(names(lab)).to.have.length(1);
    expect(names(lab)[0]).to.match(/^hl-nightly-[0-9a-f]{8}-\d{14}$/);
    await lab.seconds(20);
    const writes = lab.kube.writes.length;
    await lab.seconds(600);
    expect(lab.kube.writes.length).to.equal(writes);
    expect(lab.status("SnapshotPolicy", "nightly")["guests"]).to.deep.equal([
      { kind: "Container", name: "db", count: 1 },
    ]);
  });

  it("keep: {last: 1} removes the run's for it, the guest goes on, and then is silence", async () => {
    const lab = await settledLab({}, { ...HOURLY, keep: { last: 1 } });
    await toTheHour(lab);
    await lab.until(
      "the run is over",
      () => ofRuns(lab).length === 1 && lab.status("SnapshotPolicy", "nightly")["task"] === undefined,
    );
    declare(lab, 4);
    await lab.until("changed, and one is left", () => isInSync(lab) && names(lab).length === 1);
    expect(ofRuns(lab)).to.deep.equal([]);
    await lab.seconds(60);
    const writes = lab.kube.writes.length;
    await lab.seconds(1_200);
    expect(lab.kube.writes.length).to.equal(writes);
    expect(lab.calls().filter((call) => call !== "deleteSnapshot 101")).to.deep.equal([
      "createSnapshot 101",
      "createSnapshot 101",
      "configure 101",
    ]);
  });

  it("keep: {last: 1} and a run each minute: the guest still comes to its restart, and is changed once", async () => {
    const lab = await settledLab({}, { schedule: "* * * * *", keep: { last: 1 } });
    const spec = { management: "Full", driftPolicy: "Correct", adoption: "Refuse", updatePolicy: "Restart" };
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...spec, dns: { nameservers: ["10.0.0.1"] } } });
    await lab.until("restarted", () => lab.calls().includes("start 101") && reason(lab) === "Settled", 900);
    await lab.seconds(300);
    const changes = lab.calls().filter((call) => !call.includes("Snapshot"));
    expect(changes).to.deep.equal(["configure 101", "shutdown 101", "start 101"]);
    expect(names(lab).length).to.be.lessThan(3);
  });

  for (const killed of [false, true])
    it(`A6: an update waits for the run's snapshot on its node${killed ? ", also in the next process" : ""}`, async () => {
      const lab = await twoAtRest();
      await toTheHour(lab);
      await lab.until("the run is at work on db", () => making(lab) === 1);
      declareWeb(lab, 4);
      if (killed) {
        lab.kill();
        lab.start();
      }
      await oneAtATime(lab);
    });

  for (const killed of [false, true])
    it(`A6: a run waits for the snapshot before an update on its node${killed ? ", also in the next process" : ""}`, async () => {
      const lab = await twoAtRest();
      await lab.clock.advance(HOUR_MS - (lab.clock.now() % HOUR_MS) - 2_000);
      declareWeb(lab, 4);
      await lab.until("made for the update", () => making(lab) === 1);
      if (killed) lab.kill();
      await toTheHour(lab);
      expect(making(lab)).to.equal(1);
      if (killed) lab.start();
      await oneAtATime(lab);
    });

  it("A3: a policy whose own call was lost never takes the guest's task for its run", async () => {
    const lab = await settledLab({}, HOURLY);
    lab.proxmox.witness = ({ call, is }) => {
      if (call === "createSnapshot" && is === "sent" && lab.replicas > 0) lab.kill();
    };
    await toTheHour(lab);
    await lab.until("killed before its call", () => lab.replicas === 0);
    lab.proxmox.witness = undefined;
    expect(lab.status("SnapshotPolicy", "nightly")["task"]).to.not.have.property("upid");
    declare(lab, 4);
    lab.start();
    const taken = new Set<unknown>();
    const its = new Set<unknown>();
    await lab.until("all is done", () => {
      const note = (set: Set<unknown>, kind: string, name: string): unknown => {
        const { task } = lab.status(kind, name) as { task?: { action?: string; upid?: string } };
        return task?.action === "Snapshot" && task.upid !== undefined && set.add(task.upid);
      };
      note(taken, "SnapshotPolicy", "nightly");
      note(its, "Container", "db");
      return isInSync(lab) && ofRuns(lab).length === 1;
    });
    expect(its.size).to.equal(1);
    expect(taken.size).to.equal(1);
    expect([...taken]).to.not.have.members([...its]);
    expect(names(lab)).to.have.length(2);
  });

  it("after a rollback what is declared is written again, and the snapshot that is there is enough", async () => {
    const lab = await settledLab();
    declare(lab, 4);
    await lab.until("changed", () => isInSync(lab));
    rewrite(lab.proxmox, 101, { type: "vzrollback", user: "ana@pam" }, (guest) => {
      guest.cores = 2;
    });
    await lab.until("written again", () => lab.calls().length === 3 && isInSync(lab), 120);
    expect(lab.calls()).to.deep.equal(["createSnapshot 101", "configure 101", "configure 101"]);
  });

  it("a plan shows the snapshot before the change, and makes none", async () => {
    const lab = await settledLab();
    lab.kill();
    declare(lab, 4);
    const steps = stepsOf(await rehearsed(lab)).get("Container/db") ?? [];
    expect(steps.map((step) => step.split(" ")[0])).to.deep.equal(["Snapshot", "Configure"]);
    expect(lab.calls()).to.deep.equal([]);
  });

  for (const when of ["before", "after"] as const)
    it(`A2: an answer that was lost ${when} the effect makes no second snapshot and no change without it`, async () => {
      const lab = await settledLab();
      lab.fault("createSnapshot", when, new ProviderError("outcomeUnknown", "socket hang up"));
      declare(lab, 4);
      await lab.until("changed", () => isInSync(lab), 120);
      expect(names(lab)).to.have.length(1);
      expect(lab.proxmox.tasks.all.filter(({ type }) => type === "vzsnapshot").length).to.equal(1);
    });

  it("storage that cannot snapshot: nothing is changed, it is said at once with the ways out, and each of them helps", async () => {
    const lab = await settledLab({ canSnapshot: false });
    declare(lab, 4);
    await lab.until("said", () => reason(lab) === "SnapshotUnsupported");
    expect(lab.message("Container", "db")).to.contain("set beforeUpdate: false in SnapshotPolicy nightly");
    await lab.seconds(900);
    expect(lab.calls()).to.deep.equal([]);
    policy(lab, { beforeUpdate: false });
    await lab.until("changed without", () => isInSync(lab));
    expect(lab.calls()).to.deep.equal(["configure 101"]);
  });

  it("A7: a snapshot that fails holds the change with Proxmox's own text, and is tried again", async () => {
    const lab = await settledLab({ snapshotFailure: "zfs error: out of space" });
    declare(lab, 4);
    await lab.until("said", () => reason(lab) === "SnapshotFailed");
    expect(lab.message("Container", "db")).to.contain("zfs error: out of space");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["createSnapshot 101"]);
    lab.proxmox.guest(101).snapshotFailure = undefined;
    await lab.until("changed", () => isInSync(lab), 700);
    expect(lab.calls()).to.deep.equal(["createSnapshot 101", "createSnapshot 101", "configure 101"]);
  });
});
