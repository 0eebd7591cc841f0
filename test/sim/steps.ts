import fc from "fast-check";
import { clusterSteps } from "./clusterSteps.ts";
import { courseSteps } from "./courseSteps.ts";
import { deletionSteps } from "./deletionSteps.ts";
import type { History } from "./history.ts";
import { hostSteps } from "./hostSteps.ts";
import { intentSteps } from "./intentSteps.ts";
import { kubernetesSteps } from "./kubernetesSteps.ts";
import { oddSteps } from "./oddSteps.ts";
import { peopleSteps } from "./peopleSteps.ts";
import { processSteps } from "./processSteps.ts";
import type { StepTable } from "./stepTable.ts";
import { settle } from "../fakes/clock.ts";

/** One thing that happens, and how long nothing else does. The numbers choose what it happens to. */
export interface Step {
  readonly act: string;
  readonly a: number;
  readonly b: number;
  readonly waitMs: number;
}

const all = {
  intent: intentSteps,
  people: peopleSteps,
  hosts: hostSteps,
  faults: clusterSteps,
  deletions: deletionSteps,
  process: processSteps,
  kubernetes: kubernetesSteps,
  odd: oddSteps,
  courses: courseSteps,
} satisfies Record<string, StepTable>;

export type Theme = keyof typeof all;

/** Every step of the guests' courses, by name. */
export const guestSteps: StepTable = new Map(Object.values(all).flatMap((steps) => [...steps]));

/** Names of the steps of the given themes; a theme named twice comes twice as often. */
export function namesOf(themes: readonly Theme[]): readonly string[] {
  return themes.flatMap((theme) => [...all[theme].keys()]);
}

/** Steps of these names, with pauses between them. */
export function stepsOf(names: readonly string[], most: number): fc.Arbitrary<readonly Step[]> {
  const step = fc.record({
    act: fc.constantFrom(...names),
    a: fc.nat(30),
    b: fc.nat(1000),
    waitMs: fc.oneof(
      { weight: 3, arbitrary: fc.nat(3_000) },
      { weight: 3, arbitrary: fc.nat(20_000) },
      { weight: 1, arbitrary: fc.nat(120_000) },
    ),
  });
  return fc.array(step, { maxLength: most, size: "max" });
}

export async function perform<H extends History>(history: H, step: Step, table: StepTable<H>): Promise<void> {
  const run = table.get(step.act);
  if (run === undefined) throw new Error(`there is no step ${step.act}`);
  // What was decided before is sent before: a person's word falls between two acts, not into one.
  for (let turn = 0; turn < 10; turn++) await settle();
  const told = await run(history, step.a, step.b);
  if (told !== undefined) history.tell(`${step.act} ${told}`);
  await history.pass(step.waitMs);
}
