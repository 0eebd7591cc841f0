import { Faults as Armed, type Fault as Scripted } from "../shared/faults.ts";
import type { WireEffect } from "../shared/wireEffect.ts";

/** What goes wrong with a request that matches. */
export type Effect =
  | WireEffect
  /** Answers that instead; nothing happens. `after` lets it happen first. */
  | { readonly kind: "status"; readonly status: number; readonly text: string; readonly after?: boolean };

export type Fault = Scripted<Effect>;
export class Faults extends Armed<Effect> {}
