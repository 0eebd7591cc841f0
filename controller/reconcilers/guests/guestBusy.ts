import type { Guest } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import type { Busy, Sight } from "../../plan/guests/guestInput.ts";
import type { TaskSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";
import type { NodeTasks } from "../shared/nodeTasks.ts";

type Present = Extract<Sight, { is: "present" }>;

export interface BusyLook {
  readonly connection: Connection;
  readonly record: GuestRecord;
  readonly clock: Clock;
  readonly nodeTasks: NodeTasks;
  readonly meets: (tasks: readonly TaskSeen[]) => void;
}

const LEFTOVER_MS = 60_000;

/** Right before an act: is anybody else at work on the guest, or does the node start or stop everything (A4)? */
export async function busyWith(
  object: Guest,
  sight: Present,
  look: BusyLook,
  signal: AbortSignal,
): Promise<Busy | undefined> {
  const { connection, record, clock, nodeTasks } = look;
  const tasks = await nodeTasks.active(connection.port, sight.guest.node, signal);
  look.meets(tasks);
  const vmid = String(object.spec.vmid);
  const other = tasks.find((task) => task.exit === undefined && task.id === vmid && !record.own.has(task.upid));
  if (other !== undefined) {
    record.lockedSince = clock.monotonic();
    return { word: other.type, by: other.user, leftover: false };
  }
  const whole = tasks.find((task) => task.exit === undefined && isWholeNode(task, sight));
  if (whole !== undefined) return { word: whole.type, by: whole.user, leftover: false };
  if (sight.guest.lock === undefined) return undefined;
  const since = record.lockedSince ?? clock.monotonic();
  return { word: sight.guest.lock, leftover: clock.monotonic() - since >= LEFTOVER_MS };
}

/** stopall concerns every guest of the node, startall those with onboot=1. */
function isWholeNode(task: TaskSeen, sight: Present): boolean {
  return task.type === "stopall" || (task.type === "startall" && sight.config?.onboot === true);
}

/** What an act needs to know is needed only when one is near. */
export function needsBusyLook(action: GuestAction | undefined): boolean {
  return action !== undefined && action.effect !== "creates";
}
