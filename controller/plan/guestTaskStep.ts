import type { GuestInput, Task } from "./guestInput.ts";
import { progressing, type Step } from "./guestStep.ts";

const doing: Record<string, { reason: "Starting" | "Stopping" | "Creating" | "Deleting"; text: string }> = {
  Start: { reason: "Starting", text: "starting" },
  Shutdown: { reason: "Stopping", text: "shutting down" },
  Create: { reason: "Creating", text: "creating" },
  Destroy: { reason: "Deleting", text: "destroying" },
};

const TASK_POLL_MS = 300;

/** A task of ours is at work, or it is not known yet what became of one (A3). */
export function taskStep({ task }: GuestInput): Step | undefined {
  if (task.is === "none") return undefined;
  const now = doing[task.action] ?? { reason: "Starting", text: task.action };
  if (task.is === "sought")
    return { outcome: progressing(now.reason, `${now.text}; looking for what became of the call`, 1000) };
  return task.state.is === "running"
    ? { outcome: progressing(now.reason, `${now.text}: the task runs`, TASK_POLL_MS) }
    : undefined;
}

/** Our own create succeeded, and before anybody looked the guest was taken away: it existed all the same (I5). */
export function hasCreated(task: Task): boolean {
  return task.is === "known" && task.action === "Create" && task.state.is === "ended" && task.state.ok;
}

/** A task of ours runs, or may run: its end is waited for. */
export function isAtWork(task: Task): boolean {
  return task.is === "sought" || (task.is === "known" && task.state.is === "running");
}
