import { keyText, type Key, type Stored } from "../../api/meta.ts";
import type { Wake } from "../../runtime/controller.ts";
import type { Change, World } from "../../runtime/store.ts";

/** Parents are written at most once a second, except when a gate moves (S1). */
export const PARENT_MS = 1_000;

/** Kinds that live in an Omada site. */
const NETWORK: readonly string[] = ["NetworkSegment", "NetworkDevice", "WirelessNetwork", "AccessRule", "ClientGroup"];

const GUESTS: ReadonlySet<string> = new Set(["Container", "VirtualMachine"]);

export function isGuest({ kind }: Key): boolean {
  return GUESTS.has(kind);
}

/** As `Member.id`. */
export function memberId({ kind, name }: Key): string {
  return `${kind}/${name}`;
}

/** True when a person changed what an object says: spec, deletion, finalizers or annotations; our status is not it. */
export function isIntent({ before, after }: Change): boolean {
  if (before === undefined || after === undefined) return true;
  return (
    before.metadata.uid !== after.metadata.uid ||
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    JSON.stringify(before.metadata.annotations) !== JSON.stringify(after.metadata.annotations) ||
    JSON.stringify(before.metadata.finalizers) !== JSON.stringify(after.metadata.finalizers)
  );
}

/** All keys of one namespace, the parents first. */
export function everything(world: World, namespace: string): readonly Key[] {
  return [
    "Homelab",
    "HomelabLayer",
    "ProxmoxCluster",
    "OmadaController",
    ...NETWORK,
    ...GUESTS,
    "SnapshotPolicy",
  ].flatMap((kind) => world.list(kind, namespace).map((object) => ({ kind, namespace, name: object.metadata.name })));
}

/** Everything that lives in an Omada site. */
export function networkKeys(world: World, namespace: string): readonly Key[] {
  return everything(world, namespace).filter(({ kind }) => NETWORK.includes(kind));
}

/** OmadaControllers that run in a guest, and all that waits with them: how it feels decides what is sent there (L8). */
function hostedBy(world: World, { kind, namespace, name }: Key): readonly Wake[] {
  const hosted = world.list("OmadaController", namespace).flatMap(({ spec, metadata }) => {
    const host = (spec as { readonly hostedBy?: { readonly kind?: string; readonly name?: string } } | undefined)
      ?.hostedBy;
    if (host?.kind !== kind || host.name !== name) return [];
    return [{ key: { kind: "OmadaController", namespace, name: metadata.name } }];
  });
  return hosted.length === 0 ? [] : [...hosted, ...networkKeys(world, namespace).map((key) => ({ key }))];
}

/** What lives in the site of a controller that runs in this guest: it is written to while the guest is healthy (L8). */
function livingBehind(world: World, key: Key): readonly Wake[] {
  if (hostedBy(world, key).length === 0) return [];
  return networkKeys(world, key.namespace).map((other) => ({ key: other }));
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
    ...hostedBy(world, key),
  ];
}

function layerOf(object: Stored | undefined): string | undefined {
  const spec = object?.spec as { readonly layerRef?: { readonly name?: string } } | undefined;
  return spec?.layerRef?.name;
}

export function homelabs(world: World, namespace: string): readonly Key[] {
  return world.list("Homelab", namespace).map((object) => ({ kind: "Homelab", namespace, name: object.metadata.name }));
}

/** Which guests go by which. */
export interface Related {
  /** Guests that declare this one's vmid, itself among them (I1). */
  claimants(key: Key, object: Stored | undefined): readonly Key[];
  /** Guests whose dependsOn names this one (L4). */
  dependents(key: Key): readonly Key[];
}

/** What a change in the API server concerns. */
export function onObject(world: World, related: Related, change: Change): readonly Wake[] {
  const { key, after } = change;
  if (!isIntent(change)) return onStatus(world, related, change);
  const wakes = onIntent(world, related, change);
  return after === undefined ? [{ key }, ...wakes] : wakes;
}

function onIntent(world: World, related: Related, { key, before, after }: Change): readonly Wake[] {
  switch (key.kind) {
    case "Container":
    case "VirtualMachine":
      return [
        ...aroundGuest(world, key, after ?? before),
        ...asWakes(related.claimants(key, after ?? before)),
        ...asWakes(related.dependents(key)),
      ];
    case "NetworkSegment":
      return everything(world, key.namespace)
        .filter(({ kind }) => NETWORK.includes(kind) || kind === "Container")
        .map((other) => ({ key: other }));
    case "NetworkDevice":
    case "WirelessNetwork":
    case "AccessRule":
    case "ClientGroup":
      return networkKeys(world, key.namespace).map((other) => ({ key: other }));
    default:
      return everything(world, key.namespace).map((other) => ({ key: other }));
  }
}

/** Our own writes wake whom they concern: a boot that is on record lets guests go, a task that began or ended moves the parents. */
function onStatus(world: World, related: Related, { key, before, after }: Change): readonly Wake[] {
  if (key.kind === "Homelab") {
    const boot = (object: Stored | undefined): unknown =>
      (object?.status as { lastBoot?: { id?: string }; stopped?: unknown } | undefined)?.lastBoot?.id;
    const stopped = (object: Stored | undefined): string =>
      JSON.stringify((object?.status as { stopped?: unknown } | undefined)?.stopped ?? []);
    if (boot(before) === boot(after) && stopped(before) === stopped(after)) return [];
    return everything(world, key.namespace).map((other) => ({ key: other }));
  }
  if (key.kind === "ProxmoxCluster")
    return outageOf(before) === outageOf(after) ? [] : sickGuests(world, key.namespace);
  if (key.kind === "OmadaController" || NETWORK.includes(key.kind))
    return siteFace(before) === siteFace(after) ? [] : others(networkKeys(world, key.namespace), key);
  if (!GUESTS.has(key.kind)) return [];
  return [
    ...aroundGuest(world, key, after).filter((wake) => keyText(wake.key) !== keyText(key)),
    ...(powerOf(before) === powerOf(after)
      ? []
      : [
          ...asWakes(related.dependents(key)),
          ...asWakes(targetsOf(key.namespace, after)),
          ...livingBehind(world, key),
        ]),
    ...(isUnhealthy(before) === isUnhealthy(after) ? [] : pathOwners(world, key.namespace)),
    ...policies(world, key.namespace, updateOf(before) !== updateOf(after)),
  ];
}

function asWakes(keys: readonly Key[]): readonly Wake[] {
  return keys.map((key) => ({ key }));
}

function others(keys: readonly Key[], but: Key): readonly Wake[] {
  return keys.filter((key) => keyText(key) !== keyText(but)).map((key) => ({ key }));
}

/** What of a network object others of the site go by: what is bound, made, deleted, and how its controller is. */
function siteFace(object: Stored | undefined): string {
  const status = object?.status as
    { readonly omada?: unknown; readonly creating?: unknown; readonly deletions?: unknown } | undefined;
  const ready =
    object?.kind === "OmadaController" ? object.status?.conditions?.find(({ type }) => type === "Ready") : undefined;
  return JSON.stringify([status?.omada, status?.creating, status?.deletions, ready?.reason]);
}

/** The beginning of a connection's last outage. */
function outageOf(object: Stored | undefined): string | undefined {
  return (object?.status as { lastIncident?: { detectTime?: string } } | undefined)?.lastIncident?.detectTime;
}

/** What they took for their own outage may be part of it (H4). */
function sickGuests(world: World, namespace: string): readonly Wake[] {
  return guestKeys(world, namespace).flatMap((key) => (isUnhealthy(world.get(key)) ? [{ key }] : []));
}

function isUnhealthy(object: Stored | undefined): boolean {
  return (object?.status as { health?: string } | undefined)?.health === "Unhealthy";
}

/** The snapshot before the last update, and whether it is being made. */
function updateOf(object: Stored | undefined): string {
  const status = object?.status as
    { readonly snapshotBefore?: { readonly name?: string }; readonly task?: { readonly action?: string } } | undefined;
  return `${status?.snapshotBefore?.name ?? ""}/${status?.task?.action === "Snapshot" ? "making" : ""}`;
}

/** They count and keep those before updates too. */
function policies(world: World, namespace: string, concerned: boolean): readonly Wake[] {
  if (!concerned) return [];
  return world
    .list("SnapshotPolicy", namespace)
    .map(({ metadata: { name } }) => ({ key: { kind: "SnapshotPolicy", namespace, name }, afterMs: PARENT_MS }));
}

/** Whether guests fail together is for the ProxmoxCluster to say (H3, H4). */
function pathOwners(world: World, namespace: string): readonly Wake[] {
  return world
    .list("ProxmoxCluster", namespace)
    .map(({ metadata: { name } }) => ({ key: { kind: "ProxmoxCluster", namespace, name }, afterMs: PARENT_MS }));
}

function powerOf(object: Stored | undefined): string {
  const status = object?.status as { powerState?: string; health?: string; hold?: unknown } | undefined;
  return `${status?.powerState ?? ""}/${status?.health ?? ""}/${status?.hold === undefined ? "" : "held"}`;
}

export function vmidOf(object: Stored | undefined): number | undefined {
  return (object?.spec as { readonly vmid?: number } | undefined)?.vmid;
}

/** Guests that this one's dependsOn names: they stop after it (L4). */
export function targetsOf(namespace: string, object: Stored | undefined): readonly Key[] {
  const spec = object?.spec as { readonly dependsOn?: readonly { kind: string; name: string }[] } | undefined;
  return (spec?.dependsOn ?? []).map(({ kind, name }) => ({ kind, namespace, name }));
}
