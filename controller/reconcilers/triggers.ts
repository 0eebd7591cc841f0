import { keyText, type Key, type Stored } from "../api/meta.ts";
import { gateOf } from "../plan/gate.ts";
import type { Lab } from "../plan/lab.ts";
import type { ClusterSeen, GuestSeen } from "../providers/port.ts";
import type { Wake } from "../runtime/controller.ts";
import type { Change, World } from "../runtime/store.ts";

/** Parents are written at most once a second, except when a gate moves (S1). */
const PARENT_MS = 1_000;

const GUESTS: ReadonlySet<string> = new Set(["Container", "VirtualMachine"]);

/** True when a person changed what an object says: spec, deletion, finalizers or annotations; our status is not it. */
export function isIntent({ before, after }: Change): boolean {
  if (before === undefined || after === undefined) return true;
  return (
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    JSON.stringify(before.metadata.annotations) !== JSON.stringify(after.metadata.annotations) ||
    JSON.stringify(before.metadata.finalizers) !== JSON.stringify(after.metadata.finalizers)
  );
}

/** All keys of one namespace, the parents first. */
export function everything(world: World, namespace: string): readonly Key[] {
  return ["Homelab", "HomelabLayer", "ProxmoxCluster", "NetworkSegment", "Container", "VirtualMachine"].flatMap(
    (kind) => world.list(kind, namespace).map((object) => ({ kind, namespace, name: object.metadata.name })),
  );
}

export function guestKeys(world: World, namespace: string): readonly Key[] {
  return everything(world, namespace).filter((key) => GUESTS.has(key.kind));
}

/** A guest was changed, seen or felt otherwise: itself at once, its layer and the Homelab soon. */
export function aroundGuest(world: World, key: Key, object: Stored | undefined): readonly Wake[] {
  const layer = layerOf(object);
  return [
    { key },
    ...(layer === undefined
      ? []
      : [{ key: { kind: "HomelabLayer", namespace: key.namespace, name: layer }, afterMs: PARENT_MS }]),
    ...homelabs(world, key.namespace).map((homelab) => ({ key: homelab, afterMs: PARENT_MS })),
  ];
}

function layerOf(object: Stored | undefined): string | undefined {
  const spec = object?.spec as { readonly layerRef?: { readonly name?: string } } | undefined;
  return spec?.layerRef?.name;
}

export function homelabs(world: World, namespace: string): readonly Key[] {
  return world.list("Homelab", namespace).map((object) => ({ kind: "Homelab", namespace, name: object.metadata.name }));
}

/** What a change in the API server concerns. */
export function onObject(world: World, change: Change): readonly Wake[] {
  const { key, before, after } = change;
  if (!isIntent(change)) return onStatus(world, change);
  switch (key.kind) {
    case "Container":
    case "VirtualMachine":
      return [
        ...aroundGuest(world, key, after ?? before),
        ...claimants(world, key, after ?? before),
        ...dependents(world, key),
      ];
    case "NetworkSegment":
      return everything(world, key.namespace)
        .filter((other) => other.kind === "NetworkSegment" || other.kind === "Container")
        .map((other) => ({ key: other }));
    default:
      return everything(world, key.namespace).map((other) => ({ key: other }));
  }
}

/** Our own writes wake whom they concern: a boot that is on record lets guests go, a task that began or ended moves the parents. */
function onStatus(world: World, { key, before, after }: Change): readonly Wake[] {
  if (key.kind === "Homelab") {
    const boot = (object: Stored | undefined): unknown =>
      (object?.status as { lastBoot?: { id?: string }; stopped?: unknown } | undefined)?.lastBoot?.id;
    const stopped = (object: Stored | undefined): string =>
      JSON.stringify((object?.status as { stopped?: unknown } | undefined)?.stopped ?? []);
    if (boot(before) === boot(after) && stopped(before) === stopped(after)) return [];
    return everything(world, key.namespace).map((other) => ({ key: other }));
  }
  if (!GUESTS.has(key.kind)) return [];
  return [
    ...aroundGuest(world, key, after).filter((wake) => keyText(wake.key) !== keyText(key)),
    ...(powerOf(before) === powerOf(after) ? [] : dependents(world, key)),
  ];
}

function powerOf(object: Stored | undefined): string {
  const status = object?.status as { powerState?: string; health?: string; hold?: unknown } | undefined;
  return `${status?.powerState ?? ""}/${status?.health ?? ""}/${status?.hold === undefined ? "" : "held"}`;
}

/** Other objects that declare the same vmid (I1). */
function claimants(world: World, key: Key, object: Stored | undefined): readonly Wake[] {
  const vmid = vmidOf(object);
  return guestKeys(world, key.namespace)
    .filter((other) => vmidOf(world.get(other)) === vmid)
    .map((other) => ({ key: other }));
}

export function vmidOf(object: Stored | undefined): number | undefined {
  return (object?.spec as { readonly vmid?: number } | undefined)?.vmid;
}

/** Guests whose dependsOn names this one. */
function dependents(world: World, key: Key): readonly Wake[] {
  return guestKeys(world, key.namespace)
    .filter((other) => {
      const spec = world.get(other)?.spec as
        { readonly dependsOn?: readonly { kind?: string; name?: string }[] } | undefined;
      return (spec?.dependsOn ?? []).some((target) => target.kind === key.kind && target.name === key.name);
    })
    .map((other) => ({ key: other }));
}

/** Guests that look different in the new view; their vmids. */
export function changedGuests(before: ClusterSeen | undefined, after: ClusterSeen | undefined): ReadonlySet<number> {
  const changed = new Set<number>();
  for (const vmid of [...(before?.guests.keys() ?? []), ...(after?.guests.keys() ?? [])]) {
    const old = before?.guests.get(vmid);
    const now = after?.guests.get(vmid);
    if (faceOf(old) !== faceOf(now) || nodeOf(before, old) !== nodeOf(after, now)) changed.add(vmid);
  }
  return changed;
}

function faceOf(guest: GuestSeen | undefined): string {
  if (guest === undefined) return "";
  return JSON.stringify([
    guest.type,
    guest.node,
    guest.name,
    guest.power,
    guest.startTime,
    guest.tags,
    guest.lock,
    guest.template,
    guest.ha,
  ]);
}

function nodeOf(seen: ClusterSeen | undefined, guest: GuestSeen | undefined): string {
  const node = guest === undefined ? undefined : seen?.nodes.get(guest.node);
  return node === undefined ? "" : `${String(node.online)}/${String(node.bootTime)}`;
}

/** Nodes that came, went, or booted. */
export function nodesChanged(before: ClusterSeen | undefined, after: ClusterSeen | undefined): boolean {
  const face = (seen: ClusterSeen | undefined): string =>
    JSON.stringify(
      [...(seen?.nodes.values() ?? [])]
        .map((node) => [node.name, node.online, node.bootTime, node.rebooted, node.version])
        .sort(),
    );
  return face(before) !== face(after);
}

/**
 * Gates move with a guest's health or power, and the layers above go in the same turn (L5). Remembers how each gate
 * stood and answers the keys of whoever waits behind one that moved.
 */
export class GateWatch {
  readonly #stood = new Map<string, string>();

  moved(lab: Lab, world: World): readonly Key[] {
    const keys: Key[] = [];
    for (const name of lab.layers.keys()) {
      const gate = gateOf(lab, name);
      const text = `${String(gate.passable)}/${gate.why}`;
      const where = `${lab.namespace}/${name}`;
      if (this.#stood.get(where) === text) continue;
      this.#stood.set(where, text);
      keys.push(
        { kind: "HomelabLayer", namespace: lab.namespace, name },
        ...homelabs(world, lab.namespace),
        ...behind(lab, name),
      );
    }
    return keys;
  }
}

function behind(lab: Lab, name: string): readonly Key[] {
  const { namespace } = lab;
  return lab.order
    .above(name)
    .flatMap((layer) => [
      { kind: "HomelabLayer", namespace, name: layer },
      ...(lab.byLayer.get(layer) ?? []).map((member) => ({
        kind: member.object.kind,
        namespace,
        name: member.object.metadata.name,
      })),
    ]);
}
