import type {
  Container,
  Homelab,
  HomelabLayer,
  NetworkSegment,
  ProxmoxCluster,
  SnapshotPolicy,
  VirtualMachine,
} from "../api/index.ts";
import type { HealthState } from "../health/port.ts";
import type { Power, Reach } from "../providers/port.ts";
import type { Order } from "./graph.ts";
import type { Row } from "./row.ts";

export type Guest = Container | VirtualMachine;

/** What runs or not is called after it when no boot was ever recorded: the lab was running when we first saw it (L0). */
export const NO_BOOT = "none";

/** One guest as the decisions about layers, boots and other guests see it. */
export interface Member {
  /** "Container/omada21": unique in the namespace. */
  readonly id: string;
  readonly object: Guest;
  readonly layer: string;
  readonly cluster: string | undefined;
  /** Where it is, else where it would be created. */
  readonly node: string | undefined;
  /** What the guest, its layer, every layer below that and the lab declare together (L6). */
  readonly wanted: Power;
  readonly power: Power | "Unknown" | "Absent";
  /** Unknown: not running, or not seen. */
  readonly health: HealthState | "Unknown";
  /** Monotonic milliseconds since when it is healthy, also before this process; undefined when it isn't. */
  readonly healthySince: number | undefined;
  /** The node's clock at its last start. */
  readonly startTime: number | undefined;
  /** Not owned or not valid: why, in a phrase. It counts as unhealthy (L3). */
  readonly problem: string | undefined;
  /** Stopped by a person and left alone (O7). */
  readonly held: boolean;
  readonly leaving: boolean;
  /** Why the controller may not stop it (Observe, suspended, protected, not owned); undefined: it may (L6). */
  readonly unstoppable: string | undefined;
  /** A shutdown of ours is under way: it is as good as down. */
  readonly stopping: boolean;
  /** A task of ours runs for it, it waits for its next restart, or it was just started. */
  readonly repairing: boolean;
  /** Monotonic milliseconds when it was first seen down this time. */
  readonly downSince: number | undefined;
  /** Wall milliseconds when this process last saw it good; undefined: never. */
  readonly lastGood: number | undefined;
  /** Why it last went down, as far as it is explained (O6). */
  readonly downCause: string | undefined;
  readonly onboot: boolean | undefined;
  /** VM: its guest agent is enabled; undefined: not read, or a container. */
  readonly agent: boolean | undefined;
  readonly suspended: boolean;
}

/** One Proxmox node as the boots see it. */
export interface Host {
  readonly cluster: string;
  readonly name: string;
  readonly online: boolean;
  /** Milliseconds since the epoch; absent until seen. */
  readonly bootTime: number | undefined;
  /** This process saw it reboot. */
  readonly rebooted: boolean;
  /** Its clock minus our monotonic one, milliseconds; absent until seen. */
  readonly clockOffsetMs?: number | undefined;
}

export interface ClusterFacts {
  readonly object: ProxmoxCluster;
  readonly reach: Reach;
  /** True after the first good look. */
  readonly seen: boolean;
  /** The last look failed: what the probes say of the guests may be the host's trouble (H4). */
  readonly doubted?: boolean;
}

/** Members by id. */
export interface Members {
  readonly size: number;
  get(id: string): Member | undefined;
  values(): Iterable<Member>;
}

export interface InvalidMember {
  readonly kind: string;
  readonly name: string;
}

/** The preflight of the boot, as far as it has come (L2). */
export interface Preflight {
  readonly name: string;
  readonly onFailure: "Warn" | "Block";
  readonly state: "Pending" | "Passed" | "GivenUp";
  /** What the last attempt said; empty once passed. */
  readonly message: string;
}

/** A WAN port of a gateway, as its Omada controller sees it at this moment. */
export interface WanFact {
  /** "WAN1 of ER605" */
  readonly what: string;
  readonly online: boolean;
}

export interface SelfGuest {
  readonly cluster: string;
  readonly vmid: number;
  /** Further guests that the controller's Kubernetes runs in. */
  readonly others: readonly number[];
  /** Undefined: its configuration cannot be read. */
  readonly onboot: boolean | undefined;
  readonly order: number | undefined;
}

/** Everything the decisions of one namespace go by, at one moment. Immutable; time is in it as numbers. */
export interface Lab {
  readonly namespace: string;
  /** Wall clock, for times that are written; never for deadlines. */
  readonly now: number;
  /** The monotonic clock, for durations. */
  readonly monotonic: number;
  /** The Homelab in charge (L2). */
  readonly homelab: Homelab | undefined;
  readonly layers: ReadonlyMap<string, HomelabLayer>;
  readonly order: Order;
  /** Guests whose own dependsOn is part of a cycle: the way around, by id (L4). */
  readonly circles: ReadonlyMap<string, readonly string[]>;
  /** Ids of the guests whose dependsOn names a guest, by its id. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Ids of the guests that a SnapshotPolicy names. */
  readonly snapshotted?: ReadonlySet<string> | undefined;
  /** By the ids of guests: the policy that wants a snapshot before each of their updates. */
  readonly beforeUpdate?: ReadonlyMap<string, SnapshotPolicy> | undefined;
  readonly members: Members;
  readonly byLayer: ReadonlyMap<string, Row<Member>>;
  /** Objects by the layer they name whose spec cannot be used; they count as unhealthy members (L3, P5). */
  readonly invalid: ReadonlyMap<string, readonly InvalidMember[]>;
  readonly clusters: ReadonlyMap<string, ClusterFacts>;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly hosts: readonly Host[];
  /** Checks of the boot that goes on; none when no boot does. */
  readonly preflights: readonly Preflight[];
  /** Declared WAN ports; absent or none: Omada is not up, or no gateway is declared. */
  readonly wans?: readonly WanFact[];
  /** The guest this controller runs in, as far as it was found (I6, L9). */
  readonly self: SelfGuest | undefined;
  /** Wall clock when everything was last seen good; undefined: not by this process. */
  readonly lastGood: number | undefined;
  /** A second controller acts with the same token (A3): what it did. */
  readonly another: string | undefined;
  /** This process has looked at every member once; until then what was written stands, and nothing is judged (L10). */
  readonly warm: boolean;
  /** Specs have been quiet long enough for a first start (L2). */
  readonly quiet: boolean;
  /** Milliseconds since a layer's release in this boot, without time when the node, Proxmox or the lease was away (L3). */
  readonly releasedMs: ReadonlyMap<string, number>;
}

const NOBODY: readonly Member[] = [];

/** The guests that name the layer. */
export function membersOf(lab: Pick<Lab, "byLayer">, layer: string): readonly Member[] {
  return lab.byLayer.get(layer)?.members ?? NOBODY;
}

export function idOf(object: Guest): string {
  return `${object.kind}/${object.metadata.name}`;
}

/** Only a person can help it, as its last pass found. */
export function isStuck(member: Pick<Member, "object">): boolean {
  return stuckReason(member) !== undefined;
}

export function stuckReason({ object }: Pick<Member, "object">): string | undefined {
  return object.status?.conditions?.find(({ type, status }) => type === "Stalled" && status === "True")?.reason;
}

/** The boot that is on record, or the name that stands for none. */
export function bootIdOf(lab: Lab): string {
  return lab.homelab?.status?.lastBoot?.id ?? NO_BOOT;
}

/** True when the recorded boot is about this member: a boot of one node or layer leaves the others alone (L0). */
export function concerns(lab: Lab, member: Pick<Member, "layer" | "node" | "cluster">): boolean {
  const boot = lab.homelab?.status?.lastBoot;
  if (boot === undefined) return true;
  if (boot.node !== undefined) return member.node === boot.node && member.cluster === (boot.cluster ?? member.cluster);
  if (boot.layer !== undefined)
    return member.layer === boot.layer || lab.order.above(boot.layer).includes(member.layer);
  return true;
}

/** True when the recorded boot is about this layer: nothing in it is to be started otherwise. */
export function concernsLayer(lab: Lab, name: string): boolean {
  const boot = lab.homelab?.status?.lastBoot;
  if (boot?.node !== undefined) return membersOf(lab, name).some((member) => concerns(lab, member));
  return boot?.layer === undefined || name === boot.layer || lab.order.above(boot.layer).includes(name);
}

/** True when the guest has run in the current boot, so that its repair is held by no gate (L0, L1). */
export function hasRun(lab: Lab, member: Pick<Member, "layer" | "node" | "cluster" | "object">): boolean {
  const mine = member.object.status?.bootID;
  if (mine === undefined) return false;
  return mine === bootIdOf(lab) || !concerns(lab, member);
}

/** What lab and layers declare for the members of a layer; the layers below count too (L6). */
export function layerPower(
  name: string,
  homelab: Homelab | undefined,
  layers: ReadonlyMap<string, HomelabLayer>,
  order: Order,
): Power {
  if (homelab?.spec.powerState === "Stopped") return "Stopped";
  const chain = [name, ...order.below(name)];
  return chain.some((layer) => layers.get(layer)?.spec.powerState === "Stopped") ? "Stopped" : "Running";
}
