import type { Clock } from "../base/clock.ts";

/** The clock it is made from, until it is told that time has passed: what is timed by waiting has then waited. */
export class LeapClock implements Clock {
  readonly #clock: Clock;
  #leapt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Goes on as if `ms` more had passed. Timers are not affected. */
  leap(ms: number): void {
    this.#leapt += ms;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic() + this.#leapt;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  after(ms: number, run: () => void): () => void {
    return this.#clock.after(ms, run);
  }
}
