import type { GuestInput, Task } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { progressing } from "../outcomes.ts";

const doing: Record<
  string,
  {
    reason: "Starting" | "Stopping" | "Creating" | "Configuring" | "Deleting" | "Migrating" | "Snapshotting";
    text: string;
  }
> = {
  Start: { reason: "Starting", text: "starting" },
  Shutdown: { reason: "Stopping", text: "shutting down" },
  Create: { reason: "Creating", text: "creating" },
  Download: { reason: "Creating", text: "fetching its image" },
  Configure: { reason: "Configuring", text: "changing its configuration" },
  Resize: { reason: "Configuring", text: "growing a volume" },
  Destroy: { reason: "Deleting", text: "destroying" },
  Migrate: { reason: "Migrating", text: "migrating" },
  Snapshot: { reason: "Snapshotting", text: "making a snapshot before it is changed" },
};

/** Its end wakes the guest; only what nobody foresaw is found out so. */
export const TASK_MS = 60_000;

/** A task of ours is at work, or it is not known yet what became of one (A3). */
export function taskStep(input: Pick<GuestInput, "object" | "task">): Step | undefined {
  const { task } = input;
  if (task.is === "none") return undefined;
  const now = doing[task.action] ?? { reason: "Starting", text: task.action };
  if (task.is === "sought")
    return { outcome: progressing(now.reason, `${now.text}; looking for what became of the call`, 1000) };
  if (task.state.is !== "running") return undefined;
  const { reason, message } = saidWithCall(input) ?? { reason: now.reason, message: `${now.text}: the task runs` };
  return { outcome: progressing(reason, message, TASK_MS) };
}

const SAID_WITH_CALL = [
  "Starting",
  "Stopping",
  "Creating",
  "Configuring",
  "Deleting",
  "Migrating",
  "Snapshotting",
  "Recovering",
] as const;

/**
 * What the status says since the call whose task runs. It stands until the task has ended, with everything else that was
 * written with it: what is seen of a guest meanwhile is half done (S1). Undefined when something else was said since.
 */
export function saidWithCall({
  object,
  task,
}: Pick<GuestInput, "object" | "task">):
  { readonly reason: (typeof SAID_WITH_CALL)[number]; readonly message: string } | undefined {
  if (task.is !== "known" || task.state.is !== "running") return undefined;
  const ready = object.status?.conditions?.find(({ type }) => type === "Ready");
  const reason = SAID_WITH_CALL.find((one) => one === ready?.reason);
  return reason === undefined || ready === undefined ? undefined : { reason, message: ready.message };
}

/** Our own create succeeded, and before anybody looked the guest was taken away: it existed all the same (I5). */
export function hasCreated(task: Task): boolean {
  return task.is === "known" && task.action === "Create" && task.state.is === "ended" && task.state.ok;
}

/** A task of ours runs, or may run: its end is waited for. */
export function isAtWork(task: Task): boolean {
  return task.is === "sought" || (task.is === "known" && task.state.is === "running");
}

/** A shutdown is on record that no task bears out: it was never carried out, and nobody waits for its end (A3). */
export function wasNeverSent({ task, object }: Pick<GuestInput, "task" | "object">): boolean {
  return task.is === "none" && object.status?.task?.action === "Shutdown";
}
