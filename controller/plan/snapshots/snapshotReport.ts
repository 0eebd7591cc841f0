import type { SnapshotPolicy } from "../../api/index.ts";
import { annotation, annotationOf } from "../../api/meta.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { EventNote } from "../action.ts";
import type { SnapshotGuest, SnapshotInput, SnapshotReport, SnapshotTask } from "./snapshotInput.ts";
import { isOfRun, type SnapshotNames } from "../snapshotName.ts";

export interface Said {
  readonly names: SnapshotNames;
  readonly run: { readonly time: number; readonly name: string } | undefined;
  /** The run is over. */
  readonly done: boolean;
}

export function reportOf(policy: SnapshotPolicy, input: SnapshotInput, { names, run, done }: Said): SnapshotReport {
  const last = done && run !== undefined ? rfc3339(run.time) : policy.status?.lastScheduleTime;
  const next = input.schedule.next(input.now);
  const requested = annotationOf(policy, annotation.reconcileRequestedAt);
  const guests = input.guests.map((guest) => guestReport(policy, guest, names));
  const wanted = run?.time ?? (last === undefined ? undefined : Date.parse(last));
  const having =
    wanted === undefined ? 0 : input.guests.filter((guest) => hasOf(guest, wanted, { policy, names })).length;
  return {
    ...(last === undefined ? {} : { lastScheduleTime: last }),
    ...(next === undefined ? {} : { nextScheduleTime: rfc3339(next) }),
    guests: guests.slice(0, 256),
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: { guests: `${String(having)}/${String(guests.length)}` },
  };
}

type GuestReport = NonNullable<SnapshotReport["guests"]>[number];

interface Whose {
  readonly policy: SnapshotPolicy;
  readonly names: SnapshotNames;
}

/** It has the snapshot of this run, by its name; one before an update is none. */
function hasOf({ snapshots, object }: SnapshotGuest, time: number, { policy, names }: Whose): boolean {
  return snapshots?.includes(names.of(time)) ?? writtenOf(policy, object)?.newest === rfc3339(time);
}

function writtenOf({ status }: SnapshotPolicy, { kind, metadata }: SnapshotGuest["object"]): GuestReport | undefined {
  return status?.guests?.find((other) => other.kind === kind && other.name === metadata.name);
}

/** What was not read stays as it was written. */
function guestReport(policy: SnapshotPolicy, guest: SnapshotGuest, names: SnapshotNames): GuestReport {
  const { kind, metadata } = guest.object;
  const who = { kind, name: metadata.name };
  const why = whyNot(guest);
  const rest = why === undefined ? {} : { message: why.slice(0, 512) };
  if (guest.snapshots === undefined) return { count: 0, ...writtenOf(policy, guest.object), ...who, ...rest };
  const times = guest.snapshots.flatMap((name) => names.timeOf(name) ?? []);
  const runs = times.filter(isOfRun);
  const newest = runs.length === 0 ? {} : { newest: rfc3339(Math.max(...runs)) };
  return { ...who, count: times.length, ...newest, ...rest };
}

function whyNot({ barred, able, failed }: SnapshotGuest): string | undefined {
  return barred ?? (able === false ? "its storage cannot make snapshots" : failed?.text);
}

/** The intent stays until its task is known to be over. */
export function keptTask({ status }: SnapshotPolicy, task: SnapshotTask): Pick<SnapshotReport, "task"> {
  if (status?.task === undefined || task.is === "none" || task.is === "ended") return {};
  return { task: task.is === "running" ? { ...status.task, upid: task.upid } : status.task };
}

/** A task of ours has ended: say how (S2). */
export function endOf({ status }: SnapshotPolicy, task: SnapshotTask): readonly EventNote[] {
  const of = status?.task;
  if (task.is !== "ended" || of === undefined) return [];
  const who = `${of.kind}/${of.name}: ${of.snapshot}`;
  if (task.failure !== undefined) return [note("Warning", "SnapshotFailed", of.action, `${who}: ${task.failure}`)];
  const done = of.action === "Snapshot" ? "is made" : "is removed";
  return [note("Normal", of.action === "Snapshot" ? "SnapshotMade" : "SnapshotGone", of.action, `${who} ${done}`)];
}

export function note(type: EventNote["type"], reason: string, action: string, message: string): EventNote {
  return { type, reason, action, message };
}
