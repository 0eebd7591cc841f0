import { setTimeout as delay } from "node:timers/promises";
import { largeLab } from "./labs.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import { processUse } from "./processUse.ts";
import { watchFor } from "./rest.ts";
import type { Row, RowContext, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

/** After the last guest has settled, before anything is counted. */
const REST_SECONDS = 15;

interface Rest {
  readonly guests: number;
  readonly probed: boolean;
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

export const steadyRow: Row = {
  name: "steady",
  about: "a settled lab at rest: requests to Proxmox (aim ≤ 4 a poll, flat), silence otherwise, memory and CPU",
  sizes: [12, 100, 1000],
  windowSeconds: 60,
  async run(context) {
    const rests: Rest[] = [];
    for (const scene of scenesOf(context.sizes))
      for (let number = 1; number <= context.runs; number++) {
        context.say(`steady: ${titleOf(scene)} guests, run ${String(number)} of ${String(context.runs)} …`);
        const seconds = context.windowSeconds;
        const options = { audit: true, running: true, remade: (lab: Rendereds) => largeLab(lab, scene.guests, scene) };
        rests.push(await withLab(context, options, (lab) => rest(lab, scene, seconds)));
      }
    return resultOf(rests, context);
  },
};

type Rendereds = Parameters<typeof largeLab>[0];
type Scene = Pick<Rest, "guests" | "probed">;

/** Every size with guests that are up when they run, and the largest up to a thousand with a probe each. */
function scenesOf(sizes: readonly number[]): readonly Scene[] {
  const probed = sizes.filter((size) => size > 12 && size <= 1000).at(-1);
  return [
    ...sizes.map((guests) => ({ guests, probed: false })),
    ...(probed === undefined ? [] : [{ guests: probed, probed: true }]),
  ];
}

function titleOf({ guests, probed }: Scene): string {
  return probed ? `${String(guests)} probed` : String(guests);
}

/** Every guest runs before the lab is declared, so that nothing is to be done but to adopt them. */
async function rest(lab: LiveLab, { guests, probed }: Scene, seconds: number): Promise<Rest> {
  const { pid } = await lab.startController();
  await lab.applyLab();
  await lab.untilSettled(guests, 120 + guests / 2);
  await delay(REST_SECONDS * 1000, undefined, { signal: lab.signal });
  const before = processUse(pid);
  const seen = await watchFor(lab, seconds);
  const after = processUse(pid);
  const polls = seen.calls.filter((call) => call.path === "/cluster/resources").length;
  return {
    ...{ guests, probed },
    requestsPerMinute: (seen.calls.length * 60) / seen.seconds,
    requestsPerPoll: seen.calls.length / Math.max(1, polls),
    mutations: seen.mutations.length,
    writes: seen.writes.length,
    rssMiB: after.rssMiB,
    cpuSecondsPerMinute: ((after.cpuSeconds - before.cpuSeconds) * 60) / seen.seconds,
  };
}

function resultOf(rests: readonly Rest[], { sizes, windowSeconds }: RowContext): RowResult {
  const scenes = scenesOf(sizes);
  const of = ({ guests, probed }: Scene, figure: Exclude<keyof Rest, "probed">): number | undefined =>
    spreadOf(rests.filter((each) => each.guests === guests && each.probed === probed).map((each) => each[figure]))
      ?.median;
  const figures: readonly (readonly [Exclude<keyof Rest, "probed">, string, number])[] = [
    ["requestsPerMinute", "requests to Proxmox a minute", 1],
    ["requestsPerPoll", "requests a poll", 2],
    ["mutations", `mutations in ${String(windowSeconds)} s`, 0],
    ["writes", `writes to the API server in ${String(windowSeconds)} s`, 0],
    ["rssMiB", "resident memory, MiB", 0],
    ["cpuSecondsPerMinute", "CPU, s a minute", 2],
  ];
  const table = {
    title: "At rest, medians",
    columns: ["guests", ...scenes.map(titleOf)],
    rows: figures.map(([figure, name, digits]) => [
      name,
      ...scenes.map((scene) => decimals(of(scene, figure), digits)),
    ]),
  };
  return { row: "steady", tables: [table], data: { windowSeconds, rests } };
}
