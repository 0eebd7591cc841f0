import type { Clock } from "../../base/clock.ts";

const APART_MS = 200;

/**
 * One write at a time, 200 ms after the one before (N4): more than a few at once overload a controller, which then says -1
 * (contract 1.9).
 */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #endedAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs it when it is its turn; one whose signal is aborted meanwhile is not begun. */
  take<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turn = async (): Promise<T> => {
      const rest = this.#endedAt + APART_MS - this.#clock.monotonic();
      if (rest > 0) await this.#clock.sleep(rest, signal);
      signal.throwIfAborted();
      try {
        return await run();
      } finally {
        this.#endedAt = this.#clock.monotonic();
      }
    };
    const mine = this.#last.then(turn, turn);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
