import { expect } from "chai";
import type { Memory } from "../../../controller/plan/guests/guestInput.ts";
import type { Step } from "../../../controller/plan/guests/guestStep.ts";
import { stopStep } from "../../../controller/plan/guests/guestStop.ts";
import { inputOf } from "../inputs.ts";

type Failure = NonNullable<Memory["lastFailure"]>;

/** A running guest that should be stopped, after so many attempts that failed. */
function stop(failures = 0, change: Partial<Failure> = {}): Step {
  const input = inputOf({ guest: { spec: { powerState: "Stopped" } } });
  const failure = { op: "Shutdown", text: "timed out", agoMs: 0, generation: 1, ...change };
  const lastFailure = failures === 0 ? undefined : failure;
  return stopStep({ ...input, memory: { ...input.memory, failures, lastFailure } });
}

describe("a guest that is to be stopped", () => {
  it("A9: is shut down gracefully, as declared", () => {
    const step = stop();
    expect(step.action).to.deep.equal({
      op: "Shutdown",
      effect: "stops",
      makesTask: true,
      declared: true,
      because: "powerState is Stopped",
    });
    expect(step.outcome).to.include({ is: "progressing", reason: "Stopping" });
  });

  it("A9: a shutdown that failed is tried again after 10, then 20 s", () => {
    expect(stop(1, { agoMs: 9000 })).to.not.have.property("action");
    expect(stop(1, { agoMs: 9000 }).outcome).to.include({ is: "waiting", reason: "Stopping", afterMs: 1000 });
    expect(stop(1, { agoMs: 9999 }).action).to.equal(undefined);
    expect(stop(1, { agoMs: 10_000 }).action?.op).to.equal("Shutdown");
    expect(stop(2, { agoMs: 10_000 }).outcome).to.include({ is: "waiting", afterMs: 10_000 });
    expect(stop(2, { agoMs: 19_999 }).action).to.equal(undefined);
    expect(stop(2, { agoMs: 20_000 }).action?.op).to.equal("Shutdown");
  });

  it("A9: after three tries a person is asked; it is tried every five minutes, and never killed", () => {
    const step = stop(3, { agoMs: 100_000 });
    expect(step).to.not.have.property("action");
    expect(step.outcome).to.include({ is: "stalled", reason: "StopRefused", afterMs: 200_000 });
    expect(step.outcome.message).to.include("timed out").and.include("shutdown.force: true");
    expect(stop(4).outcome).to.include({ is: "stalled", afterMs: 300_000 });
    expect(stop(3, { agoMs: 299_999 }).outcome.reason).to.equal("StopRefused");
    expect(stop(3, { agoMs: 300_000 }).action?.op).to.equal("Shutdown");
  });

  it("A7: another failure, or a missing privilege, is no shutdown that failed", () => {
    expect(stop(3, { op: "Start" }).action?.op).to.equal("Shutdown");
    expect(stop(3, { kind: "permission" }).action?.op).to.equal("Shutdown");
    expect(stop(3, { kind: "spec" }).action).to.equal(undefined);
  });

  it("L6: the words say whose declaration stops it", () => {
    const because = (wish: Parameters<typeof inputOf>[0]): string | undefined =>
      stopStep(inputOf(wish)).action?.because;
    expect(because({})).to.equal("its layer or the Homelab is declared Stopped");
    expect(because({ guest: { spec: { powerState: "Stopped" } } })).to.equal("powerState is Stopped");
    expect(because({ guest: { spec: { powerState: "Stopped" } }, leaving: true })).to.include("its object is deleted");
  });
});
