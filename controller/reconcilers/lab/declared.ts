import { SnapshotPolicy, type Guest, type HomelabLayer } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import { circlesOf, dependentsIn, waitGraph } from "../../plan/layers/dependencies.ts";
import { graphOf, orderOf } from "../../plan/graph.ts";
import { idOf, type Lab } from "../../plan/lab.ts";
import type { World } from "../../runtime/store.ts";
import { claimsIn, type Claims } from "./claims.ts";
import { guestsIn, invalidIn, layersIn, readable } from "../shared/objects.ts";
import { selectedBy } from "./selectedGuests.ts";

/** What follows from the specs of a namespace alone, and stands until somebody declares something else. */
export interface Declared extends Pick<
  Lab,
  "order" | "circles" | "dependents" | "invalid" | "snapshotted" | "beforeUpdate"
> {
  readonly claims: Claims;
  /** By layer, the generations of it and of its members. */
  readonly generations: ReadonlyMap<string, string>;
}

export function declaredIn(world: World, namespace: string): Declared {
  const layers = layersOf(world, namespace);
  const guests = guestsIn(world, namespace);
  const needs = [...layers].map(
    ([name, layer]) => [name, (layer.spec.dependsOn ?? []).map((need) => need.name)] as const,
  );
  const order = orderOf(graphOf(needs));
  return {
    order,
    circles: circlesOf(guests, waitGraph(guests, order, layers.keys())),
    dependents: dependentsIn(guests),
    ...snapshotsIn(world, namespace),
    invalid: invalidIn(world, namespace),
    claims: claimsIn(world, namespace),
    generations: generationsOf(layers, guests),
  };
}

/** Of several policies that want a snapshot before an update, the one with the smallest name makes it. */
function snapshotsIn(world: World, namespace: string): Pick<Declared, "snapshotted" | "beforeUpdate"> {
  const selected = readable(SnapshotPolicy, world, namespace)
    .filter((policy) => !policy.spec.suspend && !isDeleting(policy))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1))
    .flatMap((policy) => selectedBy(policy, world).map((guest) => [idOf(guest), policy] as const));
  return {
    snapshotted: new Set(selected.map(([id]) => id)),
    beforeUpdate: new Map(selected.filter(([, policy]) => policy.spec.beforeUpdate)),
  };
}

function generationsOf(
  layers: ReadonlyMap<string, HomelabLayer>,
  guests: readonly Guest[],
): ReadonlyMap<string, string> {
  const members = Map.groupBy(guests, (guest) => guest.spec.layerRef.name);
  const text = ({ metadata }: Guest | HomelabLayer): string => `${metadata.uid}:${metadata.generation}`;
  return new Map([...layers].map(([name, layer]) => [name, [layer, ...(members.get(name) ?? [])].map(text).join(" ")]));
}

/** The layers that are there to stay; one that is being deleted is missing already (I7). */
export function layersOf(world: World, namespace: string): ReadonlyMap<string, HomelabLayer> {
  const layers = layersIn(world, namespace).filter((layer) => !isDeleting(layer));
  return new Map(layers.map((layer) => [layer.metadata.name, layer]));
}
