import type { Clock } from "../../base/clock.ts";
import type { GuestMemory } from "../lab/guestMemory.ts";

const PERIOD_MS = 60_000;

/**
 * Configurations are read again although nothing seems to have changed: one guest a node and minute, the oldest reading
 * first. The cycle lengthens with the number of guests, the cost stays flat (O5).
 */
export class Resync {
  readonly #clock: Clock;
  readonly #memory: GuestMemory;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock, memory: GuestMemory) {
    this.#clock = clock;
    this.#memory = memory;
  }

  /** The guest of this node whose turn it is, its old reading marked stale; undefined while it is nobody's. */
  next(node: string, keys: readonly string[]): string | undefined {
    const now = this.#clock.monotonic();
    const last = this.#last.get(node);
    if (last === undefined) this.#last.set(node, now);
    if (last === undefined || now - last < PERIOD_MS) return undefined;
    this.#last.set(node, now);
    const read = keys.flatMap((key) => {
      const config = this.#memory.peek(key)?.config;
      return config === undefined ? [] : [{ key, config }];
    });
    const oldest = read.sort((a, b) => a.config.at - b.config.at)[0];
    if (oldest !== undefined) oldest.config.stale = true;
    return oldest?.key;
  }
}
