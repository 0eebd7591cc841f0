import type { GuestStatus } from "../../api/index.ts";
import type { Decision } from "../../plan/action.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import type { Task } from "../../plan/guests/guestInput.ts";
import { waiting } from "../../plan/outcomes.ts";
import { isAtWork } from "../../plan/guests/guestTaskStep.ts";
import type { TaskSlots } from "../shared/taskSlots.ts";
import { later } from "./turns.ts";

type GuestDecision = Decision<GuestStatus, GuestAction>;

interface Asking {
  readonly key: string;
  /** The cluster and the node. */
  readonly place: string;
  readonly task: Task;
  readonly wake: (keyText: string) => void;
}

/** A policy that was called may have nothing to make any more. */
const SNAPSHOT_MS = 10_000;

/** A node makes one snapshot at a time: the decision of who has to wait for it; undefined: it need not. */
export function snapshotTurn(
  slots: TaskSlots,
  decision: GuestDecision,
  { key, place, task, wake }: Asking,
): GuestDecision | undefined {
  if (task.is !== "none" && task.action === "Snapshot" && isAtWork(task)) slots.note(place, key);
  else if (decision.action?.op !== "Snapshot") for (const other of slots.free(key)) wake(other);
  else if (!slots.take(place, { key, rank: 0, max: 1 })) {
    const { reason, message } = decision.outcome;
    const says = `${message}; waits for another snapshot that is made on its node`;
    return { ...later(decision), outcome: waiting(reason, says, SNAPSHOT_MS) };
  }
  return undefined;
}
