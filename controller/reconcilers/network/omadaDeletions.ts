import { OmadaController } from "../../api/index.ts";
import { FINALIZER, isDeleting, type Stored } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { World } from "../../runtime/store.ts";
import { readable } from "../shared/objects.ts";

/** Kinds that may have something to delete in Omada. */
const KINDS: readonly string[] = ["NetworkSegment", "WirelessNetwork", "AccessRule", "ClientGroup"];
const WINDOW_MS = 600_000;

/** One object whose deletion took something out of Omada, and when by the wall clock. */
export interface OmadaDeletion {
  readonly what: string;
  readonly at: number;
}

/**
 * What was deleted in Omada, for the brake (I8): by this process, and by earlier ones as the OmadaControllers have it. A
 * deletion is on record there before it is sent, so no restart forgets one.
 */
export class OmadaDeletions {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #sent = new Map<string, Map<string, number>>();
  /** Deletions that were on record and certainly not carried out, with when that was known. */
  readonly #undone = new Map<string, Map<string, number>>();

  constructor(world: World, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** It takes its place in the brake, before the call and right before it. `what`: "AccessRule/db". */
  note(namespace: string, what: string): void {
    put(this.#sent, namespace, what, this.#clock.now());
  }

  /** Whether its place is on record in the API server, so that a deletion may be sent. */
  isRecorded(namespace: string, what: string): boolean {
    return this.#onRecord(namespace).has(what);
  }

  /** The call was certainly not carried out. */
  giveBack(namespace: string, what: string): void {
    this.#sent.get(namespace)?.delete(what);
    put(this.#undone, namespace, what, this.#clock.now());
  }

  /** All of the last ten minutes. */
  recent(namespace: string): readonly OmadaDeletion[] {
    const since = this.#clock.now() - WINDOW_MS;
    const all = new Map([...this.#onRecord(namespace), ...(this.#sent.get(namespace) ?? [])]);
    return [...all].map(([what, at]) => ({ what, at })).filter(({ at }) => at > since);
  }

  #onRecord(namespace: string): ReadonlyMap<string, number> {
    const since = this.#clock.now() - WINDOW_MS;
    const undone = this.#undone.get(namespace);
    const records = readable(OmadaController, this.#world, namespace).flatMap(({ status }) => status?.deletions ?? []);
    const all = records.map(({ what, time }) => [what, Date.parse(time)] as const);
    return new Map(all.filter(([what, at]) => at > since && at > (undone?.get(what) ?? 0)));
  }

  /** Objects of the network on their way out, as "AccessRule/db". */
  held(namespace: string): readonly string[] {
    const going = (object: Stored): boolean =>
      isDeleting(object) && (object.metadata.finalizers ?? []).includes(FINALIZER);
    return KINDS.flatMap((kind) =>
      this.#world
        .list(kind, namespace)
        .filter(going)
        .map(({ metadata }) => `${kind}/${metadata.name}`),
    );
  }
}

function put(places: Map<string, Map<string, number>>, namespace: string, what: string, at: number): void {
  const known = places.get(namespace) ?? new Map<string, number>();
  places.set(namespace, known.set(what, at));
}
