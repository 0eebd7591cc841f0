import type { BaseStatus, Claim } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";

/** One step that changes the outside. Plain data, made by a pure plan. */
export interface Action {
  /** For people and metrics: Start, Shutdown, Create, Mark, … */
  readonly op: string;
  /** Why: "crashed; recovery.onStopped is Restart". */
  readonly because: string;
  /** Whether the call forks a task at the provider, so that its intent is written before it (A3). */
  readonly makesTask: boolean;
  /** Starts again a guest that has run in this boot: may be sent unrecorded while the API server is away (P1). */
  readonly repair?: boolean;
  /** What to tell beside the action itself, once it was carried out. */
  readonly told?: readonly EventNote[];
}

export interface EventNote {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** At most 1,024 characters are kept. */
  readonly message: string;
  /** Verb of what was done or seen: Start, Shutdown, Observe, … */
  readonly action: string;
}

/** What a pass decided. Pure data; from it the body derives all writes. */
export interface Decision<T extends BaseStatus, A extends Action> {
  readonly outcome: Outcome;
  /**
   * The status as it should read, whole, save conditions and observedGeneration; a field that is absent here is removed.
   */
  readonly report: Omit<T, keyof BaseStatus>;
  /** The kind's own conditions, in order; one that is absent here is removed. */
  readonly conditions: readonly Claim[];
  /** At most one step a pass (A1). */
  readonly action?: A;
  /** The step that the outcome holds back. Nobody does it; who foresees what will be done reads it. */
  readonly held?: A;
  /** Transitions worth telling beyond the change of Ready (S2). */
  readonly events?: readonly EventNote[];
  /**
   * This process has not seen enough yet: what an earlier one wrote stands (L10). An object that was never written about
   * is written about all the same.
   */
  readonly premature?: boolean;
  /** The change of Ready is told by a parent; no event of its own (H4). */
  readonly quiet?: boolean;
  /** Finalizer to add or remove, alone in its pass (I7). */
  readonly finalizer?: "add" | "remove";
}

/** What a mutation answered. */
export interface Receipt {
  readonly upid?: string;
}
