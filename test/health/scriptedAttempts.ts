import type { Attempts } from "../../controller/health/attempt.ts";
import { ProbeFailure } from "../../controller/health/probeFailure.ts";

export interface Asked {
  readonly probe: string;
  readonly address: string;
  readonly deadlineMs: number;
  readonly time: number;
  readonly succeed: () => void;
  readonly fail: (message?: string, refused?: boolean) => void;
}

/** Attempts that a test answers: at once by `reply`, else when the test does. */
export class ScriptedAttempts {
  readonly asked: Asked[] = [];
  /** The most in flight at once: over all, and for one probe of one address. */
  mostAtOnce = 0;
  mostOfOne = 0;
  /** False: an aborted attempt goes on until the test answers it. */
  heedsAbort = true;
  reply: ((asked: Asked) => void) | undefined;
  readonly #open = new Map<string, number>();
  readonly #time: () => number;

  constructor(time: () => number) {
    this.#time = time;
  }

  readonly attempt: Attempts = (probe, address, deadlineMs, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const fail = (message = "no answer", refused = false): void => {
      reject(new ProbeFailure(refused, message));
    };
    const asked: Asked = {
      probe: probe.name,
      address,
      deadlineMs,
      time: this.#time(),
      fail,
      succeed: () => {
        resolve(undefined);
      },
    };
    this.asked.push(asked);
    this.#count(`${probe.name} ${address}`, 1);
    signal.addEventListener("abort", () => {
      if (this.heedsAbort) fail("aborted");
    });
    this.reply?.(asked);
    return promise.finally(() => {
      this.#count(`${probe.name} ${address}`, -1);
    });
  };

  /** The newest attempt of a probe. */
  last(probe: string): Asked {
    const found = this.asked.findLast((asked) => asked.probe === probe);
    if (found === undefined) throw new Error(`no attempt of ${probe}`);
    return found;
  }

  #count(id: string, by: number): void {
    this.#open.set(id, (this.#open.get(id) ?? 0) + by);
    const counts = [...this.#open.values()];
    this.mostOfOne = Math.max(this.mostOfOne, ...counts);
    this.mostAtOnce = Math.max(
      this.mostAtOnce,
      counts.reduce((sum, count) => sum + count, 0),
    );
  }
}
