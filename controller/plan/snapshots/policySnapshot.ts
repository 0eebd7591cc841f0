import type { SnapshotSeen } from "../../providers/port.ts";
import { snapshotNames } from "../snapshotName.ts";

/**
 * Whether a SnapshotPolicy of this namespace has made the snapshot, also one that is gone since. The snapshot itself proves
 * it: its description carries the mark of the policy, and its name the hash of the same namespace and policy with a time.
 */
export function isPolicySnapshot(namespace: string, { name, description }: SnapshotSeen): boolean {
  const [, of, policy] = /\[hl:([^/\]]+)\/([^/\]]+)\]$/.exec(description) ?? [];
  if (of !== namespace || policy === undefined) return false;
  return snapshotNames({ namespace, name: policy }).timeOf(name) !== undefined;
}
