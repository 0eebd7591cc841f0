import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../controller/base/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Time under the test's control. `advance` moves both clocks and runs what falls due, in order, letting promises settle
 * between two timers; `jump` moves the wall clock only, as an NTP step does.
 */
export class FakeClock implements Clock {
  #wall: number;
  #mono = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#mono;
  }

  /** Timers not yet run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; undefined when there is none. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.at - this.#mono);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#mono + Math.max(0, ms), order: this.#order++, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const cancel = this.after(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Moves time forward by `ms`, running due timers in order of time, then of their making. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.at <= end; timer = this.#next()) {
      this.#timers.delete(timer);
      this.#moveTo(timer.at);
      timer.run();
      await settle();
    }
    this.#moveTo(end);
  }

  /** Moves the wall clock only; may be negative. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /**
   * Moves both clocks without running any timer, as a suspended process finds them; what is due then runs at the next
   * `advance`.
   */
  freeze(ms: number): void {
    this.#moveTo(this.#mono + ms);
  }

  #moveTo(mono: number): void {
    if (mono <= this.#mono) return;
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    return first;
  }
}

/** Lets all promises that can settle without time or I/O settle. */
export async function settle(): Promise<void> {
  await turn();
  await turn();
}
