import { setTimeout as delay } from "node:timers/promises";
import type { LiveLab } from "./liveLab.ts";
import { processUse } from "./processUse.ts";
import { watchFor } from "./rest.ts";

/** After the last guest has settled, before anything is counted. */
const REST_SECONDS = 15;

/** What a settled lab costs. */
export interface RestUse {
  /** Requests to Proxmox in a minute. */
  readonly requestsPerMinute: number;
  /** Requests of one look at everything. */
  readonly requestsPerPoll: number;
  /** Requests to Proxmox that were not a GET, in the whole window. */
  readonly mutations: number;
  /** Writes to the API server in the whole window, without those to the Lease. */
  readonly writes: number;
  /** At the end of the window. */
  readonly rssMiB: number;
  readonly cpuSecondsPerMinute: number;
}

/** Watches for so many seconds what the controller with this process id does at rest. */
export async function atRest(lab: LiveLab, pid: number, seconds: number): Promise<RestUse> {
  await delay(REST_SECONDS * 1000, undefined, { signal: lab.signal });
  const before = processUse(pid);
  const seen = await watchFor(lab, seconds);
  const after = processUse(pid);
  const polls = seen.calls.filter((call) => call.path === "/cluster/resources").length;
  return {
    requestsPerMinute: (seen.calls.length * 60) / seen.seconds,
    requestsPerPoll: seen.calls.length / Math.max(1, polls),
    mutations: seen.mutations.length,
    writes: seen.writes.length,
    rssMiB: after.rssMiB,
    cpuSecondsPerMinute: ((after.cpuSeconds - before.cpuSeconds) * 60) / seen.seconds,
  };
}

export type RestFigure = readonly [keyof RestUse, string, number];

/** What tables show of it, with the digits after the point. */
export function restFigures(windowSeconds: number): readonly RestFigure[] {
  return [
    ["requestsPerMinute", "requests to Proxmox a minute", 1],
    ["requestsPerPoll", "requests a poll", 2],
    ["mutations", `mutations in ${String(windowSeconds)} s`, 0],
    ["writes", `writes to the API server in ${String(windowSeconds)} s`, 0],
    ["rssMiB", "resident memory, MiB", 0],
    ["cpuSecondsPerMinute", "CPU, s a minute", 2],
  ];
}
