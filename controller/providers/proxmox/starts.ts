/** Tolerance for the same start: `Date` and `uptime` are whole seconds and sampled apart. */
const SAME_MS = 5_000;

interface Start {
  readonly startTime: number;
  readonly monotonic: number;
}

/** One look at something that has been up for `uptime` seconds. */
export interface UpSeen {
  readonly uptime: number;
  /** Clock of the node, milliseconds. */
  readonly time: number;
  readonly monotonic: number;
}

/**
 * Start times that don't jitter: the same start keeps its first value, also when the node's clock is set meanwhile
 * (then the monotonic clock agrees) or our own process slept (then the node's clock does).
 */
export class Starts {
  readonly #known = new Map<string, Start>();

  /** Start of what `key` names, milliseconds on the node's clock. */
  seen(key: string, up: UpSeen): number {
    const startTime = up.time - up.uptime * 1000;
    const monotonic = up.monotonic - up.uptime * 1000;
    const known = this.#known.get(key);
    const same = known !== undefined && (near(known.startTime, startTime) || near(known.monotonic, monotonic));
    const kept = same ? known.startTime : startTime;
    this.#known.set(key, { startTime: kept, monotonic });
    return kept;
  }

  /** It does not run: the next start is another one. */
  ended(key: string): void {
    this.#known.delete(key);
  }
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_MS;
}
