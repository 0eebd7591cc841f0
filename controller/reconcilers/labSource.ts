import type { Guest, Homelab, HomelabLayer, ProxmoxCluster } from "../api/index.ts";
import { isDeleting, keyOf, keyText } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { HealthPort } from "../health/port.ts";
import { gateTimeoutMs, isReleased } from "../plan/gate.ts";
import { graphOf, orderOf, type Order } from "../plan/graph.ts";
import { isReleasedByHand } from "../plan/guestStart.ts";
import { bootIdOf, idOf, layerPower, type ClusterFacts, type Host, type Lab, type Member } from "../plan/lab.ts";
import { ownershipOf } from "../plan/mark.ts";
import type { ClusterSeen, GuestSeen } from "../providers/port.ts";
import type { World } from "../runtime/store.ts";
import { claimsIn, type Claims } from "./claims.ts";
import type { Connections } from "./connections.ts";
import { newer, type GuestMemory } from "./guestMemory.ts";
import type { Intent } from "./intent.ts";
import { clustersIn, guestsIn, homelabIn, layersIn, segmentsIn } from "./objects.ts";
import type { Preflights } from "./preflights.ts";
import { clusterOf } from "./resolve.ts";
import type { SelfFinder } from "./selfFinder.ts";
import { Stopwatch } from "./stopwatch.ts";

export interface LabParts {
  readonly world: World;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly health: HealthPort;
  readonly memory: GuestMemory;
  readonly intent: Intent;
  readonly preflights: Preflights;
  readonly self: SelfFinder;
  /** Whether we may act: time without the lease does not count to a gate's timeout (L3). */
  readonly leads: () => boolean;
}

interface Frame {
  readonly homelab: Homelab | undefined;
  readonly layers: ReadonlyMap<string, HomelabLayer>;
  readonly order: Order;
  readonly claims: Claims;
}

/** A lab that is older is built anew, for time is in it. */
const FRESH_MS = 50;

/** Puts together what the plans go by: one immutable Lab per namespace, built when something changed. */
export class LabSource {
  readonly #parts: LabParts;
  readonly #stopwatch: Stopwatch;
  readonly #labs = new Map<string, { readonly lab: Lab; readonly at: number }>();
  readonly #released = new Map<string, ReadonlyMap<string, number>>();
  readonly #lastGood = new Map<string, number>();
  readonly #claims = new Map<string, Claims>();
  readonly #another = new Map<string, string>();
  readonly #warm = new Set<string>();

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.#stopwatch = new Stopwatch(parts.clock);
  }

  /** Something changed: the next look builds anew. */
  touch(namespace: string): void {
    this.#labs.delete(namespace);
    this.#claims.delete(namespace);
  }

  /** Who declares which vmid, as of the last change. */
  claims(namespace: string): Claims {
    const known = this.#claims.get(namespace);
    if (known !== undefined) return known;
    const claims = claimsIn(this.#parts.world, namespace);
    this.#claims.set(namespace, claims);
    return claims;
  }

  /** A second controller was found at work (A3); undefined: cleared by a person. */
  setAnother(namespace: string, what: string | undefined): void {
    if (what === undefined) this.#another.delete(namespace);
    else this.#another.set(namespace, what);
    this.touch(namespace);
  }

  of(namespace: string): Lab {
    const now = this.#parts.clock.monotonic();
    const known = this.#labs.get(namespace);
    if (known !== undefined && now - known.at < FRESH_MS) return known.lab;
    const lab = this.#build(namespace);
    this.#labs.set(namespace, { lab, at: now });
    return lab;
  }

  #build(namespace: string): Lab {
    const { world, clock, preflights, intent, self } = this.#parts;
    const frame = this.#frame(namespace);
    const clusters = this.#clusters(namespace);
    const members = new Map(
      guestsIn(world, namespace).map((guest) => [idOf(guest), this.#member(guest, frame, clusters)]),
    );
    const lab: Lab = {
      namespace,
      now: clock.now(),
      homelab: frame.homelab,
      layers: frame.layers,
      order: frame.order,
      members,
      byLayer: Map.groupBy(members.values(), (member) => member.layer),
      clusters,
      segments: new Map(segmentsIn(world, namespace).map((segment) => [segment.metadata.name, segment])),
      hosts: this.#hosts(namespace, clusters),
      preflights: preflights.of(frame.homelab),
      self: self.of(namespace, [...clusters.keys()]),
      lastGood: this.#lastGood.get(namespace),
      another: this.#another.get(namespace),
      warm: this.#isWarm(namespace, clusters),
      quiet: intent.isQuiet(namespace, frame.homelab),
      releasedMs: this.#released.get(namespace) ?? new Map(),
    };
    return this.#timed(lab);
  }

  /** Every cluster has answered or failed, and every guest has been looked at; once true it stays so. */
  #isWarm(namespace: string, clusters: ReadonlyMap<string, ClusterFacts>): boolean {
    if (this.#warm.has(namespace)) return true;
    const { world, memory } = this.#parts;
    if ([...clusters.values()].some((cluster) => cluster.reach.is === "connecting")) return false;
    const warm = guestsIn(world, namespace).every((guest) => memory.peek(keyText(keyOf(guest)))?.looked === true);
    if (warm) this.#warm.add(namespace);
    return warm;
  }

  #frame(namespace: string): Frame {
    const { world } = this.#parts;
    const layers = new Map(
      layersIn(world, namespace)
        .filter((layer) => !isDeleting(layer))
        .map((layer) => [layer.metadata.name, layer]),
    );
    const graph = graphOf(
      [...layers].map(([name, layer]) => [name, (layer.spec.dependsOn ?? []).map((need) => need.name)]),
    );
    return {
      homelab: homelabIn(world, namespace),
      layers,
      order: orderOf(graph),
      claims: this.claims(namespace),
    };
  }

  /** The durations that this lab's gates go by, and when it was last good. */
  #timed(lab: Lab): Lab {
    const counting =
      this.#parts.leads() &&
      [...lab.clusters.values()].every((cluster) => cluster.reach.is === "reachable") &&
      lab.hosts.every((host) => host.online);
    const released = new Map<string, number>();
    for (const name of lab.layers.keys()) {
      const key = `${lab.namespace}/${name}`;
      if (!isReleased(lab, name)) this.#stopwatch.stop(key);
      else
        released.set(name, this.#stopwatch.run(key, labelOf(lab, name), { counting, resumeMs: resumeMs(lab, name) }));
    }
    this.#released.set(lab.namespace, released);
    const good =
      lab.members.size > 0 &&
      [...lab.members.values()].every(
        (member) => member.wanted === "Stopped" || member.held || member.health === "Healthy",
      );
    if (good) this.#lastGood.set(lab.namespace, lab.now);
    return { ...lab, releasedMs: released };
  }

  #clusters(namespace: string): ReadonlyMap<string, ClusterFacts> {
    const { connections } = this.#parts;
    return new Map(
      clustersIn(this.#parts.world, namespace).map((object) => {
        const connection = connections.of(namespace, object.metadata.name);
        const reach = connection?.port.reach() ?? { is: "connecting" as const };
        return [object.metadata.name, { object, reach, seen: connection?.port.seen() !== undefined }];
      }),
    );
  }

  #hosts(namespace: string, clusters: ReadonlyMap<string, ClusterFacts>): Host[] {
    return [...clusters.keys()].flatMap((cluster) =>
      [...(this.seenOf(namespace, cluster)?.nodes.values() ?? [])].map((node) => ({
        cluster,
        name: node.name,
        online: node.online,
        bootTime: node.bootTime,
        rebooted: node.rebooted,
      })),
    );
  }

  seenOf(namespace: string, cluster: string): ClusterSeen | undefined {
    return this.#parts.connections.of(namespace, cluster)?.port.seen();
  }

  #member(object: Guest, frame: Frame, clusters: ReadonlyMap<string, ClusterFacts>): Member {
    const { memory, clock, health } = this.#parts;
    const key = keyText(keyOf(object));
    const record = memory.peek(key);
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    const facts = typeof cluster === "string" ? undefined : clusters.get(cluster.metadata.name);
    const seen = facts === undefined ? undefined : this.seenOf(object.metadata.namespace, facts.object.metadata.name);
    const guest = newer(seen?.guests.get(object.spec.vmid), record?.read);
    const power = powerOf(facts, seen, guest);
    const feels = power === "Running" ? this.#feels(object, key) : "Unknown";
    const layer = object.spec.layerRef.name;
    const suspended = this.#suspended(object, frame, facts);
    const ownership =
      guest === undefined
        ? undefined
        : ownershipOf(
            guest.tags,
            { namespace: object.metadata.namespace, name: object.metadata.name },
            object.spec.vmid,
            frame.claims.vmidsOf(object.spec.vmid),
          );
    const since = health.of(key)?.since;
    const rival = frame.claims.rivalOf(object, guest?.tags);
    const problem = rival === undefined ? problemOf(object, guest, ownership?.is === "ours") : "VmidTaken";
    const layerWants = layerPower(layer, frame.homelab, frame.layers, frame.order);
    return {
      id: idOf(object),
      object,
      layer,
      cluster: facts?.object.metadata.name,
      node: guest?.node ?? object.spec.node ?? object.status?.node ?? onlyNode(seen),
      wanted: object.spec.powerState === "Stopped" ? "Stopped" : layerWants,
      power,
      health: feels,
      healthyMs: feels !== "Healthy" ? 0 : since === undefined ? Number.MAX_SAFE_INTEGER : clock.monotonic() - since,
      startTime: guest?.startTime,
      problem,
      held: object.status?.hold !== undefined && power !== "Running" && !isReleasedByHand({ object }),
      leaving: isDeleting(object),
      unstoppable: unstoppable(object, suspended, problem, facts?.object),
      repairing:
        object.status?.task !== undefined || (record?.downSince !== undefined && object.status?.bootID !== undefined),
      downCause: record?.down?.down.cause,
      onboot: record?.config?.config.onboot,
      suspended,
    };
  }

  #feels(object: Guest, key: string): Member["health"] {
    if ((object.spec.probes ?? []).length === 0) return "Healthy";
    return this.#parts.health.of(key)?.state ?? "Starting";
  }

  #suspended(object: Guest, frame: Frame, facts: ClusterFacts | undefined): boolean {
    const layer = frame.layers.get(object.spec.layerRef.name);
    return (
      object.spec.suspend ||
      layer?.spec.suspend === true ||
      frame.homelab?.spec.suspend === true ||
      facts?.object.spec.suspend === true
    );
  }
}

function powerOf(
  facts: ClusterFacts | undefined,
  seen: ClusterSeen | undefined,
  guest: GuestSeen | undefined,
): Member["power"] {
  if (facts === undefined || facts.reach.is !== "reachable" || seen === undefined) return "Unknown";
  if (guest === undefined) return "Absent";
  return seen.nodes.get(guest.node)?.online === false ? "Unknown" : guest.power;
}

function onlyNode(seen: ClusterSeen | undefined): string | undefined {
  const names = [...(seen?.nodes.keys() ?? [])];
  return names.length === 1 ? names[0] : undefined;
}

/** Why it cannot count as healthy: not ours, or not what is declared (L3). */
function problemOf(object: Guest, guest: GuestSeen | undefined, ours: boolean): string | undefined {
  if (guest === undefined) return undefined;
  if (guest.type !== (object.kind === "Container" ? "lxc" : "qemu")) return "GuestTypeDiffers";
  if (object.spec.management !== "Full" || ours) return undefined;
  return object.spec.adoption === "Adopt" ? undefined : "GuestNotOwned";
}

function unstoppable(
  object: Guest,
  suspended: boolean,
  problem: string | undefined,
  cluster: ProxmoxCluster | undefined,
): string | undefined {
  if (suspended) return "suspended";
  if (object.spec.management === "Observe") return "only observed";
  if (problem !== undefined) return problem;
  return cluster?.spec.protectedVmids?.includes(object.spec.vmid) === true ? "protected" : undefined;
}

/** A run of a layer's timeout: one boot, one generation of the layer and its members (L3). */
function labelOf(lab: Lab, name: string): string {
  const generations = (lab.byLayer.get(name) ?? []).reduce((sum, member) => sum + member.object.metadata.generation, 0);
  return `${bootIdOf(lab)}/${String(lab.layers.get(name)?.metadata.generation ?? 0)}/${String(generations)}`;
}

/** What an earlier process has counted, clamped to the timer's length (L10). */
function resumeMs(lab: Lab, name: string): number {
  const start = lab.layers.get(name)?.status?.lastStart;
  if (start?.bootID !== bootIdOf(lab)) return 0;
  return Math.min(Math.max(0, lab.now - Date.parse(start.releaseTime)), gateTimeoutMs(lab, name));
}
