import { keyOf, keyText } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { HealthPort } from "../health/port.ts";
import { isHealthy } from "../plan/gate.ts";
import { type ClusterFacts, type Lab, type Member } from "../plan/lab.ts";
import type { ClusterSeen } from "../providers/port.ts";
import type { World } from "../runtime/store.ts";
import type { Claims } from "./claims.ts";
import type { Connections } from "./connections.ts";
import { clusterFacts, hostsOf } from "./clusterFacts.ts";
import { declaredIn, layersOf, type Declared } from "./declared.ts";
import type { GuestMemory } from "./guestMemory.ts";
import { HealthySince } from "./healthySince.ts";
import type { Intent } from "./intent.ts";
import { memberOf, type Surroundings } from "./members.ts";
import { guestAt, guestsIn, homelabIn, segmentsIn } from "./objects.ts";
import type { Preflights } from "./preflights.ts";
import { Releases } from "./releases.ts";
import type { SelfFinder } from "./selfFinder.ts";

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

type Guests = Pick<Lab, "members" | "byLayer">;

/** What is known of one namespace between two builds. */
interface Desk {
  lab: Lab | undefined;
  builtAt: number;
  declared: Declared | undefined;
  guests: Guests | undefined;
  good: boolean;
  /** Guests to look at anew; their ids. */
  readonly dirty: Set<string>;
}

/** A lab that is older is built anew, for time is in it. */
const FRESH_MS = 50;

/** Puts together what the plans go by: one immutable Lab per namespace, built when something changed. */
export class LabSource {
  readonly #parts: LabParts;
  readonly #since: HealthySince;
  readonly #releases: Releases;
  readonly #desks = new Map<string, Desk>();
  readonly #lastGood = new Map<string, number>();
  readonly #another = new Map<string, string>();
  readonly #warm = new Set<string>();

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.#since = new HealthySince(parts.clock);
    this.#releases = new Releases(parts.clock);
  }

  /** Something changed: the next look builds anew. With a guest's id only that guest did. */
  touch(namespace: string, guest?: string): void {
    const desk = this.#desk(namespace);
    desk.lab = undefined;
    if (guest === undefined) desk.guests = undefined;
    else desk.dirty.add(guest);
  }

  /** Somebody declared something else. */
  redeclared(namespace: string): void {
    this.touch(namespace);
    this.#desk(namespace).declared = undefined;
  }

  /** Who declares which vmid, as of the last change. */
  claims(namespace: string): Claims {
    return this.#declared(namespace).claims;
  }

  /** A second controller was found at work (A3); undefined: cleared by a person. */
  setAnother(namespace: string, what: string | undefined): void {
    if (what === undefined) this.#another.delete(namespace);
    else this.#another.set(namespace, what);
    this.touch(namespace);
  }

  of(namespace: string): Lab {
    const desk = this.#desk(namespace);
    const now = this.#parts.clock.monotonic();
    if (desk.lab === undefined || now - desk.builtAt >= FRESH_MS) {
      desk.lab = this.#build(namespace, desk);
      desk.builtAt = now;
    }
    return desk.lab;
  }

  /** Proxmox has answered just now: whoever is good was good until now (H4, L7). */
  looked(namespace: string): void {
    const { memory, clock } = this.#parts;
    const now = clock.now();
    const lab = this.of(namespace);
    for (const member of lab.members.values()) {
      const record = isHealthy(member) ? memory.peek(keyText(keyOf(member.object))) : undefined;
      if (record !== undefined) record.lastGood = now;
    }
    if (isGood(lab)) this.#lastGood.set(namespace, now);
  }

  #desk(namespace: string): Desk {
    const known = this.#desks.get(namespace);
    if (known !== undefined) return known;
    const desk: Desk = {
      lab: undefined,
      builtAt: 0,
      declared: undefined,
      guests: undefined,
      good: false,
      dirty: new Set(),
    };
    this.#desks.set(namespace, desk);
    return desk;
  }

  #build(namespace: string, desk: Desk): Lab {
    const { world, clock, connections, preflights, intent, self, leads } = this.#parts;
    const declared = this.#declared(namespace);
    const homelab = homelabIn(world, namespace);
    const clusters = clusterFacts(namespace, world, connections);
    const base = {
      homelab,
      layers: layersOf(world, namespace),
      order: declared.order,
      clusters,
      self: self.of(namespace, [...clusters.keys()]),
    };
    const guests = this.#guests(namespace, desk, {
      ...base,
      claims: declared.claims,
      seenOf: (cluster) => this.seenOf(namespace, cluster),
    });
    const releasedMs = new Map<string, number>();
    const lab: Lab = {
      namespace,
      now: clock.now(),
      monotonic: clock.monotonic(),
      ...base,
      ...guests,
      circles: declared.circles,
      dependents: declared.dependents,
      invalid: declared.invalid,
      segments: new Map(segmentsIn(world, namespace).map((segment) => [segment.metadata.name, segment])),
      hosts: hostsOf(namespace, [...clusters.keys()], connections),
      preflights: preflights.of(homelab),
      lastGood: this.#lastGood.get(namespace),
      another: this.#another.get(namespace),
      warm: this.#isWarm(namespace, clusters),
      quiet: intent.isQuiet(namespace, homelab),
      releasedMs,
    };
    this.#releases.measure(lab, releasedMs, leads());
    if (!isGood(lab)) desk.good = false;
    else if (!desk.good) {
      desk.good = true;
      this.#lastGood.set(namespace, lab.now);
    }
    return lab;
  }

  #declared(namespace: string): Declared {
    const desk = this.#desk(namespace);
    desk.declared ??= declaredIn(this.#parts.world, namespace);
    return desk.declared;
  }

  /** All of them, or the last ones with those that changed; a Lab in use is never changed. */
  #guests(namespace: string, desk: Desk, around: Surroundings): Guests {
    const { world } = this.#parts;
    const parts = { ...this.#parts, since: this.#since };
    const before = desk.guests;
    const changed = [...desk.dirty];
    desk.dirty.clear();
    if (before === undefined) {
      const all = guestsIn(world, namespace).map((guest) => memberOf(guest, around, parts));
      desk.guests = { members: new Map(all.map((member) => [member.id, member])), byLayer: byLayerOf(all) };
    } else if (changed.length > 0) {
      const fresh = changed.flatMap((id) => {
        const object = guestAt(world, namespace, id);
        return object === undefined ? [] : [memberOf(object, around, parts)];
      });
      desk.guests = withFresh(before, fresh);
    }
    return desk.guests ?? { members: new Map(), byLayer: new Map() };
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

  seenOf(namespace: string, cluster: string): ClusterSeen | undefined {
    return this.#parts.connections.of(namespace, cluster)?.port.seen();
  }
}

/** Everything that should run is healthy. */
function isGood({ members }: Lab): boolean {
  const all = [...members.values()];
  return all.length > 0 && all.every((member) => member.wanted === "Stopped" || member.held || isHealthy(member));
}

function byLayerOf(members: Iterable<Member>): ReadonlyMap<string, readonly Member[]> {
  return Map.groupBy(members, (member) => member.layer);
}

/** The same with some members looked at anew; their layers are the same, or everything would be built anew. */
function withFresh({ members, byLayer }: Guests, fresh: readonly Member[]): Guests {
  const all = new Map(members);
  for (const member of fresh) all.set(member.id, member);
  const layers = new Map(byLayer);
  for (const layer of new Set(fresh.map((member) => member.layer)))
    layers.set(
      layer,
      (byLayer.get(layer) ?? []).map((member) => all.get(member.id) ?? member),
    );
  return { members: all, byLayer: layers };
}
