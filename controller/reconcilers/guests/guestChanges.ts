import type { Guest } from "../../api/index.ts";
import type { Difference, FieldChange } from "../../plan/guests/configuration/difference.ts";
import { differencesOf } from "../../plan/guests/configuration/differences.ts";
import { driftOf, newIn } from "../../plan/guests/drift.ts";
import { authorOf, isWriter, keysIn, type Writer } from "../../plan/guests/driftAuthor.ts";
import type { Sight } from "../../plan/guests/guestInput.ts";
import type { Lab } from "../../plan/lab.ts";
import type { TaskSeen } from "../../providers/port.ts";
import type { BusyLook } from "./guestBusy.ts";

type Present = Extract<Sight, { is: "present" }>;

interface Look extends BusyLook {
  readonly lab: Lab;
}

/** Values that agreed or were others at a moment: where the guest was then, and when on the clock of its node. */
interface Fresh {
  readonly differences: readonly Difference[];
  readonly node: string | undefined;
  readonly since: number;
}

/** A task that wrote the configuration may have begun so long before it did. */
const LONG_TASK_MS = 3_600_000;
/** Tasks' times are whole seconds. */
const WHOLE_SECOND_MS = 1_000;

/**
 * Which declared values somebody changed in Proxmox while the spec stayed as it is, and who (I4). The task lists are asked
 * only when a new reading of the configuration shows such a value (O1).
 */
export async function changesOf(
  object: Guest,
  sight: Present,
  look: Look,
  signal: AbortSignal,
): Promise<readonly FieldChange[]> {
  const { config, guest } = sight;
  const { record, lab } = look;
  if (config === undefined) return [];
  const known = record.changes;
  if (known?.of === config) return known.list;
  const now = differencesOf(object, config, guest, lab);
  const fresh = freshIn(now, object, look);
  const found = fresh.differences.length === 0 ? [] : await explained(fresh, sight, look, signal);
  const still = (known?.list ?? []).filter((change) => newIn([change], now).length === 0);
  const list = [...newIn(still, found), ...found];
  record.changes = { of: config, list };
  record.formerConfig = undefined;
  return list;
}

/** Against the reading before; at this process's first sight against what the status says of an unchanged spec. */
function freshIn(now: readonly Difference[], object: Guest, { record, lab }: Look): Fresh {
  const former = record.formerConfig;
  const nothing = { differences: [], node: undefined, since: 0 };
  if (former !== undefined) {
    const before = differencesOf(object, former.config, former, lab);
    return { differences: newIn(now, before), node: former.node, since: former.nodeTime };
  }
  const { status, metadata } = object;
  const inSync = status?.conditions?.find(({ type }) => type === "ConfigInSync");
  if (record.changes !== undefined || inSync === undefined || inSync.status === "Unknown") return nothing;
  if (inSync.observedGeneration !== metadata.generation) return nothing;
  const shown = newIn(driftOf(now), status?.drift ?? []).map(({ field }) => field);
  return {
    differences: now.filter(({ field }) => shown.includes(field)),
    node: status?.node,
    since: Date.parse(inSync.lastTransitionTime),
  };
}

/** Who it was stays open where the task lists cannot be had: the change itself is seen all the same. */
async function explained(
  fresh: Fresh,
  sight: Present,
  look: Look,
  signal: AbortSignal,
): Promise<readonly FieldChange[]> {
  const writers = await writersSince(fresh, sight, look, signal).catch(() => []);
  return fresh.differences.map(({ field, actual }) => {
    const by = authorOf(field, writers);
    return by === undefined || by.by === look.connection.port.identity ? { field, actual } : { field, actual, by };
  });
}

/** Newest first, of each node it was on: a migration is in the list of the node that was left. */
async function writersSince(
  { node, since }: Fresh,
  { guest }: Present,
  { connection, nodeTasks }: Look,
  signal: AbortSignal,
): Promise<readonly Writer[]> {
  const { port } = connection;
  const nodes = [...new Set([guest.node, node ?? guest.node])].filter(
    (name) => port.seen()?.nodes.get(name)?.online === true,
  );
  const lists = await Promise.all(nodes.map((name) => nodeTasks.since(port, name, since - LONG_TASK_MS, signal)));
  const writers = lists
    .flat()
    .filter((task) => task.id === String(guest.vmid) && isWriter(task))
    .filter(({ endTime }) => endTime === undefined || endTime >= since - WHOLE_SECOND_MS)
    .sort((a, b) => b.startTime - a.startTime);
  return Promise.all(
    writers.map(async (task: TaskSeen) =>
      task.type === "qmconfig" ? { ...task, keys: keysIn(await port.taskLog(task.upid, signal)) } : task,
    ),
  );
}
