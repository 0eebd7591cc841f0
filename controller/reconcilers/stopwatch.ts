import type { Clock } from "../base/clock.ts";

interface Run {
  readonly label: string;
  elapsed: number;
  at: number;
  counting: boolean;
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

  /** Milliseconds so far. `resumeMs`: where a run begins that an earlier process has begun. */
  run(key: string, label: string, how: { readonly counting: boolean; readonly resumeMs?: number }): number {
    const now = this.#clock.monotonic();
    const known = this.#runs.get(key);
    if (known?.label !== label) {
      const elapsed = Math.max(0, how.resumeMs ?? 0);
      this.#runs.set(key, { label, elapsed, at: now, counting: how.counting });
      return elapsed;
    }
    if (known.counting) known.elapsed += now - known.at;
    known.at = now;
    known.counting = how.counting;
    return known.elapsed;
  }

  stop(key: string): void {
    this.#runs.delete(key);
  }
}
