import { expect } from "chai";
import { parseSpec, SnapshotPolicy } from "../../../controller/api/index.ts";
import type { GuestAction } from "../../../controller/plan/guests/guestAction.ts";
import type { GuestInput } from "../../../controller/plan/guests/guestInput.ts";
import type { Step } from "../../../controller/plan/guests/guestStep.ts";
import { withSnapshot } from "../../../controller/plan/guests/updateSnapshot.ts";
import { progressing } from "../../../controller/plan/outcomes.ts";
import { snapshotNames } from "../../../controller/plan/snapshotName.ts";
import { ACTIONS, asVm, inputOf, present } from "../inputs.ts";
import { NOW } from "../labs.ts";

const POLICY = { namespace: "lab", name: "nightly" };
const NAMES = snapshotNames(POLICY);
const MINUTE = 60_000;

function policy(spec: object = {}): SnapshotPolicy {
  const object = { metadata: POLICY, spec: { schedule: "0 3 * * *", selector: {}, beforeUpdate: true, ...spec } };
  const result = parseSpec(SnapshotPolicy, object as never);
  if (!result.ok) throw new Error(result.problems.join("; "));
  return { ...object, spec: result.spec } as unknown as SnapshotPolicy;
}

interface Case {
  readonly snapshots?: { readonly able: boolean; readonly names: readonly string[] };
  /** Name of the one before the last update, and how many generations ago. */
  readonly before?: { readonly name: string; readonly ago: number };
  readonly failure?: { readonly agoMs: number; readonly ago?: number; readonly kind?: "permission" };
  readonly status?: object;
  readonly spec?: object;
  readonly vm?: boolean;
  readonly guarded?: boolean;
}

function inputFor({ snapshots, before, failure, status, spec, vm = false, guarded = true }: Case): GuestInput {
  const plain = inputOf({ sight: present({}, snapshots === undefined ? {} : { snapshots }) });
  const base = vm ? asVm(plain) : plain;
  const { generation } = base.object.metadata;
  const past = before && { snapshotBefore: { name: before.name, generation: generation - before.ago } };
  const object = { ...base.object, status: { ...status, ...past } } as GuestInput["object"];
  const failed = failure && {
    op: "Snapshot",
    text: "out of space",
    agoMs: failure.agoMs,
    generation: generation - (failure.ago ?? 0),
    ...(failure.kind === undefined ? {} : { kind: failure.kind }),
  };
  return {
    ...base,
    object,
    lab: { ...base.lab, beforeUpdate: guarded ? new Map([[base.member.id, policy(spec)]]) : new Map() },
    memory: { ...base.memory, configFailure: failed },
  };
}

function stepFor(action: GuestAction): Step {
  return { outcome: progressing("Configuring", "changing"), action };
}

const NONE = { able: true, names: [] };
const RESTART: GuestAction = { ...ACTIONS.Shutdown, restart: true, update: true };
const THERE = NAMES.of(NOW - 10 * MINUTE + 5_000);
const OLD = NAMES.of(NOW - 90 * MINUTE + 5_000);

describe("the snapshot before an update", () => {
  for (const action of [ACTIONS.Configure, ACTIONS.Resize, RESTART])
    it(`comes before ${action === RESTART ? "a restart for changes" : action.op}, named by its policy and no whole minute`, () => {
      const next = withSnapshot(stepFor(action), inputFor({ snapshots: NONE }));
      expect(next.action).to.include({ op: "Snapshot", effect: "snapshots", makesTask: true });
      expect(next.action).to.not.have.property("blind");
      expect(next.action?.snapshot?.name).to.equal(NAMES.of(NOW + 1_000));
      expect(next.action?.snapshot?.description).to.match(/^SnapshotPolicy nightly, before .*\[hl:lab\/nightly\]$/);
      expect(next.action?.because).to.contain("SnapshotPolicy nightly has beforeUpdate");
    });

  for (const op of ["Start", "Shutdown", "Mark", "SetStartup", "Migrate", "Destroy", "Create"] as const)
    it(`${op} needs none`, () => {
      const step = stepFor(ACTIONS[op]);
      expect(withSnapshot(step, inputFor({ snapshots: NONE }))).to.equal(step);
    });

  const rows: readonly (readonly [
    string,
    Case,
    "goes on" | "made" | "blind" | "SnapshotUnsupported" | "SnapshotFailed",
  ])[] = [
    ["no policy wants one", { snapshots: NONE, guarded: false }, "goes on"],
    ["the list was not read yet: it may be foreseen, and is not sent", {}, "blind"],
    [
      "the one of this generation is there",
      { snapshots: { able: true, names: [THERE] }, before: { name: THERE, ago: 0 } },
      "goes on",
    ],
    [
      "it is there, and the storage can make no other",
      { snapshots: { able: false, names: [THERE] }, before: { name: THERE, ago: 0 } },
      "goes on",
    ],
    [
      "the one there is of another generation",
      { snapshots: { able: true, names: [THERE] }, before: { name: THERE, ago: 1 } },
      "made",
    ],
    ["the one of this generation is gone", { snapshots: NONE, before: { name: THERE, ago: 0 } }, "made"],
    ["another is there, that no status names", { snapshots: { able: true, names: [THERE] } }, "made"],
    ["made by us and never started", { snapshots: NONE, status: { createdVmid: 101 } }, "goes on"],
    ["made by us and started since", { snapshots: NONE, status: { createdVmid: 101, lastStart: {} } }, "made"],
    ["the storage can make none", { snapshots: { able: false, names: [] } }, "SnapshotUnsupported"],
    ["the last try failed a minute ago", { snapshots: NONE, failure: { agoMs: MINUTE } }, "SnapshotFailed"],
    ["the last try failed five minutes ago", { snapshots: NONE, failure: { agoMs: 5 * MINUTE } }, "made"],
    ["the try of another generation failed", { snapshots: NONE, failure: { agoMs: MINUTE, ago: 1 } }, "made"],
    ["the privilege was missing", { snapshots: NONE, failure: { agoMs: MINUTE, kind: "permission" } }, "made"],
  ];
  for (const [what, given, expected] of rows)
    it(`${what}: ${expected}`, () => {
      const step = stepFor(ACTIONS.Configure);
      const next = withSnapshot(step, inputFor(given));
      if (expected === "goes on") {
        expect(next).to.equal(step);
        return;
      }
      if (expected === "made" || expected === "blind") {
        expect(next.action?.op).to.equal("Snapshot");
        expect(next.action?.blind).to.equal(expected === "blind" ? true : undefined);
        return;
      }
      expect(next.action).to.equal(undefined);
      expect(next.outcome).to.include({ is: "stalled", reason: expected });
      expect(next.outcome.message).to.contain("set beforeUpdate: false in SnapshotPolicy nightly");
    });

  it("a failed try says when the next one is", () => {
    const next = withSnapshot(stepFor(ACTIONS.Configure), inputFor({ snapshots: NONE, failure: { agoMs: MINUTE } }));
    expect(next.outcome).to.include({ afterMs: 4 * MINUTE });
    expect(next.outcome.message).to.contain("out of space");
  });

  it("A2: a try of this generation goes on under its name for an hour", () => {
    const again = (name: string): string | undefined =>
      withSnapshot(stepFor(ACTIONS.Configure), inputFor({ snapshots: NONE, before: { name, ago: 0 } })).action?.snapshot
        ?.name;
    expect(again(THERE)).to.equal(THERE);
    expect(again(OLD)).to.equal(NAMES.of(NOW + 1_000));
  });

  it("memory is saved of a VM whose policy includes it, and of no container", () => {
    const memory = (given: Case): boolean | undefined =>
      withSnapshot(stepFor(ACTIONS.Configure), inputFor({ snapshots: NONE, ...given })).action?.snapshot?.memory;
    expect(memory({ vm: true, spec: { includeMemory: true } })).to.equal(true);
    expect(memory({ vm: true })).to.equal(false);
    expect(memory({ spec: { includeMemory: true } })).to.equal(false);
  });
});
