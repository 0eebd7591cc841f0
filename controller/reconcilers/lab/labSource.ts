import { keyOf, keyOfText, keyText } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { HealthPort } from "../../health/port.ts";
import { standing } from "../../plan/anotherController.ts";
import { isGood } from "../../plan/layers/gate.ts";
import { isHealthy } from "../../plan/layers/memberCount.ts";
import type { ClusterFacts, Lab } from "../../plan/lab.ts";
import { MemberTable } from "../../plan/layers/memberTable.ts";
import type { ClusterSeen } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";
import type { Claims } from "./claims.ts";
import type { Connections } from "../shared/connections.ts";
import { clusterFacts, hostsOf } from "./clusterFacts.ts";
import { declaredIn, layersOf, type Declared } from "./declared.ts";
import type { GuestMemory } from "./guestMemory.ts";
import { HealthySince } from "./healthySince.ts";
import type { Intent } from "../shared/intent.ts";
import { memberOf, type Surroundings } from "./members.ts";
import { guestAt, guestsIn, homelabIn, segmentsIn } from "../shared/objects.ts";
import type { Preflights } from "./preflights.ts";
import { Releases } from "./releases.ts";
import { wansIn } from "./wans.ts";
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

/** What is known of one namespace between two builds. */
interface Desk {
  lab: Lab | undefined;
  builtAt: number;
  declared: Declared | undefined;
  guests: MemberTable | undefined;
  good: boolean;
  /** One that this process has not looked at yet; its key as text. */
  cold: string | undefined;
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
    if (isAllGood(lab)) this.#lastGood.set(namespace, now);
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
      cold: undefined,
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
    const members = this.#guests(namespace, desk, {
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
      members,
      byLayer: members.byLayer,
      circles: declared.circles,
      dependents: declared.dependents,
      snapshotted: declared.snapshotted,
      beforeUpdate: declared.beforeUpdate,
      invalid: declared.invalid,
      segments: new Map(segmentsIn(world, namespace).map((segment) => [segment.metadata.name, segment])),
      hosts: hostsOf(namespace, [...clusters.keys()], connections),
      preflights: preflights.of(homelab),
      wans: wansIn(world, namespace),
      lastGood: this.#lastGood.get(namespace),
      another: this.#another.get(namespace) ?? (homelab === undefined ? undefined : standing(homelab)?.message),
      warm: this.#isWarm(namespace, clusters),
      quiet: intent.isQuiet(namespace, homelab),
      releasedMs,
    };
    this.#releases.measure(lab, releasedMs, { leads: leads(), generations: declared.generations });
    if (!isAllGood(lab)) desk.good = false;
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

  /** All of them, or the last ones with those that changed. */
  #guests(namespace: string, desk: Desk, around: Surroundings): MemberTable {
    const { world } = this.#parts;
    const parts = { ...this.#parts, since: this.#since };
    const changed = [...desk.dirty];
    desk.dirty.clear();
    if (desk.guests === undefined)
      desk.guests = MemberTable.of(guestsIn(world, namespace).map((guest) => memberOf(guest, around, parts)));
    else if (changed.length > 0) {
      const objects = changed.flatMap((id) => guestAt(world, namespace, id) ?? []);
      desk.guests = desk.guests.with(objects.map((object) => memberOf(object, around, parts)));
    }
    return desk.guests;
  }

  /** Every cluster has answered or failed, and every guest has been looked at; once true it stays so. */
  #isWarm(namespace: string, clusters: ReadonlyMap<string, ClusterFacts>): boolean {
    if (this.#warm.has(namespace)) return true;
    const { world, memory, connections } = this.#parts;
    const awaited = [...clusters].filter(([name]) => connections.troubleOf(namespace, name) === undefined);
    if (awaited.some(([, cluster]) => cluster.reach.is === "connecting")) return false;
    const isCold = (key: string): boolean => memory.peek(key)?.looked !== true;
    const desk = this.#desk(namespace);
    // Asked at each build: mostly the same guest is still to be looked at.
    if (desk.cold !== undefined && world.get(keyOfText(desk.cold)) !== undefined && isCold(desk.cold)) return false;
    desk.cold = guestsIn(world, namespace)
      .map((guest) => keyText(keyOf(guest)))
      .findLast(isCold);
    if (desk.cold === undefined) this.#warm.add(namespace);
    return desk.cold === undefined;
  }

  seenOf(namespace: string, cluster: string): ClusterSeen | undefined {
    return this.#parts.connections.of(namespace, cluster)?.port.seen();
  }
}

/** Everything that should run is healthy, in every layer. */
function isAllGood({ members, byLayer }: Lab): boolean {
  return members.size > 0 && [...byLayer.values()].every(isGood);
}
