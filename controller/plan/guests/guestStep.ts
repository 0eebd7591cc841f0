import type { Outcome } from "../../base/outcome.ts";
import type { EventNote } from "../action.ts";
import type { GuestAction, GuestPatch } from "./guestAction.ts";

/** What one part of the plan came to: the outcome if the action, where there is one, is not held by a policy. */
export interface Step {
  readonly outcome: Outcome;
  readonly action?: GuestAction;
  /** What would be done if the outcome did not hold it; told, never done. */
  readonly held?: GuestAction;
  readonly patch?: GuestPatch;
  readonly events?: readonly EventNote[];
  readonly finalizer?: "add" | "remove";
  /** A parent tells it (H4). */
  readonly quiet?: boolean;
}
