import type { Outcome } from "../../base/outcome.ts";
import { isHealthy } from "./memberCount.ts";
import { circleOf, graphOf, type Graph, type Order } from "../graph.ts";
import { idOf, type Guest, type Lab, type Member } from "../lab.ts";

/**
 * What waits for what at a first start, guests and layers in one graph: a guest for its targets and for the layers below
 * its own, a layer for its members. So a target above the own layer is a cycle too (L4).
 */
export function waitGraph(guests: readonly Guest[], order: Order, layers: Iterable<string>): Graph {
  const members = Map.groupBy(guests, (guest) => guest.spec.layerRef.name);
  return graphOf([
    ...guests.map((guest): [string, readonly string[]] => [
      nameOf(idOf(guest)),
      [...targetsOf(guest).map(nameOf), ...order.below(guest.spec.layerRef.name).map(layerName)],
    ]),
    ...[...layers].map((name): [string, readonly string[]] => [
      layerName(name),
      (members.get(name) ?? []).map((guest) => nameOf(idOf(guest))),
    ]),
  ]);
}

/** For each guest whose own dependsOn is part of a cycle, the way around, from itself to itself. */
export function circlesOf(guests: readonly Guest[], graph: Graph): ReadonlyMap<string, readonly string[]> {
  const circles = guests
    .filter((guest) => targetsOf(guest).length > 0)
    .map((guest) => [idOf(guest), circleOf(graph, nameOf(idOf(guest)))] as const);
  return new Map(circles.flatMap(([id, circle]) => (circle === undefined ? [] : [[id, circle]])));
}

/** A cycle or a target above the own layer: only a person can help (L4). */
export function dependencyCycle(lab: Lab, member: Member): Outcome | undefined {
  const circle = lab.circles.get(member.id);
  if (circle === undefined) return undefined;
  return {
    is: "stalled",
    reason: "DependencyCycle",
    message: `each of these waits for the next: ${circle.join(" → ")}; take one of them out of a dependsOn`,
  };
}

/** What the guest's own dependsOn waits for, or nothing (L4). */
export function unmetDependency(lab: Lab, member: Member): Outcome | undefined {
  for (const target of member.object.spec.dependsOn ?? []) {
    const named = `${target.kind} ${target.name}`;
    const other = lab.members.get(`${target.kind}/${target.name}`);
    if (other === undefined)
      return { is: "waiting", reason: "DependencyMissing", message: `${named}, on which it depends, does not exist` };
    if (!isHealthy(other))
      return { is: "waiting", reason: "DependencyNotReady", message: `waits for ${named}, which is ${stateOf(other)}` };
  }
  return undefined;
}

export function dependentsOf(lab: Lab, member: Member): readonly Member[] {
  return (lab.dependents.get(member.id) ?? []).flatMap((id) => lab.members.get(id) ?? []);
}

/** By target, the guests whose dependsOn names it. */
export function dependentsIn(guests: readonly Guest[]): ReadonlyMap<string, readonly string[]> {
  const pairs = guests.flatMap((guest) => targetsOf(guest).map((target) => ({ target, id: idOf(guest) })));
  return new Map(
    [...Map.groupBy(pairs, ({ target }) => target)].map(([target, of]) => [target, of.map(({ id }) => id)]),
  );
}

function targetsOf(guest: Guest): readonly string[] {
  return (guest.spec.dependsOn ?? []).map((target) => `${target.kind}/${target.name}`);
}

function nameOf(id: string): string {
  return id.replace("/", " ");
}

function layerName(name: string): string {
  return `HomelabLayer ${name}`;
}

function stateOf(member: Member): string {
  if (member.held) return "stopped by hand";
  if (member.problem !== undefined) return `not usable (${member.problem})`;
  if (member.power !== "Running") return member.power.toLowerCase();
  if (member.stopping) return "being shut down";
  return member.health.toLowerCase();
}
