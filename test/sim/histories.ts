import fc from "fast-check";
import { HistoryTally } from "../../hack/historyTally.ts";
import { calmDown, GUESTS_ONLY } from "./calm.ts";
import { History } from "./history.ts";
import { labShapes, type LabShape } from "./labShape.ts";
import { guestSteps, namesOf, perform, stepsOf, type Step, type Theme } from "./steps.ts";
import type { StepTable } from "./stepTable.ts";
import { judge } from "./witness.ts";

/** How many histories of each mix a run tells; `npm run test:long` sets it. */
const COUNT = Number(process.env["HISTORIES"] ?? 64);
/** Replays: the seed and the path that a failure prints. */
const SEED = process.env["HISTORY_SEED"];
const PATH = process.env["HISTORY_PATH"];

/** Histories of one kind: what they begin with, what may happen, and how they end. `S`: a world as the dice have it. */
export interface Course<S, H extends History> {
  readonly shapes: fc.Arbitrary<S>;
  readonly begin: (shape: S) => H;
  readonly steps: fc.Arbitrary<readonly Step[]>;
  readonly table: StepTable<H>;
  readonly calm: (history: H) => Promise<void>;
}

async function live<S, H extends History>(course: Course<S, H>, shape: S, steps: readonly Step[]): Promise<void> {
  const history = course.begin(shape);
  history.start();
  for (const step of steps) {
    await perform(history, step, course.table);
    if (history.violations.length > 0) break;
  }
  if (history.violations.length === 0) await course.calm(history);
  history.kill();
  if (history.violations.length > 0) throw new Error(`${history.violations.join("\n")}\n${history.describe()}`);
}

/** Tells random histories of one course as one test; a failure says how to replay it. */
export function tell<S, H extends History>(name: string, seed: number, course: Course<S, H>): void {
  describe("random histories", function () {
    this.timeout(0);
    it(`${name}: every rule holds at every call, then the lab converges and is silent`, async () => {
      const tally = new HistoryTally(name, COUNT);
      const property = fc.asyncProperty(course.shapes, course.steps, async (shape, steps) => {
        await live(course, shape, steps);
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

/** Histories of guests alone, of one mix of themes. */
export function histories(name: string, mix: readonly Theme[], seed: number): void {
  tell(name, seed, {
    shapes: labShapes({ layers: 4, guests: 6 }),
    begin: (shape: LabShape) => new History(shape, judge),
    steps: stepsOf(namesOf(mix), 24),
    table: guestSteps,
    calm: (history) => calmDown(history, GUESTS_ONLY),
  });
}
