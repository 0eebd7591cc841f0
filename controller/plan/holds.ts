import type { Outcome } from "../base/outcome.ts";
import { bootTurn, isUnrecorded } from "./boot.ts";
import { closedBelow, gateOf, isDown, isHealthy } from "./gate.ts";
import type { Lab, Member } from "./lab.ts";

/** What holds a guest's first start in this boot, or undefined when it may go (L1, L2, L4). */
export function holdFirstStart(lab: Lab, member: Member): Outcome | undefined {
  return (
    missingLayer(lab, member) ??
    unsettled(lab) ??
    lowerGates(lab, member) ??
    preflight(lab, member) ??
    dependencies(lab, member)
  );
}

/** True while a lower layer or an own dependency is sick: repairs go on, but back off and do not count (L1, L4). */
export function standsOnSickGround(lab: Lab, member: Member): boolean {
  return closedBelow(lab, member.layer).length > 0 || dependencies(lab, member) !== undefined;
}

/** What holds a guest's declared stop, or undefined when it is its turn (L6). */
export function holdStop(lab: Lab, member: Member): Outcome | undefined {
  const up = lab.order.above(member.layer).filter((layer) => !isDown(lab, layer));
  if (member.object.spec.powerState !== "Stopped" && up.length > 0)
    return waiting("Stopping", `stops when the layers above have stopped: ${up.join(", ")}`, undefined);
  const dependents = dependentsOf(lab, member).filter(
    (other) => other.power === "Running" && other.wanted === "Stopped",
  );
  if (dependents.length === 0) return undefined;
  return waiting("Stopping", `stops when what depends on it has stopped: ${names(dependents)}`, undefined);
}

export function dependentsOf(lab: Lab, member: Member): readonly Member[] {
  return [...lab.members.values()].filter((other) =>
    (other.object.spec.dependsOn ?? []).some((target) => `${target.kind}/${target.name}` === member.id),
  );
}

function missingLayer(lab: Lab, member: Member): Outcome | undefined {
  const needed = [member.layer, ...lab.order.below(member.layer)].find((name) => !lab.layers.has(name));
  if (needed === undefined) return undefined;
  return waiting("LayerMissing", `HomelabLayer ${needed} does not exist; apply it, or change the reference`, undefined);
}

/** Intent still moves, or a boot begins that is not on record yet. */
function unsettled(lab: Lab): Outcome | undefined {
  if (!lab.warm) return waiting("IntentSettling", "waits until every guest has been looked at once", 200);
  if (!lab.quiet) return waiting("IntentSettling", "waits until the applied objects have been quiet for 2 s", 500);
  const turn = bootTurn(lab);
  if (turn.pending !== undefined) return waiting("Booting", turn.pending, 1000);
  return isUnrecorded(lab, turn) ? waiting("Booting", "a boot begins and is being recorded first", 500) : undefined;
}

function lowerGates(lab: Lab, member: Member): Outcome | undefined {
  const closed = closedBelow(lab, member.layer);
  if (closed.length === 0) return undefined;
  const texts = closed.map((name) => {
    const gate = gateOf(lab, name);
    const who = gate.notReady.map((other) => other.name).slice(0, 5);
    return who.length === 0 ? name : `${name} (waits for ${who.join(", ")})`;
  });
  return waiting("LayerNotReady", `waits for layer ${texts.join("; ")}`, undefined);
}

function preflight(lab: Lab, member: Member): Outcome | undefined {
  if (lab.order.below(member.layer).length > 0) return undefined;
  const block = lab.preflights.find((check) => check.onFailure === "Block" && check.state === "Pending");
  if (block === undefined) return undefined;
  return waiting("PreflightFailing", `preflight ${block.name} has not passed: ${block.message}`, undefined);
}

function dependencies(lab: Lab, member: Member): Outcome | undefined {
  for (const target of member.object.spec.dependsOn ?? []) {
    const other = lab.members.get(`${target.kind}/${target.name}`);
    if (other === undefined)
      return waiting(
        "DependencyMissing",
        `${target.kind} ${target.name}, on which it depends, does not exist`,
        undefined,
      );
    if (!isHealthy(other))
      return waiting(
        "DependencyNotReady",
        `waits for ${target.kind} ${target.name}, which is ${stateOf(other)}`,
        undefined,
      );
  }
  return undefined;
}

function stateOf(member: Member): string {
  if (member.held) return "stopped by hand";
  if (member.power !== "Running") return member.power.toLowerCase();
  return member.health.toLowerCase();
}

function waiting(
  reason:
    | "LayerMissing"
    | "IntentSettling"
    | "Booting"
    | "LayerNotReady"
    | "PreflightFailing"
    | "DependencyMissing"
    | "DependencyNotReady"
    | "Stopping",
  message: string,
  afterMs: number | undefined,
): Outcome {
  return { is: "waiting", reason, message, ...(afterMs === undefined ? {} : { afterMs }) };
}

function names(members: readonly Member[]): string {
  return members.map((member) => member.object.metadata.name).join(", ");
}
