import type { BaseStatus, Stored } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action, Decision } from "../plan/action.ts";
import type { Foresight } from "../plan/foresight/foresee.ts";
import type { Lab } from "../plan/lab.ts";

/** What the controller would do with one object. */
export interface Rehearsed {
  readonly object: Stored;
  readonly lab: Lab;
  readonly outlook:
    | { readonly is: "guest"; readonly foresight: Foresight }
    | { readonly is: "decided"; readonly decision: Decision<BaseStatus, Action>; readonly adopts: boolean }
    /** Its look or decision ended in an error. */
    | { readonly is: "failed"; readonly outcome: Outcome };
}
