import { expect } from "chai";
import type { BaseStatus, Condition } from "../../controller/api/meta.ts";
import type { Outcome } from "../../controller/base/outcome.ts";
import { claimsOf, nextConditions } from "../../controller/runtime/conditions.ts";
import { nextStatus } from "../../controller/runtime/status.ts";

const T1 = "2026-01-01T00:00:00Z";
const T2 = "2026-01-01T00:01:00Z";
const at = (now: string, generation = 1): { now: string; generation: number } => ({ now, generation });

function outcome(is: Outcome["is"]): Outcome {
  const said = { reason: "Starting", message: "m" } as const;
  return is === "failed" ? { is, ...said, error: new Error("m") } : { is, ...said };
}

describe("conditions", () => {
  const table = [
    { is: "settled", reads: ["Ready=True"] },
    { is: "progressing", reads: ["Reconciling=True", "Ready=False"] },
    { is: "waiting", reads: ["Reconciling=True", "Ready=False"] },
    { is: "unknown", reads: ["Reconciling=True", "Ready=Unknown"] },
    { is: "stalled", reads: ["Stalled=True", "Ready=False"] },
    { is: "failed", reads: ["Reconciling=True", "Ready=False"] },
  ] as const;
  for (const { is, reads } of table)
    it(`${is} reads ${reads.join(", ")}`, () => {
      expect(claimsOf(outcome(is)).map((claim) => `${claim.type}=${claim.status}`)).to.deep.equal(reads);
    });

  it("stand in the order in which kstatus reads them: Stalled, Reconciling, Ready, then the kind's own", () => {
    const claims = ["Healthy", "Ready", "Running", "Stalled"].map((type) => ({
      type,
      status: "True" as const,
      reason: "Starting",
      message: "",
    }));
    const types = nextConditions([], claims, at(T1)).map((condition) => condition.type);
    expect(types).to.deep.equal(["Stalled", "Ready", "Healthy", "Running"]);
  });

  it("lastTransitionTime moves with the status, not with reason, message or generation", () => {
    const first = nextConditions([], claimsOf(outcome("waiting")), at(T1));
    const said: Outcome = { is: "failed", reason: "Unreachable", message: "other", error: new Error("other") };
    const second = nextConditions(first, claimsOf(said), at(T2, 2));
    expect(second.map((c) => [c.type, c.lastTransitionTime, c.observedGeneration, c.reason])).to.deep.equal([
      ["Reconciling", T1, 2, "Unreachable"],
      ["Ready", T1, 2, "Unreachable"],
    ]);
    const third = nextConditions(second, claimsOf(outcome("settled")), at(T2, 2));
    expect(third.map((c) => [c.type, c.lastTransitionTime])).to.deep.equal([["Ready", T2]]);
  });

  it("a message is cut at 32,768 characters", () => {
    const claim = { type: "Ready", status: "True", reason: "Settled", message: "x".repeat(40_000) } as const;
    const [condition] = nextConditions([], [claim], at(T1));
    expect(condition?.message.length).to.equal(32_768);
  });
});

describe("nextStatus", () => {
  const own: Condition = {
    type: "Running",
    status: "True",
    observedGeneration: 1,
    lastTransitionTime: T1,
    reason: "Running",
    message: "",
  };
  const before = { observedGeneration: 1, conditions: [own], bright: 5 } as BaseStatus;

  it("takes the report whole: what it leaves out is removed", () => {
    const next = nextStatus(
      before,
      { outcome: outcome("settled"), report: { dark: true, never: undefined }, conditions: [] },
      at(T2, 2),
    );
    expect(Object.keys(next)).to.have.members(["observedGeneration", "conditions", "dark"]);
    expect(next.observedGeneration).to.equal(2);
    expect(next.conditions?.map((condition) => condition.type)).to.deep.equal(["Ready"]);
  });

  it("a pass that could not look keeps what was reported, as of the generation it was reported for", () => {
    const next = nextStatus(before, { outcome: outcome("unknown") }, at(T2, 2));
    expect(next).to.deep.include({ bright: 5, observedGeneration: 2 });
    expect(next.conditions?.at(-1)).to.deep.equal(own);
  });

  it("a kind does not speak for Ready, Stalled and Reconciling", () => {
    const claim = { type: "Stalled", status: "False", reason: "No", message: "" } as const;
    const next = nextStatus(undefined, { outcome: outcome("settled"), report: {}, conditions: [claim] }, at(T1));
    expect(next.conditions?.map((condition) => condition.type)).to.deep.equal(["Ready"]);
  });

  it("S1: says the same when nothing has changed, whatever the time", () => {
    const said = { outcome: outcome("settled"), report: { bright: 5 }, conditions: [own] };
    const first = nextStatus(undefined, said, at(T1));
    expect(nextStatus(first, said, at(T2))).to.deep.equal(first);
  });
});
