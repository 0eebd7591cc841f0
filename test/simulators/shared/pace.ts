/** Time for the simulator: seconds of a simulated thing become milliseconds of ours, and pauses can be broken off. */
export class Pace {
  readonly speed: number;
  /** How many seconds the clocks of the nodes are ahead of ours. */
  skewSeconds = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  now(): number {
    return Date.now();
  }

  /** Whole seconds since the epoch, on the nodes' clocks. */
  seconds(): number {
    return Math.floor(Date.now() / 1000) + this.skewSeconds;
  }

  /** Milliseconds that so many simulated seconds take. */
  ms(seconds: number): number {
    return (seconds * 1000) / this.speed;
  }

  /** Waits that many simulated seconds; rejects with the signal's reason when it is broken off. */
  pause(seconds: number, signal?: AbortSignal): Promise<void> {
    return pauseMs(this.ms(seconds), signal);
  }
}

/** Waits real milliseconds; rejects with the signal's reason when it is broken off. */
export function pauseMs(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
