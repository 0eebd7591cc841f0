import type { Stored } from "../../api/meta.ts";
import type { ProxmoxPort, TaskSeen } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";

const SNAPSHOT_TASK = /^(vz|qm)(del)?snapshot$/;

/** The task is on record for a SnapshotPolicy. */
export function isPolicyRecord(world: Pick<World, "list">, namespace: string, upid: string): boolean {
  return world.list("SnapshotPolicy", namespace).some((policy) => taskOf(policy)?.upid === upid);
}

function taskOf({ status }: Stored): { readonly upid?: string } | undefined {
  return (status as { readonly task?: { readonly upid?: string } } | undefined)?.task;
}

/** A task that a SnapshotPolicy's status names, or that its intent without an answer may have made (A3). */
export function isPolicyTask(world: Pick<World, "list">, namespace: string, task: TaskSeen): boolean {
  if (!SNAPSHOT_TASK.test(task.type)) return false;
  return world.list("SnapshotPolicy", namespace).some((policy) => {
    const own = taskOf(policy);
    return own !== undefined && (own.upid === undefined || own.upid === task.upid);
  });
}

/** A snapshot of ours is made or removed on the node, as the node itself says: after a restart no slot tells of it yet. */
export async function isSnapshotUnderWay(port: ProxmoxPort, node: string, signal: AbortSignal): Promise<boolean> {
  const tasks = await port.tasks(node, { activeOnly: true }, signal);
  return tasks.some(({ type, user, exit }) => exit === undefined && user === port.identity && SNAPSHOT_TASK.test(type));
}
