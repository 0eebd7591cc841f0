import type { GuestStatus } from "../../api/index.ts";
import type { Decision } from "../../plan/action.ts";
import { imageIn } from "../../plan/guests/cloudImage.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import { waiting } from "../../plan/outcomes.ts";
import { isAtWork } from "../../plan/guests/guestTaskStep.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";

type GuestDecision = Decision<GuestStatus, GuestAction>;

/**
 * What one guest at a time may do, from its decision on: two guests that are looked at at once cannot both have the
 * turn. The restart for waiting changes in a namespace, or a
 * step of a migration, until it is on record; the download of an image, until it ends.
 */
export class Turns {
  readonly #holders = new Map<string, string>();

  /** True when this guest may go on with what it decided. */
  admits(key: string, turn: string | undefined): boolean {
    for (const [held, holder] of this.#holders) if (holder === key && held !== turn) this.#holders.delete(held);
    if (turn === undefined) return true;
    const holder = this.#holders.get(turn);
    if (holder !== undefined && holder !== key) return false;
    this.#holders.set(turn, key);
    return true;
  }

  /** The guest is gone. */
  forget(key: string): void {
    this.admits(key, undefined);
  }
}

/** The turn that a decision needs, or that a task under way has. */
export function turnOf(
  namespace: string,
  { task, creation }: Pick<GuestSeenWhole, "task" | "creation">,
  action: GuestAction | undefined,
): string | undefined {
  if (action?.update === true || action?.moves === true) return `restart ${namespace}`;
  const fetches = action?.op === "Download" || (isAtWork(task) && "action" in task && task.action === "Download");
  const image = fetches ? imageIn(creation) : undefined;
  return image === undefined ? undefined : `image ${image.node} ${image.volume}`;
}

const LOOK_MS = 5_000;

/** The decision without its action: not in this pass. */
export function later({ action, events: _, ...rest }: GuestDecision): GuestDecision {
  if (action?.op !== "Download") return rest;
  return { ...rest, outcome: waiting("Creating", "another machine fetches the same image; waits for that", LOOK_MS) };
}
