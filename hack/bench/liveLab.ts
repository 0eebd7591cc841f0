import { join } from "node:path";
import { releaseCommand } from "../bundle.ts";
import { startController, type ControllerProcess } from "../demo/controllerProcess.ts";
import { NAMESPACE } from "../demo/demoManifests.ts";
import { Observer } from "../demo/observer.ts";
import { raiseStage, type Stage, type StageOptions } from "../demo/stage.ts";
import { Witness } from "../demo/witness.ts";
import { apply, type Rendered } from "../manifests.ts";
import { applyMany } from "./applyMany.ts";
import type { RowContext } from "./row.ts";
import { Tally } from "./tally.ts";

/** A lab on a real API server and a simulated host, with the controller as a process of its own. */
export interface LiveLab {
  readonly stage: Stage;
  readonly observer: Observer;
  readonly witness: Witness;
  /** The containers, counted. */
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Begins one more controller, with its shipped defaults. */
  startController(): Promise<ControllerProcess>;
  /** Applies the lab, or that part of it, the go switch last and many containers at once. */
  applyLab(part?: (object: Rendered) => boolean): Promise<void>;
  /** Resolves once it holds; rejects when the time is over, or a controller or the API server ends before. */
  until(what: string, holds: () => boolean, seconds: number): Promise<void>;
  /** Resolves once the Homelab and so many containers are settled. */
  untilSettled(containers: number, seconds: number): Promise<void>;
}

export type LabOptions = Omit<StageOptions, "emptyHost" | "say" | "signal"> & { readonly emptyHost?: boolean };

type LabContext = Pick<RowContext, "program" | "progress" | "signal">;

/** Brings a lab up, nothing applied and no controller, and takes it away when `use` has ended. */
export async function withLab<T>(
  { program, progress, signal }: LabContext,
  options: LabOptions,
  use: (lab: LiveLab) => Promise<T>,
): Promise<T> {
  const close: (() => Promise<void>)[] = [];
  try {
    const stage = await raiseStage({ emptyHost: false, ...options, signal, say: () => undefined }, close);
    const { observer, tally } = watch(stage, close);
    const broken = [brokenBy(stage.controlPlane)];
    const until: LiveLab["until"] = (what, holds, seconds) =>
      Promise.race([...broken, held(observer, holds, within(signal, what, seconds))]);
    const log = join(stage.controlPlane.logDirectory, "controller.log");
    return await use({
      ...{ stage, observer, tally, signal, until },
      witness: new Witness(stage.simulator),
      startController: async () => {
        const controller = await startController(stage.controlPlane, log, releaseCommand(program));
        close.push(() => controller.stop());
        broken.push(brokenBy(controller));
        return controller;
      },
      applyLab: (part = () => true) => applyLab(stage, part, progress),
      untilSettled: (count, seconds) => {
        const settled = (): boolean => {
          progress(`${String(tally.count("Settled"))} of ${String(count)} settled`);
          return tally.count("Settled") >= count && isSettled(observer);
        };
        return until("the lab settled", settled, seconds);
      },
    });
  } finally {
    for (const end of close.toReversed()) await end();
  }
}

function watch(stage: Stage, close: (() => Promise<void>)[]): { observer: Observer; tally: Tally } {
  const observer = new Observer(stage.controlPlane.kubeconfigPath);
  const tally = new Tally(observer);
  const over = new AbortController();
  const watching = observer.run(over.signal);
  close.push(async () => {
    over.abort();
    await watching;
  });
  return { observer, tally };
}

function brokenBy({ broken }: { readonly broken: Promise<string> }): Promise<never> {
  const failing = broken.then((line) => {
    throw new Error(line);
  });
  failing.catch(() => undefined);
  return failing;
}

async function applyLab(
  { controlPlane, pointedLab }: Stage,
  part: (object: Rendered) => boolean,
  progress: RowContext["progress"],
): Promise<void> {
  const of = (is: (kind: string) => boolean): readonly Rendered[] =>
    pointedLab.filter((object) => is(object.kind) && part(object));
  await apply(
    controlPlane,
    of((kind) => kind !== "Container" && kind !== "Homelab"),
    NAMESPACE,
  );
  const containers = of((kind) => kind === "Container");
  await applyMany(controlPlane.kubeconfigPath, containers, progress);
  await apply(
    controlPlane,
    of((kind) => kind === "Homelab"),
    NAMESPACE,
  );
}

function isSettled(observer: Observer): boolean {
  const ready = observer.homelab?.status?.conditions?.find((condition) => condition.type === "Ready");
  return ready?.reason === "Settled";
}

function within(signal: AbortSignal, what: string, seconds: number): { signal: AbortSignal; late: Error } {
  return {
    signal: AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]),
    late: new Error(`not within ${String(seconds)} s: ${what}`),
  };
}

async function held(
  observer: Observer,
  holds: () => boolean,
  limit: { readonly signal: AbortSignal; readonly late: Error },
): Promise<void> {
  try {
    while (!holds()) await observer.nextChange(limit.signal);
  } catch (error) {
    throw limit.signal.aborted ? limit.late : error;
  }
}
