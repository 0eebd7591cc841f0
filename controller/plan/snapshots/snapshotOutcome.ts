import type { SnapshotPolicy } from "../../api/index.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { SnapshotAction, SnapshotGuest, SnapshotInput } from "./snapshotInput.ts";

const AGAIN_MS = 10_000;
const RECHECK_MS = 300_000;

export function heldBy({ forbidden, suspended }: SnapshotInput, action: SnapshotAction): Outcome | undefined {
  const what = action.op === "Snapshot" ? `make ${action.snapshot} of` : `remove ${action.snapshot} of`;
  if (suspended) return { is: "settled", reason: "Suspended", message: `suspended; would ${what} ${action.guest}` };
  if (forbidden === undefined) return undefined;
  const { reason, message } = forbidden;
  return reason === "HomelabMissing" ? { is: "waiting", reason, message } : { is: "stalled", reason, message };
}

export function working(policy: SnapshotPolicy, action?: SnapshotAction): Outcome {
  const task = action?.task ?? policy.status?.task;
  const verb = task?.action === "DeleteSnapshot" ? "removing" : "making";
  return {
    is: "progressing",
    reason: "Snapshotting",
    message: `${verb} snapshot ${task?.snapshot ?? ""} of ${task?.kind ?? ""} ${task?.name ?? ""}`,
    afterMs: 1_000,
  };
}

export function busyOutcome(pending: readonly SnapshotGuest[]): Outcome {
  const names = pending.map((guest) => `${guest.id} (${guest.busy ?? "not looked at yet"})`).join(", ");
  return { is: "waiting", reason: "GuestBusy", message: `the run waits for ${names}`, afterMs: AGAIN_MS };
}

export function retryOutcome(pending: readonly SnapshotGuest[]): Outcome {
  const texts = pending.flatMap((guest) => (guest.failed === undefined ? [] : [`${guest.id}: ${guest.failed.text}`]));
  return {
    is: "waiting",
    reason: "Snapshotting",
    message: `tried again in a minute: ${texts.join("; ")}`,
    afterMs: 60_000,
  };
}

/** Nothing is to be done until the next run. What a person must see to is said until it is seen to. */
export function restOf(policy: SnapshotPolicy, { guests, schedule, now, suspended }: SnapshotInput): Outcome {
  const next = schedule.next(now);
  const untilNext = next === undefined ? RECHECK_MS : Math.max(1_000, next - now);
  const afterMs = Math.min(untilNext, RECHECK_MS);
  const unable = guests.filter(({ barred, able }) => barred === undefined && able === false).map(({ id }) => id);
  if (unable.length > 0)
    return {
      is: "stalled",
      reason: "SnapshotUnsupported",
      message: `the storage of ${unable.join(", ")} cannot make snapshots (a container on a directory, or a raw disk); move the volumes to ZFS, LVM-thin, Ceph or qcow2, or leave the guests out`,
      afterMs,
    };
  const failed = guests.flatMap(({ id, failed: last }) =>
    last === undefined ? [] : [`${last.snapshot} of ${id}: ${last.text}`],
  );
  if (failed.length > 0)
    return {
      is: "stalled",
      reason: "SnapshotFailed",
      message: `failed: ${failed.join("; ")}. The next run tries again`,
      afterMs,
    };
  const when = next === undefined ? "never again" : `at ${rfc3339(next)}`;
  const said = guests.length === 0 ? "no guest is selected" : `next run ${when}`;
  const barred = guests.flatMap((guest) => (guest.barred === undefined ? [] : [`${guest.id}: ${guest.barred}`]));
  const without = barred.length === 0 ? "" : `; without ${barred.join("; ")}`;
  return {
    is: "settled",
    reason: suspended || policy.spec.suspend ? "Suspended" : "Settled",
    message: `${said}${without}`,
    afterMs,
  };
}
