import { setTimeout as delay } from "node:timers/promises";
import { containersOf } from "../demo/demoManifests.ts";
import { largeLab } from "./labs.ts";
import { withLab, type LiveLab } from "./liveLab.ts";
import { seenSince } from "./rest.ts";
import type { Row, RowResult } from "./row.ts";
import { spreadOf } from "./statistics.ts";
import { decimals } from "./table.ts";

/** One guest in so many was stopped by a person while the controller was away. */
const ONE_IN = 10;
const DEADLINE_SECONDS = 120;
/** Later writes would be seen by then. */
const AFTER_SECONDS = 10;

interface Start {
  readonly guests: number;
  /** Statuses that had to change. */
  readonly wrong: number;
  /** Seconds from the start of the process until the last of them was right. */
  readonly seconds: number;
  /** Writes to statuses of containers; those beyond `wrong` changed nothing or too little. */
  readonly writes: number;
}

export const startRow: Row = {
  name: "start",
  about:
    "a controller starts in a settled lab in which a tenth changed meanwhile: every status right (aim < 5 s at 1,000)",
  sizes: [12, 100, 1000],
  async run(context) {
    const starts: Start[] = [];
    for (const guests of context.sizes) {
      context.say(`start: ${String(guests)} guests …`);
      const remade = (lab: Parameters<typeof largeLab>[0]): typeof lab => largeLab(lab, guests, { probed: false });
      const measured = await withLab(context, { audit: true, running: true, remade }, (lab) =>
        startOften(lab, guests, context.runs),
      );
      starts.push(...measured);
      context.say(`start: ${measured.map(({ seconds }) => `${decimals(seconds, 2)} s`).join(", ")}`);
    }
    return resultOf(starts, context.sizes);
  },
};

async function startOften(lab: LiveLab, guests: number, runs: number): Promise<readonly Start[]> {
  const starts: Start[] = [];
  let controller = await lab.startController();
  await lab.applyLab();
  await lab.untilSettled(guests, 120 + guests / 2);
  const vmids = containersOf(lab.stage.lab).map(({ spec }) => spec.vmid);
  const touched = vmids.filter((_, at) => at % ONE_IN === 0);
  for (let run = 1; run <= runs; run++) {
    await controller.stop();
    await all(lab, touched, "stop");
    await delay(AFTER_SECONDS * 1000, undefined, { signal: lab.signal });
    const begun = Date.now();
    controller = await lab.startController();
    const isRight = (): boolean => lab.tally.count("StoppedByHand") === touched.length;
    await lab.until("every status right", isRight, DEADLINE_SECONDS);
    const seconds = (Date.now() - begun) / 1000;
    await delay(AFTER_SECONDS * 1000, undefined, { signal: lab.signal });
    const { writes } = await seenSince(lab, begun);
    const own = writes.filter(({ resource }) => resource === "containers/status").length;
    starts.push({ guests, wrong: touched.length, seconds, writes: own });
    await all(lab, touched, "start");
    await lab.until("all run again", () => lab.tally.count("Settled") === guests, DEADLINE_SECONDS);
  }
  return starts;
}

/** As a person, through tasks. */
async function all({ stage }: LiveLab, vmids: readonly number[], what: "start" | "stop"): Promise<void> {
  for (const vmid of vmids)
    await stage.simulator.admin("POST", `/guests/${String(vmid)}/${what}`, { user: "root@pam" });
}

function resultOf(starts: readonly Start[], sizes: readonly number[]): RowResult {
  const of = (guests: number, figure: keyof Start): number | undefined =>
    spreadOf(starts.filter((each) => each.guests === guests).map((each) => each[figure]))?.median;
  const figures: readonly (readonly [keyof Start, string, number])[] = [
    ["seconds", "from the process' start to every status right, s", 2],
    ["wrong", "statuses that had to change", 0],
    ["writes", "status writes", 0],
  ];
  const table = {
    title: "A controller starts, medians",
    columns: ["guests", ...sizes.map(String)],
    rows: figures.map(([figure, name, digits]) => [name, ...sizes.map((size) => decimals(of(size, figure), digits))]),
  };
  return { row: "start", tables: [table], data: { starts } };
}
