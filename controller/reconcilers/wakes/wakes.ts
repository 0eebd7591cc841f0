import type { GuestStatus } from "../../api/index.ts";
import { keyOf, keyOfText, keyText, type Key } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { HealthPort } from "../../health/port.ts";
import type { Wake } from "../../runtime/controller.ts";
import type { GuestSeen } from "../../providers/port.ts";
import type { Change, Store } from "../../runtime/store.ts";
import type { Connection, Connections } from "../shared/connections.ts";
import { GateWatch } from "./gateWatch.ts";
import type { GuestMemory } from "../lab/guestMemory.ts";
import type { Intent } from "../shared/intent.ts";
import type { LabSource } from "../lab/labSource.ts";
import type { Resync } from "./resync.ts";
import type { Rivals } from "../lab/rivals.ts";
import type { OmadaConnections, SiteConnection } from "../network/omadaConnections.ts";
import { SiteWatch } from "../network/siteWatch.ts";
import { Relations } from "./relations.ts";
import {
  aroundGuest,
  everything,
  guestKeys,
  homelabs,
  isGuest,
  memberId,
  networkKeys,
  onObject,
  vmidOf,
} from "./triggers.ts";
import { faceOf, ViewWatch, type News } from "./viewWatch.ts";
import { lowestGuestsFirst } from "./wakeOrder.ts";

export interface WakeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly sites: OmadaConnections;
  readonly labs: LabSource;
  readonly memory: GuestMemory;
  readonly intent: Intent;
  readonly health: HealthPort;
  readonly rivals: Rivals;
  readonly resync: Resync;
  /** Puts a key into the queue. */
  readonly wake: (key: Key, afterMs?: number) => void;
}

/** A little more than the quiet time of intent (L2). */
const QUIET_MS = 2_050;

/** Intent, reality and health turn into keys here, and into nothing else: a source never acts (architecture). */
export class Wakes {
  readonly #parts: WakeParts;
  readonly #gates = new GateWatch();
  readonly #views = new ViewWatch();
  readonly #siteWatch = new SiteWatch();
  readonly #relations = new Relations();
  /** Namespaces whose gates are about to be looked at. */
  readonly #soon = new Set<string>();

  constructor(parts: WakeParts) {
    this.#parts = parts;
  }

  /** Begins to listen to all three sources: intent comes through `onChange`, reality and health by themselves. */
  listen(): void {
    const { connections, sites, memory, health, store } = this.#parts;
    connections.onChange((connection) => {
      this.#onView(connection);
    });
    sites.onChange((connection) => {
      this.#onSite(connection);
    });
    health.onChange((text) => {
      this.#onGuest(text);
    });
    health.onRefused((text) => {
      const record = memory.peek(text);
      if (record?.addresses !== undefined) record.addresses.stale = true;
      const key = keyOfText(text);
      const object = store.get(key);
      if (object !== undefined)
        this.#portsOf(key).forEach((port) => {
          port.hurry();
        });
      this.#parts.wake(key);
    });
  }

  /** Whom a change in the API server concerns. */
  onChange(change: Change): readonly Wake[] {
    const { namespace } = change.key;
    const { store, labs, intent } = this.#parts;
    this.#relations.note(change);
    if (intent.note(change)) {
      labs.redeclared(namespace);
      this.#gatesSoon(namespace);
      const quiet = homelabs(store, namespace).map((key) => ({ key, afterMs: QUIET_MS }));
      return [...onObject(store, this.#relations, change), ...quiet];
    }
    labs.touch(namespace, isGuest(change.key) ? memberId(change.key) : undefined);
    const wakes = [...onObject(store, this.#relations, change), ...this.#gatesMoved(namespace)];
    return lowestGuestsFirst(labs.of(namespace), wakes);
  }

  /** A new look at an Omada site: if it shows anything new, whoever lives there looks. */
  #onSite(connection: SiteConnection): void {
    const { key, port } = connection;
    if (port.reach().is === "reachable" && port.sure()) connection.lastGood = this.#parts.clock.now();
    if (!this.#siteWatch.isNews(connection)) return;
    this.#parts.wake(key);
    for (const woken of networkKeys(this.#parts.store, key.namespace)) this.#parts.wake(woken);
  }

  /** What people declare comes in crowds: the gates are looked at once for all of it. */
  #gatesSoon(namespace: string): void {
    if (this.#soon.has(namespace)) return;
    this.#soon.add(namespace);
    this.#parts.clock.after(0, () => {
      this.#soon.delete(namespace);
      for (const { key, afterMs } of this.#gatesMoved(namespace)) this.#parts.wake(key, afterMs);
    });
  }

  #gatesMoved(namespace: string): readonly Wake[] {
    return this.#gates.moved(this.#parts.labs.of(namespace), this.#parts.store);
  }

  /** One guest feels or looks otherwise. */
  #onGuest(text: string): void {
    const key = keyOfText(text);
    const { store } = this.#parts;
    this.#parts.labs.touch(key.namespace, memberId(key));
    for (const { key: woken, afterMs } of [
      ...this.#gatesMoved(key.namespace),
      ...aroundGuest(store, key, store.get(key)),
    ])
      this.#parts.wake(woken, afterMs);
  }

  /** A new look at a cluster: whoever looks otherwise is looked at. */
  #onView(connection: Connection): void {
    const { namespace, name } = connection.key;
    if (this.#parts.connections.of(namespace, name) !== connection) {
      this.anew(namespace);
      return;
    }
    this.#parts.rivals.look(connection);
    const news = this.#views.news(connection);
    if (news.shrank) connection.permissionsStale = true;
    if (news.doubt) this.#parts.wake(connection.key);
    this.#resyncOne(connection);
    const changed = news.whole || news.vmids.size > 0;
    if (changed || news.doubt) this.#parts.labs.touch(namespace);
    if (news.looked) this.#looked(connection);
    if (!changed) return;
    if (news.whole) this.all(namespace);
    else this.#wakeVmids(connection, news);
  }

  /** A guest that is good in this look was so until now (H4). */
  #looked({ key: { namespace }, port }: Connection): void {
    const { labs, memory, clock } = this.#parts;
    labs.looked(namespace);
    const guests = port.seen()?.guests;
    for (const { object, power, health } of labs.of(namespace).members.values()) {
      const good = power === "Running" && health === "Healthy" && guests?.has(object.spec.vmid) === true;
      const record = good ? memory.peek(keyText(keyOf(object))) : undefined;
      if (record !== undefined) record.lastGood = clock.now();
    }
  }

  /** Now and then one guest's configuration is read again (O5). */
  #resyncOne({ key, port }: Connection): void {
    const { store } = this.#parts;
    const seen = port.seen();
    const placed = Map.groupBy(
      guestKeys(store, key.namespace),
      (guest) => seen?.guests.get(vmidOf(store.get(guest)) ?? -1)?.node,
    );
    for (const [node, guests] of placed) {
      const next = node === undefined ? undefined : this.#parts.resync.next(node, guests.map(keyText));
      if (next !== undefined) this.#parts.wake(keyOfText(next));
    }
  }

  #wakeVmids(connection: Connection, { vmids, since }: News): void {
    const { store } = this.#parts;
    const { namespace } = connection.key;
    const guests = guestKeys(store, namespace).filter((key) => {
      const vmid = vmidOf(store.get(key)) ?? -1;
      return vmids.has(vmid) && !this.#isOldNews(key, connection.port.seen()?.guests.get(vmid), since);
    });
    const wakes = guests.flatMap((key) => aroundGuest(store, key, store.get(key)));
    this.#parts.wake(connection.key);
    for (const { key, afterMs } of [...this.#gatesMoved(namespace), ...wakes]) this.#parts.wake(key, afterMs);
  }

  /** A pass has read the guest itself since the last look, and found what this one shows; or its task's end will say more. */
  #isOldNews(key: Key, guest: GuestSeen | undefined, since: number): boolean {
    const { memory, store } = this.#parts;
    const read = memory.peek(keyText(key))?.read;
    if (read !== undefined && read.sequence > since && faceOf(read) === faceOf(guest)) return true;
    const { task } = (store.get(key)?.status ?? {}) as Pick<GuestStatus, "task">;
    return task?.upid !== undefined && guest?.power !== "Running";
  }

  #portsOf(key: Key): readonly Connection["port"][] {
    return this.#parts.store
      .list("ProxmoxCluster", key.namespace)
      .flatMap((cluster) => this.#parts.connections.of(key.namespace, cluster.metadata.name)?.port ?? []);
  }

  /** Guests and Homelab go by something that moved outside of all of them. */
  guestsAndHomelab(namespace: string): void {
    this.#parts.labs.touch(namespace);
    for (const key of homelabs(this.#parts.store, namespace)) this.#parts.wake(key);
    for (const key of guestKeys(this.#parts.store, namespace)) this.#parts.wake(key);
  }

  /** Something that everybody goes by is other than before. */
  anew(namespace: string): void {
    this.#parts.labs.touch(namespace);
    this.all(namespace);
  }

  all(namespace: string): void {
    const keys = everything(this.#parts.store, namespace).map((key) => ({ key }));
    for (const { key } of lowestGuestsFirst(this.#parts.labs.of(namespace), keys)) this.#parts.wake(key);
  }
}
