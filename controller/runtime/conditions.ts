import type { Claim, Condition } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";

/** When and for which generation a status is written. */
export interface Stamp {
  /** RFC 3339. */
  readonly now: string;
  readonly generation: number;
}

/** What metav1.Condition allows. */
const MESSAGE_LIMIT = 32_768;

/** The conditions that follow from the outcome, in the order in which they stand before the kind's own. */
const SUMMARY: readonly string[] = ["Stalled", "Reconciling", "Ready"];

export function isSummary(type: string): boolean {
  return SUMMARY.includes(type);
}

/** Ready, and beside it Stalled or Reconciling while they hold; never both. */
export function claimsOf(outcome: Outcome): readonly Claim[] {
  const said = { reason: outcome.reason, message: outcome.message };
  const ready = (status: Condition["status"]): Claim => ({ type: "Ready", status, ...said });
  switch (outcome.is) {
    case "settled":
      return [ready("True")];
    case "stalled":
      return [{ type: "Stalled", status: "True", ...said }, ready("False")];
    case "unknown":
      return [{ type: "Reconciling", status: "True", ...said }, ready("Unknown")];
    case "progressing":
    case "waiting":
    case "failed":
      return [{ type: "Reconciling", status: "True", ...said }, ready("False")];
  }
}

/**
 * The claims as conditions: Stalled, Reconciling, Ready, then the rest in their order. `lastTransitionTime` moves only
 * with `status`; what is not claimed is gone.
 */
export function nextConditions(
  before: readonly Condition[],
  claims: readonly Claim[],
  stamp: Stamp,
): readonly Condition[] {
  const rank = (type: string): number => (isSummary(type) ? SUMMARY.indexOf(type) : SUMMARY.length);
  return [...claims]
    .sort((a, b) => rank(a.type) - rank(b.type))
    .map((claim) => {
      const old = before.find((condition) => condition.type === claim.type);
      return {
        type: claim.type,
        status: claim.status,
        observedGeneration: stamp.generation,
        lastTransitionTime: old?.status === claim.status ? old.lastTransitionTime : stamp.now,
        reason: claim.reason,
        message: cut(claim.message),
      };
    });
}

function cut(message: string): string {
  return message.length <= MESSAGE_LIMIT ? message : `${message.slice(0, MESSAGE_LIMIT - 1)}…`;
}
