import { join } from "node:path";
import { startController, type ControllerProcess } from "../demo/controllerProcess.ts";
import { Observer } from "../demo/observer.ts";
import { raiseStage, type Stage, type StageOptions } from "../demo/stage.ts";
import { Witness } from "../demo/witness.ts";

/** The seed's lab on a real API server and a simulated host, with the controller as a process of its own. */
export interface LiveLab {
  readonly stage: Stage;
  readonly controller: ControllerProcess;
  readonly observer: Observer;
  readonly witness: Witness;
  readonly signal: AbortSignal;
  /** Resolves once it holds; rejects when the time is over, or the controller or the API server ends before. */
  until(what: string, holds: () => boolean, seconds: number): Promise<void>;
}

type LabOptions = Omit<StageOptions, "emptyHost" | "say">;

/** Brings the lab up, all guests down and nothing applied, and takes it away when `use` has ended. */
export async function withLab<T>(options: LabOptions, use: (lab: LiveLab) => Promise<T>): Promise<T> {
  const { signal } = options;
  const close: (() => Promise<void>)[] = [];
  try {
    const stage = await raiseStage({ ...options, emptyHost: false, say: () => undefined }, close);
    const controller = await startController(
      stage.controlPlane,
      join(stage.controlPlane.logDirectory, "controller.log"),
    );
    close.push(() => controller.stop());
    const observer = watch(stage, close);
    const broken = Promise.race([controller.broken, stage.controlPlane.broken]).then((line) => {
      throw new Error(line);
    });
    broken.catch(() => undefined);
    const until: LiveLab["until"] = (what, holds, seconds) =>
      Promise.race([broken, held(observer, holds, within(signal, what, seconds))]);
    return await use({ stage, controller, observer, witness: new Witness(stage.simulator), signal, until });
  } finally {
    for (const end of close.toReversed()) await end();
  }
}

function watch(stage: Stage, close: (() => Promise<void>)[]): Observer {
  const observer = new Observer(stage.controlPlane.kubeconfigPath);
  const over = new AbortController();
  const watching = observer.run(over.signal);
  close.push(async () => {
    over.abort();
    await watching;
  });
  return observer;
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
