import type { TaskSeen } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";

/** A task that a SnapshotPolicy's status names, or that its intent without an answer may have made (A3). */
export function isPolicyTask(world: Pick<World, "list">, namespace: string, task: TaskSeen): boolean {
  if (!/^(vz|qm)(del)?snapshot$/.test(task.type)) return false;
  return world.list("SnapshotPolicy", namespace).some((policy) => {
    const own = (policy.status as { readonly task?: { readonly upid?: string } } | undefined)?.task;
    return own !== undefined && (own.upid === undefined || own.upid === task.upid);
  });
}
