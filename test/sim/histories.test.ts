import fc from "fast-check";
import { labShapes, type LabShape } from "./labShape.ts";
import { calmDown } from "./calm.ts";
import { History } from "./history.ts";
import { perform, stepsOf, type Step, type Theme } from "./steps.ts";
import { judge } from "./witness.ts";

/** How many histories a run tells; `npm run test:long` sets it. */
const COUNT = Number(process.env["HISTORIES"] ?? 320);
/** Replays: the seed and the path that a failure prints. */
const SEED = process.env["HISTORY_SEED"];
const PATH = process.env["HISTORY_PATH"];

const themes: readonly (readonly [string, readonly Theme[]])[] = [
  ["people write and touch", ["intent", "people"]],
  ["hosts, servers and processes fail", ["hosts", "faults", "process", "people"]],
  ["objects come, go and are renamed", ["deletions", "deletions", "intent", "people", "process"]],
  ["everything happens", ["intent", "people", "hosts", "faults", "deletions", "process"]],
];

async function live(shape: LabShape, steps: readonly Step[]): Promise<void> {
  const history = new History(shape, judge);
  history.start();
  for (const step of steps) {
    await perform(history, step);
    if (history.violations.length > 0) break;
  }
  if (history.violations.length === 0) await calmDown(history);
  history.kill();
  if (history.violations.length > 0) throw new Error(`${history.violations.join("\n")}\n${history.describe()}`);
}

describe("random histories", function () {
  this.timeout(0);
  for (const [index, [name, mix]] of themes.entries()) {
    it(`${name}: every rule holds at every call, then the lab converges and is silent`, async () => {
      const property = fc.asyncProperty(labShapes({ layers: 4, guests: 6 }), stepsOf(mix, 24), live);
      const seed = SEED === undefined ? index + 20261 : Number(SEED);
      const result = await fc.check(property, {
        numRuns: Math.ceil(COUNT / themes.length),
        seed,
        ...(PATH === undefined ? {} : { path: PATH }),
        endOnFailure: process.env["HISTORY_SHRINK"] !== "1",
      });
      if (!result.failed) return;
      const shape = JSON.stringify(result.counterexample);
      throw new Error(
        `HISTORY_SEED=${result.seed} HISTORY_PATH=${result.counterexamplePath ?? ""} replays it (test "${name}")\n` +
          `${result.errorInstance instanceof Error ? result.errorInstance.message : ""}\n${shape}`,
      );
    });
  }
});
