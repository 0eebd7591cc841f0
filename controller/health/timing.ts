import type { Probe } from "./port.ts";

/** The numbers of a probe with their defaults filled in. Milliseconds. */
export interface Timing {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** While a guest is Starting its probes run at least this often (H2). */
const STARTING_PERIOD_MS = 1_000;
/** A port that refuses answers at once and costs nothing; a service that is about to listen is seen that much sooner (H2). */
const REFUSED_PERIOD_MS = 250;
/** A period is shortened at random by up to this part, so that probes of one period drift apart (H1). */
const JITTER = 0.2;

export function timingOf(probe: Probe): Timing {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1_000,
    periodMs: (probe.periodSeconds ?? 5) * 1_000,
    timeoutMs: (probe.timeoutSeconds ?? 2) * 1_000,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}

/** How pressing the next attempt is. Refused: while Starting, and the last attempt was refused. */
export type Pace = "Usual" | "Starting" | "Refused";

/** From the beginning of one attempt to the next: never longer than declared. `random` is in [0, 1). */
export function intervalMs(timing: Timing, pace: Pace, random: number): number {
  return periodMs(timing, pace) * (1 - JITTER * random);
}

/**
 * When the first attempt runs. A new start waits its `initialDelaySeconds`; a resumed one has done so under an earlier
 * process, and is only spread so that a restarted controller does not open all its sockets at once.
 */
export function firstDelayMs(timing: Timing, resumed: boolean, random: number): number {
  return resumed ? periodMs(timing, "Starting") * random : timing.initialDelayMs;
}

function periodMs({ periodMs: declared }: Timing, pace: Pace): number {
  switch (pace) {
    case "Usual":
      return declared;
    case "Starting":
      return Math.min(declared, STARTING_PERIOD_MS);
    case "Refused":
      return Math.min(declared, REFUSED_PERIOD_MS);
  }
}
