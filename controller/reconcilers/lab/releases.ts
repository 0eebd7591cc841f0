import type { Clock } from "../../base/clock.ts";
import { gateTimeoutMs, isBlind, isReleased } from "../../plan/layers/gate.ts";
import { bootIdOf, type Lab } from "../../plan/lab.ts";
import { Stopwatch } from "../shared/stopwatch.ts";

/** How long each layer has been released in this boot; a gate's timeout goes by it (L3). */
export class Releases {
  readonly #stopwatch: Stopwatch;

  constructor(clock: Clock) {
    this.#stopwatch = new Stopwatch(clock);
  }

  /** Fills `into` with the milliseconds of each released layer, lowest first, since a lower gate may go by its own time. */
  measure(lab: Lab, into: Map<string, number>, how: Measuring): void {
    const rank = (name: string): number => lab.order.rank(name) ?? Infinity;
    for (const name of [...lab.layers.keys()].sort((a, b) => rank(a) - rank(b))) {
      const key = `${lab.namespace}/${name}`;
      if (!isReleased(lab, name)) {
        this.#stopwatch.pause(key);
        continue;
      }
      const counting = how.leads && !isHeld(lab) && !isBlind(lab, name);
      const label = `${bootIdOf(lab)} ${how.generations.get(name) ?? ""}`;
      into.set(name, this.#stopwatch.run(key, label, { counting, resumeMs: () => resumeMs(lab, name) }));
    }
  }
}

export interface Measuring {
  /** Whether we may act: time without the lease does not count (L3). */
  readonly leads: boolean;
  /** By layer, the generations of it and its members: with another one its timeout begins anew (L3). */
  readonly generations: ReadonlyMap<string, string>;
}

/** Nothing may be started at all. */
function isHeld(lab: Lab): boolean {
  return lab.homelab?.spec.suspend === true || lab.another !== undefined;
}

/** What an earlier process has counted, clamped to the timer's length (L10). */
function resumeMs(lab: Lab, name: string): number {
  const start = lab.layers.get(name)?.status?.lastStart;
  if (start?.bootID !== bootIdOf(lab)) return 0;
  const counted = lab.now - Date.parse(start.countTime ?? start.releaseTime);
  return Math.min(Math.max(0, counted), gateTimeoutMs(lab, name));
}
