import type { SnapshotPolicy, SnapshotPolicyStatus } from "../../api/index.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Decision } from "../action.ts";
import { doomed } from "./keep.ts";
import type { Guest } from "../lab.ts";
import { dueRun, type SnapshotAction, type SnapshotGuest, type SnapshotInput } from "./snapshotInput.ts";
import { markOf, snapshotNames, type SnapshotNames } from "../snapshotName.ts";
import { busyOutcome, heldBy, restOf, retryOutcome, working } from "./snapshotOutcome.ts";
import { endOf, keptTask, note, reportOf } from "./snapshotReport.ts";

/** A guest that somebody works on is waited for so long after the run was due; then the run goes without it. */
const BUSY_MS = 3_600_000;

interface Run {
  readonly time: number;
  readonly name: string;
}

/** What the policy does next: follow its task, make a snapshot that is due, remove one that no rule keeps, or wait. */
export function planSnapshots(
  policy: SnapshotPolicy,
  input: SnapshotInput,
): Decision<SnapshotPolicyStatus, SnapshotAction> {
  const { schedule, now, task } = input;
  const names = snapshotNames(policy.metadata);
  const due = dueRun(policy, schedule, now);
  const run = due === undefined ? undefined : { time: due, name: names.of(due) };
  const step = stepOf(policy, input, { names, run });
  const report = reportOf(policy, input, { names, run, done: step.done === true });
  return {
    outcome: step.outcome,
    report: { ...report, ...keptTask(policy, task) },
    conditions: [],
    events: endOf(policy, task),
    premature: !input.warm,
    ...(step.action === undefined ? {} : { action: step.action }),
    ...(step.held === undefined ? {} : { held: step.held }),
  };
}

interface Step {
  readonly outcome: Outcome;
  readonly action?: SnapshotAction;
  readonly held?: SnapshotAction;
  /** The run is over. */
  readonly done?: boolean;
}

function stepOf(
  policy: SnapshotPolicy,
  input: SnapshotInput,
  { names, run }: { readonly names: SnapshotNames; readonly run: Run | undefined },
): Step {
  if (!input.warm)
    return {
      outcome: { is: "waiting", reason: "Connecting", message: "the guests are looked at first", afterMs: 1_000 },
    };
  if (input.task.is === "sought" || input.task.is === "running") return { outcome: working(policy) };
  const pending = run === undefined ? [] : input.guests.filter((guest) => isPending(guest, run));
  const action = nextAction(policy, input, { names, run, pending });
  if (action !== undefined) {
    const held = heldBy(input, action);
    return held === undefined ? { outcome: working(policy, action), action } : { outcome: held, held: action };
  }
  const waits = waitingFor(policy, input, { names, run, pending });
  if (waits !== undefined) return { outcome: waits };
  return { outcome: restOf(policy, input), done: true };
}

/** What keeps the run from its end although there is no step to take. */
function waitingFor(
  policy: SnapshotPolicy,
  input: SnapshotInput,
  at: { readonly names: SnapshotNames; readonly run: Run | undefined; readonly pending: readonly SnapshotGuest[] },
): Outcome | undefined {
  const { names, run, pending } = at;
  const untried = pending.filter((guest) => guest.failed?.snapshot !== run?.name);
  if (untried.length > 0 && input.now - (run?.time ?? 0) < BUSY_MS) return busyOutcome(untried);
  const paused = pending.filter((guest) => guest.failed?.snapshot === run?.name);
  if (paused.length > 0) return retryOutcome(paused);
  const crowded = input.guests.filter(
    (guest) => guest.busy !== undefined && overdue(policy, guest, names) !== undefined,
  );
  return crowded.length > 0 ? busyOutcome(crowded) : undefined;
}

/** Snapshots first, then what no rule keeps: old ones go only when the new ones are there. */
function nextAction(
  policy: SnapshotPolicy,
  input: SnapshotInput,
  at: { readonly names: SnapshotNames; readonly run: Run | undefined; readonly pending: readonly SnapshotGuest[] },
): SnapshotAction | undefined {
  const { run, pending } = at;
  const next = run === undefined ? undefined : pending.find((guest) => isReady(guest, run));
  if (run !== undefined && next !== undefined) return snapshotOf(policy, next, run, input.now);
  return pending.length > 0 ? undefined : removalOf(policy, input, at.names);
}

/** The run still has to do with it: it has none of this run, and nothing final stands in the way. */
function isPending(guest: SnapshotGuest, run: { readonly name: string }): boolean {
  if (guest.barred !== undefined || guest.able === false) return false;
  const isGivenUp = guest.failed?.snapshot === run.name && guest.failed.final;
  return !isGivenUp && guest.snapshots?.includes(run.name) !== true;
}

function isReady(guest: SnapshotGuest, run: Run): boolean {
  const isPaused = guest.failed?.snapshot === run.name;
  return guest.busy === undefined && guest.snapshots !== undefined && guest.able === true && !isPaused;
}

function snapshotOf(
  policy: SnapshotPolicy,
  { id, object }: SnapshotGuest,
  run: { readonly time: number; readonly name: string },
  now: number,
): SnapshotAction {
  const { namespace, name } = policy.metadata;
  return {
    op: "Snapshot",
    because: `the schedule, ${rfc3339(run.time)}`,
    makesTask: true,
    guest: id,
    snapshot: run.name,
    description: `SnapshotPolicy ${name}, run of ${rfc3339(run.time)} ${markOf({ namespace, name })}`,
    memory: policy.spec.includeMemory && object.kind === "VirtualMachine",
    task: taskOf("Snapshot", object, { snapshot: run.name, now }),
    told: [note("Normal", "SnapshotBegun", "Snapshot", `${id}: making ${run.name}`)],
  };
}

/** One that no rule keeps, of the first guest that has one; never one that is not this policy's. */
function removalOf(
  policy: SnapshotPolicy,
  { guests, now }: SnapshotInput,
  names: SnapshotNames,
): SnapshotAction | undefined {
  const [first] = guests.flatMap((guest) => {
    const snapshot = guest.busy === undefined ? overdue(policy, guest, names) : undefined;
    return snapshot === undefined ? [] : [{ id: guest.id, object: guest.object, snapshot }];
  });
  if (first === undefined) return undefined;
  const { id, object, snapshot } = first;
  return {
    op: "DeleteSnapshot",
    because: "spec.keep no longer keeps it",
    makesTask: true,
    guest: id,
    snapshot,
    description: "",
    memory: false,
    task: taskOf("DeleteSnapshot", object, { snapshot, now }),
    told: [
      note(
        "Normal",
        "SnapshotRemoved",
        "DeleteSnapshot",
        `${id}: removing ${snapshot}, which spec.keep no longer keeps`,
      ),
    ],
  };
}

/** The oldest of its snapshots that no rule keeps, unless it could not be removed a moment ago. */
function overdue(
  { spec: { keep, timeZone } }: SnapshotPolicy,
  { barred, snapshots = [], failed }: SnapshotGuest,
  names: SnapshotNames,
): string | undefined {
  if (barred !== undefined) return undefined;
  const [oldest] = doomed(
    snapshots.flatMap((name) => names.timeOf(name) ?? []),
    keep,
    timeZone,
  );
  const name = oldest === undefined ? undefined : names.of(oldest);
  return failed?.snapshot === name ? undefined : name;
}

function taskOf(
  action: SnapshotAction["op"],
  { kind, metadata: { name } }: Guest,
  { snapshot, now }: { readonly snapshot: string; readonly now: number },
): SnapshotAction["task"] {
  return { action, kind, name, snapshot, startTime: rfc3339(now) };
}
