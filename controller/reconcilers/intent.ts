import type { Homelab } from "../api/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Change } from "../runtime/store.ts";

const QUIET_MS = 2_000;
const AT_LAST_MS = 30_000;

/** Since when what people declare has been quiet, by namespace (L2). */
export class Intent {
  readonly #clock: Clock;
  readonly #changed = new Map<string, number>();
  /** Since when the waiting counts: cache sync, or the appearance of the Homelab. */
  readonly #since = new Map<string, { readonly uid: string | undefined; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when the change is a person's: a new or deleted object, a new generation. */
  note(change: Change): boolean {
    const { before, after } = change;
    const intent =
      before === undefined || after === undefined || before.metadata.generation !== after.metadata.generation;
    if (intent) this.#changed.set(change.key.namespace, this.#clock.monotonic());
    return intent;
  }

  isQuiet(namespace: string, homelab: Homelab | undefined): boolean {
    const now = this.#clock.monotonic();
    const since = this.#since.get(namespace);
    if (since?.uid !== homelab?.metadata.uid || since === undefined) {
      this.#since.set(namespace, { uid: homelab?.metadata.uid, at: now });
      return false;
    }
    return now - (this.#changed.get(namespace) ?? since.at) >= QUIET_MS || now - since.at >= AT_LAST_MS;
  }
}
