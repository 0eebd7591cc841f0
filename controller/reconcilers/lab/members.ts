import { isToBeMarked } from "../../plan/guests/guestMark.ts";
import { guestTypeOf } from "../../plan/guests/guestTypeOf.ts";
import type { Guest, ProxmoxCluster } from "../../api/index.ts";
import { isDeleting, keyOf, keyText } from "../../api/meta.ts";
import type { HealthPort, HealthSeen } from "../../health/port.ts";
import { isReleasedByHand } from "../../plan/guests/guestStart.ts";
import { idOf, isStuck, layerPower, type ClusterFacts, type Lab, type Member, type SelfGuest } from "../../plan/lab.ts";
import { ownershipOf } from "../../plan/mark.ts";
import type { ClusterSeen, GuestSeen } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";
import type { Claims } from "./claims.ts";
import { newer, type GuestMemory, type GuestRecord } from "./guestMemory.ts";
import type { HealthySince } from "./healthySince.ts";
import { clusterOf } from "../shared/resolve.ts";

/** What members are made from, beside the guests themselves. */
export interface Surroundings extends Pick<Lab, "homelab" | "layers" | "order" | "clusters" | "self"> {
  readonly claims: Claims;
  seenOf(cluster: string): ClusterSeen | undefined;
}

export interface MemberParts {
  readonly world: World;
  readonly health: HealthPort;
  readonly memory: GuestMemory;
  readonly since: HealthySince;
}

/** What is seen of one guest, put together once. */
interface Look {
  readonly facts: ClusterFacts | undefined;
  readonly seen: ClusterSeen | undefined;
  readonly guest: GuestSeen | undefined;
  readonly record: GuestRecord | undefined;
  readonly felt: HealthSeen | undefined;
}

/** One guest as the decisions about layers, boots and other guests see it, from all there is to know of it. */
export function memberOf(object: Guest, around: Surroundings, parts: MemberParts): Member {
  const look = lookOf(object, around, parts);
  const { facts, guest } = look;
  const power = powerOf(object, look);
  const health = power === "Running" ? feels(object, look) : "Unknown";
  const problem = problemOf(object, guest, around.claims);
  const suspended = isSuspended(object, around, facts);
  return {
    id: idOf(object),
    object,
    layer: object.spec.layerRef.name,
    cluster: facts?.object.metadata.name,
    node: nodeOf(object, look),
    wanted: wantedOf(object, around),
    power,
    health,
    healthySince: parts.since.of(object, { state: stateOf(object, power, look), felt: look.felt, guest }),
    startTime: guest?.startTime,
    problem,
    held: isHeld(object, power),
    leaving: isDeleting(object),
    unstoppable: unstoppable(object, { suspended, problem, cluster: facts?.object, self: around.self }),
    stopping: object.status?.task?.action === "Shutdown",
    repairing: isRepairing(object, look, power),
    ...remembered(look.record),
    suspended,
  };
}

type Remembered = Pick<Member, "downSince" | "lastGood" | "downCause" | "onboot" | "agent">;

function remembered(record: GuestRecord | undefined): Remembered {
  const config = record?.config?.config;
  return {
    downSince: record?.downSince,
    lastGood: record?.lastGood,
    downCause: record?.down?.down.cause,
    onboot: config?.onboot,
    agent: config?.agent,
  };
}

function lookOf(object: Guest, around: Surroundings, { world, memory, health }: MemberParts): Look {
  const key = keyText(keyOf(object));
  const cluster = clusterOf(object, object.spec.clusterRef, world);
  const facts = typeof cluster === "string" ? undefined : around.clusters.get(cluster.metadata.name);
  const seen = facts === undefined ? undefined : around.seenOf(facts.object.metadata.name);
  const record = memory.peek(key);
  const guest = newer(seen?.guests.get(object.spec.vmid), record?.read);
  return { facts, seen, guest, record, felt: health.of(key) };
}

/** What was here and is not listed is Unknown until a pass has proven it absent (O4). */
function powerOf({ spec, status }: Guest, { facts, seen, guest, record }: Look): Member["power"] {
  if (facts?.reach.is !== "reachable" || seen === undefined) return "Unknown";
  if (guest === undefined) return status?.seenVmid === spec.vmid && record?.absent === undefined ? "Unknown" : "Absent";
  return seen.nodes.get(guest.node)?.online === false ? "Unknown" : guest.power;
}

function stateOf(object: Guest, power: Member["power"], look: Look): "Healthy" | "Not" | "Unknown" {
  if (power === "Unknown") return "Unknown";
  if (power !== "Running") return "Not";
  if (feels(object, look) === "Healthy") return "Healthy";
  return look.felt === undefined ? "Unknown" : "Not";
}

/** Where it is, else where it would be created. */
function nodeOf(object: Guest, { guest, seen }: Look): string | undefined {
  return guest?.node ?? object.spec.node ?? object.status?.node ?? onlyNode(seen);
}

/** Stopped by a person and left alone (O7). */
function isHeld(object: Guest, power: Member["power"]): boolean {
  return object.status?.hold !== undefined && power !== "Running" && !isReleasedByHand({ object });
}

/** Without probes it is healthy when it runs. */
function feels(object: Guest, { felt }: Look): Member["health"] {
  return (object.spec.probes ?? []).length === 0 ? "Healthy" : (felt?.state ?? "Starting");
}

/** What the guest, its layer, every layer below that and the lab declare together (L6). */
function wantedOf(object: Guest, { homelab, layers, order }: Surroundings): Member["wanted"] {
  if (object.spec.powerState === "Stopped") return "Stopped";
  return layerPower(object.spec.layerRef.name, homelab, layers, order);
}

function onlyNode(seen: ClusterSeen | undefined): string | undefined {
  const names = [...(seen?.nodes.keys() ?? [])];
  return names.length === 1 ? names[0] : undefined;
}

/** Causes of a stop that we leave alone, at least for now (A4, O7). */
const LEFT_ALONE: ReadonlySet<string> = new Set(["NodeStopping", "Busy", "StoppedByHand"]);

/** A task of ours runs for it, it waits for its next restart, or it is just coming up again. */
function isRepairing(object: Guest, look: Look, power: Member["power"]): boolean {
  const { status } = object;
  if (status?.task !== undefined) return true;
  if (power === "Running") return feels(object, look) === "Starting";
  if (power !== "Stopped" || status?.bootID === undefined || isStuck({ object })) return false;
  return !LEFT_ALONE.has(look.record?.down?.down.cause ?? "");
}

/** Why it cannot count as healthy: not ours, or not what is declared (L3). */
function problemOf(object: Guest, guest: GuestSeen | undefined, claims: Claims): string | undefined {
  if (claims.rivalOf(object, guest?.tags) !== undefined) return "VmidTaken";
  if (guest === undefined) return undefined;
  if (guest.type !== guestTypeOf(object)) return "GuestTypeDiffers";
  const { metadata, spec } = object;
  if (spec.management !== "Full") return undefined;
  const ownership = ownershipOf(guest.tags, metadata, spec.vmid, claims.vmidsOf(spec.vmid));
  return ownership.is === "ours" || isToBeMarked({ object, ownership }, guest) ? undefined : "GuestNotOwned";
}

function isSuspended(object: Guest, { homelab, layers }: Surroundings, facts: ClusterFacts | undefined): boolean {
  return [object, layers.get(object.spec.layerRef.name), homelab, facts?.object].some(
    (one) => one?.spec.suspend === true,
  );
}

interface Restraints {
  readonly suspended: boolean;
  readonly problem: string | undefined;
  readonly cluster: ProxmoxCluster | undefined;
  readonly self: SelfGuest | undefined;
}

/** Why the controller may not stop it; a shutdown does not wait for such a guest (L6). */
function unstoppable(object: Guest, { suspended, problem, cluster, self }: Restraints): string | undefined {
  if (suspended) return "suspended";
  if (object.spec.management === "Observe") return "only observed";
  if (problem !== undefined) return problem;
  const own = self !== undefined && self.cluster === cluster?.metadata.name ? [self.vmid, ...self.others] : [];
  return [...(cluster?.spec.protectedVmids ?? []), ...own].includes(object.spec.vmid) ? "protected" : undefined;
}
