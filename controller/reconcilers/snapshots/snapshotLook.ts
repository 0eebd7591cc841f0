import type { SnapshotPolicy } from "../../api/index.ts";
import { keyOf, keyText } from "../../api/meta.ts";
import { ProviderError } from "../../base/outcome.ts";
import { idOf, type Guest, type Lab } from "../../plan/lab.ts";
import { markOf } from "../../plan/snapshotName.ts";
import type { Schedule } from "../../plan/snapshots/schedule.ts";
import {
  dueRun,
  type SnapshotGuest,
  type SnapshotInput,
  type SnapshotTask,
} from "../../plan/snapshots/snapshotInput.ts";
import { selectedBy } from "../lab/selectedGuests.ts";
import { barredBy, placeOf, type Place } from "./snapshotGuests.ts";
import { freeSlot, type SnapshotParts } from "./snapshotParts.ts";
import { forbiddenIn } from "../guests/guestInputOf.ts";
import { guestAt } from "../shared/objects.ts";

/** Task types of our two steps. */
const CARRIED_OUT_BY = {
  Snapshot: /^(vz|qm)snapshot$/,
  DeleteSnapshot: /^(vz|qm)delsnapshot$/,
} as const;

/** A finished task is in the node's list at the latest after its 10 s refresh. */
const LIST_LAG_MS = 15_000;
/** The node's clock may differ from ours by as much; an older task of ours only makes us look at the guest again. */
const SKEW_MS = 120_000;

/** Looks at the policy's task and, where a run is due or nothing was read yet, at its guests' snapshots. */
export async function lookAtPolicy(
  policy: SnapshotPolicy,
  schedule: Schedule,
  parts: SnapshotParts,
  signal: AbortSignal,
): Promise<SnapshotInput> {
  const { namespace } = policy.metadata;
  const lab = parts.labs.of(namespace);
  const task = await followed(policy, parts, signal);
  const quiet = dueRun(policy, schedule, parts.clock.now()) === undefined;
  const guests: SnapshotGuest[] = [];
  for (const guest of selectedBy(policy, parts.world))
    guests.push(
      await look(guest, { policy, parts, lab, quiet: quiet || task.is === "running" || task.is === "sought" }, signal),
    );
  return {
    now: parts.clock.now(),
    schedule,
    guests,
    task,
    forbidden: forbiddenIn(lab),
    warm: lab.warm,
    suspended: policy.spec.suspend || lab.homelab?.spec.suspend === true,
  };
}

interface Looking {
  readonly policy: SnapshotPolicy;
  readonly parts: SnapshotParts;
  readonly lab: Lab;
  /** No run is due, or a task runs: only what was never read is read. */
  readonly quiet: boolean;
}

async function look(guest: Guest, looking: Looking, signal: AbortSignal): Promise<SnapshotGuest> {
  const { policy, parts, lab } = looking;
  const key = keyText(keyOf(policy));
  const id = idOf(guest);
  const place = placeOf(guest, parts);
  const notes = parts.memory.of(key, id);
  noteUpdate(guest, notes);
  const known = {
    id,
    object: guest,
    snapshots: notes.snapshots,
    able: parts.memory.able(key, id),
    failed: parts.memory.failed(key, id),
  };
  if ("away" in place)
    return { ...known, barred: place.gone ? place.away : undefined, busy: place.gone ? undefined : place.away };
  const barred = barredBy(guest, place.seen, lab, parts.labs);
  if (barred !== undefined) return { ...known, barred, busy: undefined };
  try {
    if (known.able === undefined) parts.memory.noteAble(key, id, await place.port.canSnapshot(place.ref, signal));
    notes.snapshots ??= await ours(policy, place, signal);
  } catch (error) {
    // A guest that has gone or moved meanwhile, or a privilege that is missing, is not the others' trouble.
    if (!(error instanceof ProviderError) || (error.kind !== "missing" && error.kind !== "permission")) throw error;
    return { ...known, barred: error.message, busy: undefined };
  }
  const busy = looking.quiet ? place.seen.lock : await busyWith(place, parts, signal);
  return { ...known, snapshots: notes.snapshots, able: parts.memory.able(key, id), barred: undefined, busy };
}

/** One was made before an update of the guest: what was read is old. */
function noteUpdate({ status }: Guest, notes: ReturnType<SnapshotParts["memory"]["of"]>): void {
  const made = status?.task?.action === "Snapshot" ? undefined : status?.snapshotBefore?.name;
  if (made === undefined || made === notes.update) return;
  notes.update = made;
  notes.snapshots = undefined;
}

type Placed = Extract<Place, { readonly ref: unknown }>;

/** Snapshots that carry this policy's mark. */
async function ours(policy: SnapshotPolicy, { port, ref }: Placed, signal: AbortSignal): Promise<readonly string[]> {
  const mark = markOf(policy.metadata);
  const all = await port.snapshots(ref, signal);
  const whole = all.filter(({ description, unfinished }) => description.includes(mark) && unfinished !== true);
  return whole.map(({ name }) => name);
}

/** A lock, a task on it, or the node starting or stopping everything (A4). */
async function busyWith(
  { port, ref, seen }: Placed,
  { nodeTasks, memory }: SnapshotParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (seen.lock !== undefined) return seen.lock;
  const tasks = await nodeTasks.active(port, ref.node, signal);
  const running = tasks.filter((task) => task.exit === undefined && !memory.own.has(task.upid));
  return running.find(({ id, type }) => id === String(ref.vmid) || type === "stopall" || type === "startall")?.type;
}

/** What became of the step in `status.task` (A3). */
async function followed(policy: SnapshotPolicy, parts: SnapshotParts, signal: AbortSignal): Promise<SnapshotTask> {
  const intent = policy.status?.task;
  if (intent === undefined) return { is: "none" };
  const following = { key: keyText(keyOf(policy)), id: `${intent.kind}/${intent.name}`, intent };
  const guest = guestAt(parts.world, policy.metadata.namespace, following.id);
  // The object is gone: what its task makes of the guest is nobody's business here any more.
  if (guest === undefined) return { is: "none" };
  const place = placeOf(guest, parts);
  if (!("ref" in place)) return { is: "sought" };
  const upid = intent.upid ?? (await sought(intent, guest, place, signal));
  if (upid !== undefined) return follow(upid, { ...following, place }, parts, signal);
  const age = parts.clock.now() - Date.parse(intent.startTime);
  if (age >= 0 && age < LIST_LAG_MS) return { is: "sought" };
  ended(following.key, following.id, parts);
  return { is: "none" };
}

interface Following {
  readonly key: string;
  /** Of the guest. */
  readonly id: string;
  readonly intent: { readonly snapshot: string };
  readonly place: Placed;
}

async function follow(
  upid: string,
  { key, id, intent, place }: Following,
  parts: SnapshotParts,
  signal: AbortSignal,
): Promise<SnapshotTask> {
  parts.memory.own.add(upid);
  const state = await parts.taskWatch.state(key, upid, place.port, signal);
  if (state.is === "running") {
    parts.slots.note(`${place.cluster}/${place.ref.node}`, key);
    return { is: "running", upid };
  }
  ended(key, id, parts);
  const failure = state.is === "ended" && !state.ok ? state.exit : undefined;
  if (failure === undefined) parts.memory.noteSuccess(key, id);
  else parts.memory.noteFailure(key, id, { snapshot: intent.snapshot, text: failure });
  return { is: "ended", upid, failure };
}

async function sought(
  { action, startTime }: { readonly action: string; readonly startTime: string },
  guest: Guest,
  { port, ref }: Placed,
  signal: AbortSignal,
): Promise<string | undefined> {
  const types = action === "Snapshot" ? CARRIED_OUT_BY.Snapshot : CARRIED_OUT_BY.DeleteSnapshot;
  const since = Date.parse(startTime) - SKEW_MS;
  const tasks = await port.tasks(ref.node, { since, vmid: ref.vmid }, signal);
  // The one before an update of the guest is the guest's.
  const its = guest.status?.task?.upid;
  return tasks.find(({ upid, user, type }) => user === port.identity && types.test(type) && upid !== its)?.upid;
}

/** What was read before is old, and the node is free. */
function ended(key: string, guest: string, parts: SnapshotParts): void {
  parts.memory.of(key, guest).snapshots = undefined;
  freeSlot(parts, key);
}
