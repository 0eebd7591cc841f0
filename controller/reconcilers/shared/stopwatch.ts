import type { Clock } from "../../base/clock.ts";

interface Run {
  readonly label: string;
  elapsed: number;
  at: number;
  counting: boolean;
}

export interface Counting {
  /** Whether time passes for it from now on. */
  readonly counting: boolean;
  /** Milliseconds an earlier process had counted; only the first run of a key begins there (L10). */
  readonly resumeMs: () => number;
}

/**
 * Durations of things that go on, by key, on the monotonic clock. A label names which run of the key it is: a new label
 * begins anew. Time while nothing is counted (Proxmox away, the lease not held) is left out.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #runs = new Map<string, Run>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds so far. */
  run(key: string, label: string, { counting, resumeMs }: Counting): number {
    const at = this.#clock.monotonic();
    const known = this.#runs.get(key);
    if (known?.label !== label) {
      const elapsed = known === undefined ? Math.max(0, resumeMs()) : 0;
      this.#runs.set(key, { label, elapsed, at, counting });
      return elapsed;
    }
    if (known.counting) known.elapsed += at - known.at;
    known.at = at;
    known.counting = counting;
    return known.elapsed;
  }

  /** It does not go on now; the same label goes on where it was. */
  pause(key: string): void {
    const known = this.#runs.get(key);
    if (known?.counting !== true) return;
    const at = this.#clock.monotonic();
    known.elapsed += at - known.at;
    known.at = at;
    known.counting = false;
  }
}
