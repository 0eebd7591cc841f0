import type { Clock } from "../base/clock.ts";
import { gateTimeoutMs, isReleased } from "../plan/gate.ts";
import { bootIdOf, type Lab } from "../plan/lab.ts";
import { Stopwatch } from "./stopwatch.ts";

/** How long each layer has been released in this boot; a gate's timeout goes by it (L3). */
export class Releases {
  readonly #stopwatch: Stopwatch;

  constructor(clock: Clock) {
    this.#stopwatch = new Stopwatch(clock);
  }

  /** Fills `into` with the milliseconds of each released layer, lowest first, since a lower gate may go by its own time. */
  measure(lab: Lab, into: Map<string, number>, leads: boolean): void {
    const rank = (name: string): number => lab.order.rank(name) ?? Infinity;
    const names = [...lab.layers.keys()].sort((a, b) => rank(a) - rank(b));
    for (const name of names) {
      const key = `${lab.namespace}/${name}`;
      if (!isReleased(lab, name)) this.#stopwatch.pause(key);
      else {
        const counting = leads && isInReach(lab, name);
        into.set(name, this.#stopwatch.run(key, labelOf(lab, name), { counting, resumeMs: resumeMs(lab, name) }));
      }
    }
  }
}

/** Its nodes and their Proxmox answer, and nothing keeps its guests from being started. */
function isInReach(lab: Lab, name: string): boolean {
  const members = lab.byLayer.get(name) ?? [];
  const held = lab.homelab?.spec.suspend === true || lab.another !== undefined;
  return !held && members.every((member) => member.power !== "Unknown");
}

/** One run of the timeout: one boot, one generation of the layer and of its members (L3). */
function labelOf(lab: Lab, name: string): string {
  const generations = (lab.byLayer.get(name) ?? []).map(
    (member) => `${member.id}:${member.object.metadata.generation}`,
  );
  return [bootIdOf(lab), String(lab.layers.get(name)?.metadata.generation ?? 0), ...generations].join(" ");
}

/** What an earlier process has counted, clamped to the timer's length (L10). */
function resumeMs(lab: Lab, name: string): number {
  const start = lab.layers.get(name)?.status?.lastStart;
  if (start?.bootID !== bootIdOf(lab)) return 0;
  const counted = lab.now - Date.parse(start.countTime ?? start.releaseTime);
  return Math.min(Math.max(0, counted), gateTimeoutMs(lab, name));
}
