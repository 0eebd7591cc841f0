import type { SnapshotPolicy, SnapshotPolicyStatus } from "../../api/index.ts";
import type { BaseStatus } from "../../api/meta.ts";
import type { Action } from "../action.ts";
import type { Guest } from "../lab.ts";
import type { Schedule } from "./schedule.ts";

export type SnapshotReport = Omit<SnapshotPolicyStatus, keyof BaseStatus>;

/** One step: one snapshot of one guest, made or removed. */
export interface SnapshotAction extends Action {
  readonly op: "Snapshot" | "DeleteSnapshot";
  readonly guest: string;
  readonly snapshot: string;
  readonly description: string;
  readonly memory: boolean;
  readonly task: NonNullable<SnapshotReport["task"]>;
}

/** A guest the policy names, as far as it was looked at. */
export interface SnapshotGuest {
  readonly id: string;
  readonly object: Guest;
  /** Why nothing may be done to it by this policy, in a sentence: not owned, suspended, absent, … */
  readonly barred: string | undefined;
  /** Somebody is at work on it, or on its node: what, in a phrase. */
  readonly busy: string | undefined;
  /** Names of its snapshots that carry this policy's mark; undefined: not read. */
  readonly snapshots: readonly string[] | undefined;
  /** Its storage can make snapshots; undefined: not asked yet. */
  readonly able: boolean | undefined;
  /** The snapshot that could not be made or removed, with Proxmox's own text; final: it is not tried again. */
  readonly failed: { readonly snapshot: string; readonly text: string; readonly final: boolean } | undefined;
}

export type SnapshotTask =
  | { readonly is: "none" }
  /** The answer was lost; whether it was carried out is not known yet. */
  | { readonly is: "sought" }
  | { readonly is: "running"; readonly upid: string }
  | { readonly is: "ended"; readonly upid: string; readonly failure: string | undefined };

export interface SnapshotInput {
  /** Wall milliseconds. */
  readonly now: number;
  readonly schedule: Schedule;
  readonly guests: readonly SnapshotGuest[];
  readonly task: SnapshotTask;
  /** Why nothing at all is changed in this namespace (L2, A3). */
  readonly forbidden:
    { readonly reason: "HomelabMissing" | "AnotherControllerActs"; readonly message: string } | undefined;
  /** Every guest has been looked at once since this process began (L10). */
  readonly warm: boolean;
  /** The policy, or the Homelab above it, is suspended. */
  readonly suspended: boolean;
}

/** The run of the schedule that is under way: the latest time since the last one that is done with. Missed ones are one. */
export function dueRun(policy: SnapshotPolicy, schedule: Schedule, now: number): number | undefined {
  const after = policy.status?.lastScheduleTime ?? policy.metadata.creationTimestamp;
  return schedule.due(Date.parse(after), now);
}
