import { setTimeout as delay } from "node:timers/promises";
import { containersOf } from "../demo/demoManifests.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import { seenSince, watchFor, type Seen } from "./rest.ts";
import type { Row, RowResult } from "./row.ts";

/** After the lab has settled, before anything is counted. */
const REST_SECONDS = 5;
const DEADLINE_SECONDS = 120;

interface Silence {
  readonly when: "settled" | "right after a restart";
  readonly seconds: number;
  readonly writes: readonly string[];
  readonly mutations: readonly string[];
}

export const silenceRow: Row = {
  name: "silence",
  about: "writes to the API server and mutations in a settled lab, also right after a restart (aim none)",
  windowSeconds: 60,
  async run(context) {
    const silences: Silence[] = [];
    for (let number = 1; number <= context.runs; number++) {
      context.say(`silence: run ${String(number)} of ${String(context.runs)} …`);
      const { windowSeconds } = context;
      silences.push(...(await withLab(context, { audit: true }, (lab) => listen(lab, windowSeconds))));
    }
    return resultOf(silences);
  },
};

async function listen(lab: LiveLab, seconds: number): Promise<readonly Silence[]> {
  const first = await lab.startController();
  await lab.applyLab();
  await lab.untilSettled(containersOf(lab.stage.lab).length, DEADLINE_SECONDS);
  await delay(REST_SECONDS * 1000, undefined, { signal: lab.signal });
  const settled = silenceOf("settled", await watchFor(lab, seconds));
  await first.stop();
  const begun = Date.now();
  await lab.startController();
  await delay(seconds * 1000, undefined, { signal: lab.signal });
  return [settled, silenceOf("right after a restart", await seenSince(lab, begun))];
}

function silenceOf(when: Silence["when"], { seconds, writes, mutations }: Seen): Silence {
  return {
    ...{ when, seconds },
    writes: writes.map(({ verb, resource, name = "" }) => `${verb} ${resource} ${name}`),
    mutations: mutations.map(({ method, path }) => `${method} ${path}`),
  };
}

function resultOf(silences: readonly Silence[]): RowResult {
  const table = {
    title: "Silence",
    columns: ["", "seconds", "writes to the API server", "mutations"],
    rows: silences.map(({ when, seconds, writes, mutations }) => [
      when,
      seconds.toFixed(0),
      String(writes.length),
      String(mutations.length),
    ]),
  };
  return { row: "silence", tables: [table], data: { silences } };
}
