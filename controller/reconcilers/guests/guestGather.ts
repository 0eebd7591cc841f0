import type { Guest } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { Task } from "../../plan/guests/guestInput.ts";
import type { Lab } from "../../plan/lab.ts";
import type { ProxmoxPort } from "../../providers/port.ts";
import { lookAround } from "./absentGuest.ts";
import { NO_BRAKE } from "./guestBrake.ts";
import { noteLeaving } from "../lab/guestMemory.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import { lookAt } from "./guestSight.ts";
import { followTask, type Follow } from "./guestTask.ts";
import { isPolicyRecord } from "../shared/snapshotTasks.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

/** Looks at the guest, its task and whatever else the decision will need. Changes nothing outside. */
export async function gather(object: Guest, shop: GuestWorkshop, signal: AbortSignal): Promise<GuestSeenWhole> {
  const { namespace } = object.metadata;
  const namespaceTerminating = isDeleting(object) && (await shop.kube.namespaceTerminating(namespace, signal));
  const reach = shop.reach(object);
  if ("lost" in reach) return { ...NOTHING_SEEN, sight: reach.lost, task: openTask(object), namespaceTerminating };
  const { connection } = reach;
  const looking = shop.looking(object, connection);
  const node =
    leftNode(object) ??
    shop.refOf(object)?.node ??
    object.spec.node ??
    object.status?.node ??
    onlyNode(connection.port);
  const { clock, taskWatch: watch } = shop;
  noteLeaving(looking.record, object, clock);
  const { port } = connection;
  const isAnothers = (upid: string): boolean =>
    isOnRecord(upid, object, shop.labs.of(namespace)) || isPolicyRecord(shop.world, namespace, upid);
  const task = await taskOf(object, { port, record: looking.record, clock, watch, node, isAnothers }, signal);
  const sight = await lookAt(object, looking, signal);
  shop.probe(object, sight);
  const brake = await shop.brake.of(object, connection.port, shop.labs.of(namespace), signal);
  const seen = { sight, task, creation: undefined, obstacles: [], namespaceTerminating, brake, looking };
  if (sight.is === "absent") {
    looking.record.absent ??= {};
    return { ...seen, ...(await lookAround(object, { shop, looking, task }, signal)) };
  }
  looking.record.absent = undefined;
  return seen;
}

const NOTHING_SEEN = { creation: undefined, obstacles: [], brake: NO_BRAKE, looking: undefined } as const;

function taskOf(object: Guest, follow: Follow, signal: AbortSignal): Promise<Task> {
  return follow.port.reach().is === "reachable"
    ? followTask(object, follow, signal)
    : Promise.resolve(openTask(object));
}

/** The task is on record for another guest of the namespace. */
function isOnRecord(upid: string, { metadata }: Guest, { members }: Lab): boolean {
  return [...members.values()].some(
    ({ object }) => object.metadata.uid !== metadata.uid && object.status?.task?.upid === upid,
  );
}

/** Proxmox cannot be asked: an open intent stays open. */
function openTask(object: Guest): Task {
  const task = object.status?.task;
  if (task === undefined) return { is: "none" };
  return task.upid === undefined
    ? { is: "sought", action: task.action }
    : { is: "known", action: task.action, upid: task.upid, state: { is: "running" } };
}

/** The task of a migration is one of the node that the guest leaves. */
function leftNode({ status }: Guest): string | undefined {
  return status?.task?.action === "Migrate" ? status.migration?.from : undefined;
}

function onlyNode(port: ProxmoxPort): string | undefined {
  const names = [...(port.seen()?.nodes.keys() ?? [])];
  return names.length === 1 ? names[0] : undefined;
}
