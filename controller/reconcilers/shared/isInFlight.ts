import type { GuestStatus } from "../../api/index.ts";
import type { Decision } from "../../plan/action.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";

const AT_REST: ReadonlySet<string> = new Set(["ProbeFailing", "NoAddress", "Degraded"]);

/** Something is in flight: a step, a task, a start. A guest that merely feels bad keeps nobody awake (O1). */
export function isInFlight({ action, outcome }: Decision<GuestStatus, GuestAction>): boolean {
  return (
    action !== undefined ||
    (outcome.is === "progressing" && !AT_REST.has(outcome.reason)) ||
    outcome.reason === "NodeStopping" ||
    outcome.reason === "NodeStarting"
  );
}
