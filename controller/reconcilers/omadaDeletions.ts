import { OmadaController } from "../api/index.ts";
import { FINALIZER, isDeleting, type Stored } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { World } from "../runtime/store.ts";
import { readable } from "./objects.ts";

/** Kinds that may have something to delete in Omada. */
const KINDS: readonly string[] = ["NetworkSegment", "WirelessNetwork", "AccessRule", "ClientGroup"];
const WINDOW_MS = 600_000;

/** One object whose deletion took something out of Omada, and when by the wall clock. */
export interface OmadaDeletion {
  readonly what: string;
  readonly at: number;
}

/** What was deleted in Omada, for the brake (I8): by this process, and by earlier ones as the OmadaControllers have it. */
export class OmadaDeletions {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #sent = new Map<string, Map<string, number>>();

  constructor(world: World, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
  }

  /** Right before the call. `what`: the object, as "AccessRule/db". */
  note(namespace: string, what: string): void {
    const sent = this.#sent.get(namespace) ?? new Map<string, number>();
    this.#sent.set(namespace, sent.set(what, this.#clock.now()));
  }

  /** The call was certainly not carried out. */
  giveBack(namespace: string, what: string): void {
    this.#sent.get(namespace)?.delete(what);
  }

  /** All of the last ten minutes. */
  recent(namespace: string): readonly OmadaDeletion[] {
    const since = this.#clock.now() - WINDOW_MS;
    const all = new Map<string, number>();
    for (const { status } of readable(OmadaController, this.#world, namespace))
      for (const { what, time } of status?.deletions ?? []) all.set(what, Date.parse(time));
    for (const [what, at] of this.#sent.get(namespace) ?? []) all.set(what, at);
    return [...all].map(([what, at]) => ({ what, at })).filter(({ at }) => at > since);
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
