import type { Outcome } from "../../base/outcome.ts";
import { bootTurn, isUnrecorded } from "../layers/boot.ts";
import { dependencyCycle, dependentsOf, unmetDependency } from "../layers/dependencies.ts";
import { closedBelow, holdingLayers, isDown } from "../layers/gate.ts";
import type { Lab, Member } from "../lab.ts";

/** What holds any start, also a repair: a boot begins that is not on record yet, or may begin (L0, L7). */
export function holdStart(lab: Lab): Outcome | undefined {
  if (!lab.warm)
    return { ...waiting("IntentSettling", "waits until every guest has been looked at once"), afterMs: 200 };
  const turn = bootTurn(lab);
  if (turn.pending !== undefined) return { is: "waiting", reason: "Booting", message: turn.pending, afterMs: 1000 };
  if (!isUnrecorded(lab, turn)) return undefined;
  return { is: "waiting", reason: "Booting", message: "a boot begins and is being recorded first", afterMs: 500 };
}

/** What holds a guest's first start in this boot, or undefined when it may go (L1, L2, L4). */
export function holdFirstStart(lab: Lab, member: Member): Outcome | undefined {
  return (
    placeless(lab, member) ??
    holdStart(lab) ??
    unsettled(lab) ??
    lowerGates(lab, member) ??
    preflight(lab, member) ??
    unmetDependency(lab, member)
  );
}

/** True while a lower layer or an own dependency is sick: repairs go on, but back off and do not count (L1, L4). */
export function standsOnSickGround(lab: Lab, member: Member): boolean {
  return closedBelow(lab, member.layer).length > 0 || unmetDependency(lab, member) !== undefined;
}

/** What holds a guest's declared stop, or undefined when it is its turn (L6). */
export function holdStop(lab: Lab, member: Member): Outcome | undefined {
  return stopsAfter(lab, member) ?? stopsAfterDependents(lab, member);
}

/** Its own powerState is a word about this guest alone; lab and layers go down in order. */
function stopsAfter(lab: Lab, member: Member): Outcome | undefined {
  if (member.object.spec.powerState === "Stopped") return undefined;
  const missing = missingLayer(lab, member);
  if (missing !== undefined) return missing;
  const up = lab.order.above(member.layer).filter((layer) => !isDown(lab, layer));
  if (up.length === 0) return undefined;
  return waiting("Stopping", `stops when the layers above have stopped: ${up.join(", ")}`);
}

/** A dependent that is part of a circle holds nothing: what it depends on may stand above it, and would wait for ever (L4). */
function stopsAfterDependents(lab: Lab, member: Member): Outcome | undefined {
  const up = dependentsOf(lab, member).filter(
    (other) =>
      !lab.circles.has(other.id) &&
      other.power !== "Stopped" &&
      other.power !== "Absent" &&
      other.wanted === "Stopped" &&
      other.unstoppable === undefined,
  );
  if (up.length === 0) return undefined;
  const names = up.map((other) => other.object.metadata.name).join(", ");
  return waiting("Stopping", `stops when what depends on it has stopped: ${names}`);
}

/** It has no place in the order as it is declared: its layer is missing, or its dependsOn goes in a circle (L4). */
export function placeless(lab: Lab, member: Member): Outcome | undefined {
  return missingLayer(lab, member) ?? dependencyCycle(lab, member);
}

function missingLayer(lab: Lab, member: Member): Outcome | undefined {
  const needed = [member.layer, ...lab.order.below(member.layer)].find((name) => !lab.layers.has(name));
  if (needed === undefined) return undefined;
  return waiting("LayerMissing", `HomelabLayer ${needed} does not exist; apply it, or change the reference`);
}

function unsettled(lab: Lab): Outcome | undefined {
  if (lab.quiet) return undefined;
  return { ...waiting("IntentSettling", "waits until the applied objects have been quiet for 2 s"), afterMs: 500 };
}

function lowerGates(lab: Lab, member: Member): Outcome | undefined {
  const closed = holdingLayers(lab, member.layer);
  return closed.length === 0 ? undefined : waiting("LayerNotReady", `waits for layer ${closed.join(", ")}`);
}

/** Blocking preflights stand before the first layer (L2). */
function preflight(lab: Lab, member: Member): Outcome | undefined {
  if (lab.order.below(member.layer).length > 0) return undefined;
  const block = lab.preflights.find((check) => check.onFailure === "Block" && check.state === "Pending");
  if (block === undefined) return undefined;
  const why = block.message === "" ? "has not answered yet" : `fails: ${block.message}`;
  return waiting("PreflightFailing", `preflight ${block.name} ${why}`);
}

function waiting(
  reason: "LayerMissing" | "IntentSettling" | "LayerNotReady" | "PreflightFailing" | "Stopping",
  message: string,
): Outcome & { is: "waiting" } {
  return { is: "waiting", reason, message };
}
