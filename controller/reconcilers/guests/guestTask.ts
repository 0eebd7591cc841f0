import type { Guest } from "../../api/index.ts";
import { keyOf, keyText } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import { imageOf } from "../../plan/guests/cloudImage.ts";
import type { Task } from "../../plan/guests/guestInput.ts";
import type { ProxmoxPort, TaskSeen } from "../../providers/port.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";
import type { TaskWatch } from "../shared/taskWatch.ts";

/** Task types that carry out each of our actions, also through HA (A8). */
const carriedOutBy: Record<string, RegExp> = {
  Start: /^(vzstart|qmstart|hastart)$/,
  Shutdown: /^(vzshutdown|qmshutdown|vzstop|qmstop|hastop)$/,
  Create: /^(vzcreate|qmcreate|qmclone)$/,
  Download: /^download$/,
  Configure: /^qmconfig$/,
  Resize: /^resize$/,
  Destroy: /^(vzdestroy|qmdestroy)$/,
  Migrate: /^(vzmigrate|qmigrate|hamigrate)$/,
  Snapshot: /^(vz|qm)snapshot$/,
};

/** Where the node's clock is not on record it may differ from ours by as much, and still the task is found. */
const SKEW_MS = 120_000;
/** A task's start is told in whole seconds, and the node's clock was read to the second. */
const WHOLE_SECONDS_MS = 1_000;
/** A finished task is in the node's list at the latest after its 10 s refresh. */
const LIST_LAG_MS = 15_000;

export interface Follow {
  readonly port: ProxmoxPort;
  readonly record: GuestRecord;
  readonly clock: Clock;
  readonly watch: TaskWatch;
  /** It is the task of another guest: clones of one source stand under the same vmid. */
  readonly isAnothers: (upid: string) => boolean;
  /** Where the guest is, or was to be created. */
  readonly node: string | undefined;
}

/**
 * What became of the intent in `status.task` (A3): followed by its UPID, or looked for in the node's list when the
 * answer to the call was lost. An intent that no task bears out was never carried out.
 */
export async function followTask(
  object: Guest,
  { port, record, clock, watch, node, isAnothers }: Follow,
  signal: AbortSignal,
): Promise<Task> {
  const intent = object.status?.task;
  if (intent === undefined) return { is: "none" };
  const upid = intent.upid ?? (await sought(object, { port, node, isAnothers }, signal));
  if (upid === undefined)
    return soughtMs(record, intent.startTime, clock) < LIST_LAG_MS
      ? { is: "sought", action: intent.action }
      : { is: "none" };
  record.own.add(upid);
  const state = await watch.state(keyText(keyOf(object)), upid, port, signal);
  if (state.is !== "running" && record.endedUpid !== upid)
    noteEnd(record, {
      port,
      clock,
      upid,
      object,
      action: intent.action,
      failure: state.is === "ended" && !state.ok ? state.exit : undefined,
    });
  return { is: "known", action: intent.action, upid, state };
}

async function sought(
  object: Guest,
  { port, node, isAnothers }: Pick<Follow, "port" | "node" | "isAnothers">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const intent = object.status?.task;
  if (intent === undefined || node === undefined) return undefined;
  const since =
    intent.nodeTime === undefined
      ? Date.parse(intent.startTime) - SKEW_MS
      : Date.parse(intent.nodeTime) - WHOLE_SECONDS_MS;
  const isOne = (task: TaskSeen): boolean => isCarriedOut(task, intent.action, port.identity);
  if (intent.action === "Download") {
    const file = fileOf(object, node);
    return (await port.tasks(node, { since }, signal)).find((task) => isOne(task) && task.id === file)?.upid;
  }
  const place = intent.action === "Create" ? sourceOf(object, port) : undefined;
  const { vmid } = place ?? object.spec;
  const tasks = await port.tasks(place?.node ?? node, { since, vmid }, signal);
  return tasks.find((task) => isOne(task) && !isAnothers(task.upid))?.upid;
}

/** The task of a download has the name of its file, and every machine that takes the image may follow it (contract 7.3). */
function fileOf({ spec }: Guest, node: string): string | undefined {
  return "source" in spec ? imageOf(spec.source, node)?.file : undefined;
}

/** The task of a clone stands under its source (contract 5.5). */
function sourceOf({ spec }: Guest, port: ProxmoxPort): { readonly vmid: number; readonly node: string } | undefined {
  const vmid = "source" in spec ? spec.source.clone?.vmid : undefined;
  return vmid === undefined ? undefined : port.seen()?.guests.get(vmid);
}

/** Since this process looks for the task of this intent. The wall clock may be set meanwhile, and would end it (P4). */
function soughtMs(record: GuestRecord, intent: string, clock: Clock): number {
  const at = clock.monotonic();
  if (record.sought?.intent !== intent) record.sought = { intent, at };
  return at - record.sought.at;
}

function isCarriedOut(task: TaskSeen, action: string, identity: string): boolean {
  return task.user === identity && carriedOutBy[action]?.test(task.type) === true;
}

interface End {
  readonly port: ProxmoxPort;
  readonly clock: Clock;
  readonly upid: string;
  readonly object: Guest;
  readonly action: string;
  readonly failure: string | undefined;
}

/** The end of a task makes what was seen before old, and counts failures in a row (O2). */
function noteEnd(record: GuestRecord, { port, clock, upid, object, action, failure }: End): void {
  record.endedUpid = upid;
  record.freshAfter = port.mark();
  if (isConfiguring(action) && record.config !== undefined) record.config.stale = true;
  if (failure === undefined) {
    forgive(record, action);
    record.lastDone = { op: action, at: clock.monotonic() };
    return;
  }
  noteFailure(record, { op: action, text: failure, at: clock.monotonic(), generation: object.metadata.generation });
}

/** What goes wrong with a write of the configuration, or before it, says nothing about how the guest runs, and is kept apart. */
function isConfiguring(action: string): boolean {
  return action === "SetStartup" || action === "Configure" || action === "Resize" || action === "Snapshot";
}

/** It went well: failures in a row end. */
export function forgive(record: GuestRecord, action: string): void {
  if (isConfiguring(action)) {
    record.configFailure = undefined;
    return;
  }
  record.failures = 0;
  record.lastFailure = undefined;
}

/** One more failure in a row. */
export function noteFailure(record: GuestRecord, failure: NonNullable<GuestRecord["lastFailure"]>): void {
  if (isConfiguring(failure.op)) {
    record.configFailure = failure;
    return;
  }
  record.failures = record.lastFailure?.op === failure.op ? record.failures + 1 : 1;
  record.lastFailure = failure;
}
