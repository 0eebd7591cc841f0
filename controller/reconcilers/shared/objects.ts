import {
  Container,
  Homelab,
  HomelabLayer,
  NetworkSegment,
  ProxmoxCluster,
  VirtualMachine,
  parseSpec,
  type Guest,
  type Kind,
  type ObjectOf,
} from "../../api/index.ts";
import { isDeleting, type Stored } from "../../api/meta.ts";
import { Stalled } from "../../base/outcome.ts";
import type { InvalidMember } from "../../plan/lab.ts";
import type { World } from "../../runtime/store.ts";

type Read<K extends Kind> = { readonly object: ObjectOf<K> } | { readonly problems: readonly string[] };

/** Parsing costs; a stored object never changes, so its reading is kept with it. */
const readings = new WeakMap<Stored, Read<Kind>>();

function read<K extends Kind>(kind: K, stored: Stored): Read<K> {
  const known = readings.get(stored) as Read<K> | undefined;
  if (known !== undefined) return known;
  const parsed = parseSpec(kind, stored);
  const result: Read<K> = parsed.ok
    ? { object: { ...stored, spec: parsed.spec } as ObjectOf<K> }
    : { problems: parsed.problems };
  readings.set(stored, result);
  return result;
}

/** The object with its spec parsed. Throws `Stalled("SpecInvalid")` with what is wrong (P5). */
export function parsed<K extends Kind>(kind: K, stored: Stored): ObjectOf<K> {
  const result = read(kind, stored);
  if ("object" in result) return result.object;
  throw new Stalled("SpecInvalid", `the spec cannot be used: ${result.problems.join("; ")}`);
}

/** All objects of a kind whose specs can be used. */
export function readable<K extends Kind>(
  kind: K,
  world: Pick<World, "list">,
  namespace: string,
): readonly ObjectOf<K>[] {
  return world.list(kind.kind, namespace).flatMap((stored) => {
    const result = read(kind, stored);
    return "object" in result ? [result.object] : [];
  });
}

export function guestsIn(world: Pick<World, "list">, namespace: string): readonly Guest[] {
  return [...readable(Container, world, namespace), ...readable(VirtualMachine, world, namespace)];
}

/** By its id ("Container/db"); undefined: not there, or its spec cannot be used. */
export function guestAt(world: Pick<World, "get">, namespace: string, id: string): Guest | undefined {
  const [kind = "", name = ""] = id.split("/");
  const stored = world.get({ kind, namespace, name });
  if (stored === undefined) return undefined;
  const result = kind === Container.kind ? read(Container, stored) : read(VirtualMachine, stored);
  return "object" in result ? result.object : undefined;
}

/** Guest objects whose spec cannot be used, by the layer they name all the same (L3, P5). */
export function invalidIn(
  world: Pick<World, "list">,
  namespace: string,
): ReadonlyMap<string, readonly InvalidMember[]> {
  const invalid = [Container, VirtualMachine].flatMap((kind) =>
    world
      .list(kind.kind, namespace)
      .filter((stored) => !isDeleting(stored) && "problems" in read(kind, stored))
      .map((stored) => ({ kind: kind.kind, name: stored.metadata.name, layer: layerNamed(stored) })),
  );
  return Map.groupBy(invalid, ({ layer }) => layer);
}

function layerNamed({ spec }: Stored): string {
  const layer = (spec as { readonly layerRef?: { readonly name?: unknown } } | undefined)?.layerRef?.name;
  return typeof layer === "string" ? layer : "";
}

export function layersIn(world: Pick<World, "list">, namespace: string): readonly HomelabLayer[] {
  return readable(HomelabLayer, world, namespace);
}

export function clustersIn(world: Pick<World, "list">, namespace: string): readonly ProxmoxCluster[] {
  return readable(ProxmoxCluster, world, namespace);
}

export function segmentsIn(world: Pick<World, "list">, namespace: string): readonly NetworkSegment[] {
  return readable(NetworkSegment, world, namespace);
}

/** The Homelab in charge: the oldest that is not being deleted, else the smaller name (L2). */
export function homelabIn(world: Pick<World, "list">, namespace: string): Homelab | undefined {
  const candidates = readable(Homelab, world, namespace).filter((homelab) => !isDeleting(homelab));
  return [...candidates].sort(older)[0];
}

/** Creation order; objects of one apply share their second, then the name decides (I1). */
export function older(a: Pick<Stored, "metadata">, b: Pick<Stored, "metadata">): number {
  const order = a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp);
  return order !== 0 ? order : a.metadata.name.localeCompare(b.metadata.name);
}

/** Segments of the namespace that came before this one and are not being deleted. */
export function eldersOf(segment: NetworkSegment, world: Pick<World, "list">): readonly NetworkSegment[] {
  const { namespace, uid } = segment.metadata;
  return segmentsIn(world, namespace).filter(
    (other) => other.metadata.uid !== uid && !isDeleting(other) && older(other, segment) < 0,
  );
}
