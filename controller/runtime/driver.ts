import type { BaseStatus, Stored } from "../api/meta.ts";
import type { Action, Decision, Receipt } from "../plan/action.ts";
import type { KindRef } from "./kube.ts";

export type { Action, Decision, Receipt } from "../plan/action.ts";

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
