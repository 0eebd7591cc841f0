import { setTimeout as delay } from "node:timers/promises";
import type { ControllerProcess } from "./controllerProcess.ts";
import type { Observer } from "./observer.ts";
import { Unmet, type Play, type Step } from "./play.ts";
import type { Progress } from "./progress.ts";
import type { Screen } from "./screen.ts";
import type { NetworkStage } from "./stage.ts";
import { SiteWitness } from "./siteWitness.ts";
import { Witness } from "./witness.ts";

/** The witness has no watch, so it is asked again now and then even when no object changes. */
const ASK_MS = 200;

interface Cast {
  readonly stage: NetworkStage;
  readonly controller: ControllerProcess;
  readonly observer: Observer;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/** Plays the story step by step. A step that was not seen ends it; those after it stay pending. */
export class Director {
  readonly witness: Witness;
  readonly site: SiteWitness;
  readonly #cast: Cast;
  readonly #steps: readonly Step[];
  #progress: Progress[];

  constructor(cast: Cast, steps: readonly Step[]) {
    this.#cast = cast;
    this.#steps = steps;
    this.witness = new Witness(cast.stage.simulator);
    this.site = new SiteWitness(cast.stage.site);
    this.#progress = steps.map(({ id, title }) => ({ id, title, state: "pending", detail: "", seconds: 0 }));
  }

  get progress(): readonly Progress[] {
    return this.#progress;
  }

  async run(): Promise<void> {
    const play = this.#play();
    for (const [index, step] of this.#steps.entries()) {
      this.#tell(index, { state: "playing" });
      const begun = performance.now();
      const took = (): number => (performance.now() - begun) / 1000;
      try {
        const detail = await Promise.race([step.play(play), this.#collapse()]);
        this.#tell(index, { state: "seen", detail, seconds: took() });
      } catch (error) {
        this.#cast.signal.throwIfAborted();
        this.#tell(index, {
          state: "missed",
          detail: error instanceof Error ? error.message : String(error),
          seconds: took(),
        });
        return;
      }
    }
  }

  #tell(index: number, news: Partial<Progress>): void {
    const { screen, observer } = this.#cast;
    this.#progress = this.#progress.map((each, at) => (at === index ? { ...each, ...news } : each));
    const now = this.#progress[index];
    if (now !== undefined) screen.step(now);
    screen.show(observer.scene, this.#progress);
  }

  async #collapse(): Promise<never> {
    const { stage, controller } = this.#cast;
    throw new Error(await Promise.race([stage.controlPlane.broken, controller.broken]));
  }

  #play(): Play {
    const { stage, observer, signal } = this.#cast;
    return {
      controlPlane: stage.controlPlane,
      witness: this.witness,
      site: this.site,
      scene: () => observer.scene,
      applyLab: (part) => stage.applyLab(part),
      watchFor: (seconds) => delay(seconds * 1000, undefined, { signal }),
      until: async (what, limit, ask) => {
        const deadline = performance.now() + limit * 1000;
        for (;;) {
          const answer = await ask();
          if (!(answer instanceof Unmet)) return answer;
          if (performance.now() > deadline) throw new Error(`not within ${String(limit)} s: ${what}; ${answer.why}`);
          await this.#nextChange();
        }
      },
    };
  }

  async #nextChange(): Promise<void> {
    const { observer, signal } = this.#cast;
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const quiet = (): undefined => undefined;
    await Promise.race([
      observer.nextChange(both).catch(quiet),
      delay(ASK_MS, undefined, { signal: both }).catch(quiet),
    ]);
    over.abort();
    signal.throwIfAborted();
  }
}
