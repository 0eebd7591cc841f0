import type { Homelab } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { Change } from "../../runtime/store.ts";

const QUIET_MS = 2_000;
const AT_LAST_MS = 30_000;

/** Since when what people declare has been quiet, by namespace (L2). */
export class Intent {
  readonly #clock: Clock;
  /** Monotonic milliseconds of the last change. */
  readonly #told = new Map<string, number>();
  /** Since when the waiting counts: cache sync, or the appearance of the Homelab. */
  readonly #since = new Map<string, { readonly uid: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the change is a person's: a new or deleted object, a new generation. */
  note({ key: { namespace }, before, after }: Change): boolean {
    if (before !== undefined && before.metadata.generation === after?.metadata.generation) return false;
    this.#told.set(namespace, this.#clock.monotonic());
    return true;
  }

  isQuiet(namespace: string, homelab: Homelab | undefined): boolean {
    if (homelab === undefined) return false;
    const now = this.#clock.monotonic();
    const { uid } = homelab.metadata;
    const known = this.#since.get(namespace);
    const since = known?.uid === uid ? known : { uid, at: now };
    this.#since.set(namespace, since);
    const told = this.#told.get(namespace) ?? since.at;
    return now - Math.max(told, since.at) >= QUIET_MS || now - since.at >= AT_LAST_MS;
  }
}
