import type { Condition } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { EventNote } from "./kube.ts";
import type { Acted } from "./passReport.ts";

interface Concluded {
  readonly outcome: Outcome;
  readonly events?: readonly EventNote[];
  readonly quiet?: boolean;
}

/**
 * What a pass has to tell people: its executed action, else its transition of Ready, and what the driver adds (S2). A
 * quiet transition is told by another object's events (H4).
 */
export function notesOf(
  before: Condition | undefined,
  said: Concluded,
  acted: Acted | undefined,
): readonly EventNote[] {
  const own = acted === undefined ? transitionOf(before, said) : actionOf(said, acted);
  return [...(own === undefined ? [] : [own]), ...(said.events ?? [])];
}

/** An action that the driver tells of itself is not told twice; its failure always is. */
function actionOf({ outcome, events }: Concluded, acted: Acted): EventNote | undefined {
  const { op, because } = acted.action;
  if (acted.error !== undefined)
    return { type: "Warning", reason: outcome.reason, action: op, message: outcome.message };
  if (events?.some((note) => note.action === op) === true) return undefined;
  const { is, reason, message } = outcome;
  // Beside another state of affairs something small was set, which is not that state.
  if (is !== "progressing") return { type: "Normal", reason: "Configuring", action: op, message: because };
  return { type: "Normal", reason, action: op, message };
}

function transitionOf(before: Condition | undefined, said: Concluded): EventNote | undefined {
  const { outcome } = said;
  if (said.quiet === true) return undefined;
  if (before?.reason === outcome.reason && before.status === readyStatusOf(outcome)) return undefined;
  return { type: typeOf(outcome), reason: outcome.reason, message: outcome.message, action: "Observe" };
}

function typeOf(outcome: Outcome): EventNote["type"] {
  switch (outcome.is) {
    case "settled":
    case "progressing":
    case "waiting":
      return "Normal";
    case "stalled":
    case "failed":
    case "unknown":
      return "Warning";
  }
}

function readyStatusOf(outcome: Outcome): Condition["status"] {
  if (outcome.is === "settled") return "True";
  return outcome.is === "unknown" ? "Unknown" : "False";
}
