import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";

type Spec = Readonly<Record<string, unknown>>;

function declare(lab: FakeLab, cores: number): void {
  const spec = { management: "Full", driftPolicy: "Correct", adoption: "Refuse", resources: { cores } };
  lab.guest("db", { vmid: 101, layer: "base", spec });
}

function policy(lab: FakeLab, spec: Spec = {}): void {
  const metadata = { name: "nightly", namespace: NAMESPACE };
  const all = { schedule: "30 2 * * *", selector: {}, beforeUpdate: true, ...spec };
  lab.kube.apply({ kind: "SnapshotPolicy", metadata, spec: all });
}

/** One container that is ours, runs and has two cores, and a policy with beforeUpdate. */
async function settledLab(guest: Spec = {}): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.cluster();
  lab.layer("base");
  lab.homelab();
  lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: [`hl.${NAMESPACE}.db`], cores: 2, ...guest });
  declare(lab, 2);
  policy(lab);
  lab.start();
  await lab.until("at rest", () => lab.reason("Homelab", "home") === "Settled");
  return lab;
}

const isInSync = (lab: FakeLab): boolean => lab.calls().includes("configure 101") && reason(lab) === "Settled";
const reason = (lab: FakeLab): string => lab.reason("Container", "db");
const names = (lab: FakeLab): readonly string[] => lab.proxmox.guest(101).snapshots;

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
