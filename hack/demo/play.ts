import type { ControlPlane } from "../controlplane/controlPlane.ts";
import type { Scene } from "./scene.ts";
import type { SiteWitness } from "./siteWitness.ts";
import type { Witness } from "./witness.ts";

/** What a step may look at and touch. */
export interface Play {
  readonly controlPlane: Pick<ControlPlane, "kubectl" | "env">;
  readonly witness: Witness;
  readonly site: SiteWitness;
  readonly scene: () => Scene;
  /** The whole lab, or its objects of some kinds. */
  readonly applyLab: (part?: (kind: string) => boolean) => Promise<void>;
  /** Asks again after each change until it answers, at most `seconds`; throws with `what` and the last complaint. */
  readonly until: <T>(what: string, seconds: number, ask: () => Promise<T | Unmet> | T | Unmet) => Promise<T>;
  /** Whole seconds of watching that nothing happens. */
  readonly watchFor: (seconds: number) => Promise<void>;
}

/** Not yet, and why. */
export class Unmet {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export interface Step {
  readonly id: string;
  /** What is to be seen. */
  readonly title: string;
  /** Makes it happen and sees it; answers what was seen, in a phrase. Throws when it was not. */
  readonly play: (play: Play) => Promise<string>;
}
