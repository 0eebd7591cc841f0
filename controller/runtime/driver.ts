import type { BaseStatus, Claim, Stored } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { EventNote, KindRef } from "./kube.ts";

/** One step that changes the outside. Plain data, made by a pure plan. */
export interface Action {
  /** For people and metrics: Start, Shutdown, Create, Mark, … */
  readonly op: string;
  /** Why: "crashed; recovery.onStopped is Restart". */
  readonly because: string;
  /** Whether the call forks a task at the provider, so that its intent is written before it (A3). */
  readonly makesTask: boolean;
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
  /** Transitions worth telling beyond the change of Ready (S2). */
  readonly events?: readonly EventNote[];
  /** Finalizer to add or remove, alone in its pass (I7). */
  readonly finalizer?: "add" | "remove";
}

/** What a mutation answered. */
export interface Receipt {
  readonly upid?: string;
}

/**
 * A kind's part in the one reconcile body (runtime/reconcile.ts). `observe` may be slow and changes nothing; `decide` is
 * pure; `execute` sends exactly one mutation.
 */
export interface Driver<R extends Stored, T extends BaseStatus, O, A extends Action> {
  readonly kind: KindRef;
  observe(object: R, signal: AbortSignal): Promise<O>;
  decide(object: R, seen: O): Decision<T, A>;
  execute(action: A, object: R, signal: AbortSignal): Promise<Receipt>;
  /** The report with the intent of this action in it, and after the call with its receipt (A3). */
  intent(report: Omit<T, keyof BaseStatus>, action: A, receipt: Receipt | undefined): Omit<T, keyof BaseStatus>;
  /** Called after the action's call ended, however it ended; for bookkeeping in memory. `error` absent on success. */
  after?(action: A, object: R, receipt: Receipt | undefined, error: unknown): void;
  /** The object is gone from the API server. */
  forget?(key: string): void;
}
