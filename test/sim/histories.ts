import fc from "fast-check";
import { HistoryTally } from "../../hack/historyTally.ts";
import { labShapes, type LabShape } from "./labShape.ts";
import { calmDown } from "./calm.ts";
import { History } from "./history.ts";
import { perform, stepsOf, type Step, type Theme } from "./steps.ts";
import { judge } from "./witness.ts";

/** How many histories of each mix a run tells; `npm run test:long` sets it. */
const COUNT = Number(process.env["HISTORIES"] ?? 64);
/** Replays: the seed and the path that a failure prints. */
const SEED = process.env["HISTORY_SEED"];
const PATH = process.env["HISTORY_PATH"];

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

/** Tells random histories of one mix as one test; a failure says how to replay it. */
export function histories(name: string, mix: readonly Theme[], seed: number): void {
  describe("random histories", function () {
    this.timeout(0);
    it(`${name}: every rule holds at every call, then the lab converges and is silent`, async () => {
      const tally = new HistoryTally(name, COUNT);
      const property = fc.asyncProperty(labShapes({ layers: 4, guests: 6 }), stepsOf(mix, 24), async (shape, steps) => {
        await live(shape, steps);
        tally.count();
      });
      const result = await fc.check(property, {
        numRuns: COUNT,
        seed: SEED === undefined ? seed : Number(SEED),
        ...(PATH === undefined ? {} : { path: PATH }),
        endOnFailure: process.env["HISTORY_SHRINK"] !== "1",
      });
      if (!result.failed) return;
      const why = result.errorInstance instanceof Error ? result.errorInstance.message : "";
      throw new Error(`HISTORY_SEED=${result.seed} HISTORY_PATH=${result.counterexamplePath ?? ""} replays it\n${why}`);
    });
  });
}
