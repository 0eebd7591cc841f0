import type { Guest } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import { marksIn } from "../../plan/mark.ts";
import { explainDown, type Down } from "../../plan/guests/explain.ts";
import type { ClusterSeen, GuestSeen, TaskSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";
import type { NodeTasks } from "../shared/nodeTasks.ts";
import { allows } from "../../plan/need.ts";

export interface Scene {
  readonly connection: Connection;
  readonly record: GuestRecord;
  readonly clock: Clock;
  readonly nodeTasks: NodeTasks;
  readonly seen: ClusterSeen;
  /** Another controller's task with our token, when one is met (A3). */
  readonly meets: (tasks: readonly TaskSeen[]) => void;
}

const MARGIN_MS = 120_000;
const HOUR_MS = 3_600_000;
const RETRY_MS = 1_000;

/**
 * Why a stopped guest is down (O6). Asked once per time it goes down, and again while the answer waits on time.
 * Undefined when nothing needs an explanation: it was never seen running in any boot and not adopted running.
 */
export async function explain(
  object: Guest,
  guest: GuestSeen,
  scene: Scene,
  signal: AbortSignal,
): Promise<Down | undefined> {
  const { record, clock } = scene;
  if (guest.power !== "Stopped" || !needsReason(object, guest)) {
    forget(record, guest);
    return undefined;
  }
  const now = clock.monotonic();
  record.downSince ??= now;
  const known = record.down;
  if (
    known !== undefined &&
    !(known.down.cause === "Unknown" && seesOthers(guest, scene)) &&
    (known.down.retryMs === undefined || now - known.at < Math.min(known.down.retryMs, RETRY_MS))
  )
    return known.down;
  noteNodes(record, object, guest);
  const down = scene.connection.permissions === undefined ? UNREAD : await ask(guest, scene, signal);
  record.down = { down, at: now };
  return down;
}

/** Where it is, and where it was when it ran: what was migrated after its stop left the stop's task behind. */
function noteNodes({ downNodes }: GuestRecord, { status }: Guest, guest: GuestSeen): void {
  for (const node of [guest.node, status?.node, status?.migration?.from]) if (node !== undefined) downNodes.add(node);
}

/** Nothing is to be explained; what is known of the time it was down ends when it runs. */
function forget(record: GuestRecord, { power }: GuestSeen): void {
  record.down = undefined;
  if (power !== "Running") return;
  record.downSince = undefined;
  record.downNodes.clear();
}

/** Whether the token sees the tasks of others is not known yet: nobody's stop is overlooked for that (O6). */
const UNREAD: Down = { cause: "Busy", message: "the token's privileges are being read first", retryMs: 500 };

/**
 * It ran before, or carries a mark of this namespace and is seen for the first time; without a mark, applying it is the
 * person's newest word (O7).
 */
function needsReason({ status, metadata }: Guest, { tags }: GuestSeen): boolean {
  if (status?.bootID !== undefined) return true;
  const marked = marksIn(tags).some((mark) => mark.namespace === metadata.namespace);
  return marked && status?.seenVmid === undefined;
}

async function ask(guest: GuestSeen, scene: Scene, signal: AbortSignal): Promise<Down> {
  const { connection, record, seen } = scene;
  const { port } = connection;
  const node = seen.nodes.get(guest.node);
  const tasks = await everywhere(guest, scene, signal);
  scene.meets(tasks);
  return explainDown({
    type: guest.type,
    vmid: guest.vmid,
    tasks,
    own: record.own,
    identity: port.identity,
    nodeBootTime: node?.bootTime,
    now: node?.time ?? scene.clock.now(),
    lastRunning: record.lastRunning,
    seesOthers: seesOthers(guest, scene),
    ha: guest.ha,
  });
}

/** The tasks of each node it was on since it ran: what is moved after its stop leaves the stop's task behind. */
async function everywhere(guest: GuestSeen, scene: Scene, signal: AbortSignal): Promise<readonly TaskSeen[]> {
  const { record, seen } = scene;
  const nodes = [...record.downNodes].filter((name) => name === guest.node || seen.nodes.get(name)?.online === true);
  const lists = await Promise.all(nodes.map((node) => tasksOn(node, guest, scene, signal)));
  const known = lists.flat();
  const all = known.some((task) => isStopOf(guest, task)) ? known : [...known, ...(await unseen(guest, scene, signal))];
  return lists.length === 1 && all === known ? all : all.toSorted((a, b) => b.startTime - a.startTime);
}

/** At first sight nobody knows where it was when it was stopped: where nothing tells of a stop, all nodes are asked. */
async function unseen(guest: GuestSeen, scene: Scene, signal: AbortSignal): Promise<readonly TaskSeen[]> {
  const { connection, record, seen } = scene;
  if (record.lastRunning !== undefined) return [];
  const others = [...seen.nodes.values()].filter(({ name, online }) => online && !record.downNodes.has(name));
  const ask = others.map(({ name }) => connection.port.tasks(name, { vmid: guest.vmid }, signal));
  return (await Promise.all(ask)).flat();
}

function isStopOf({ vmid }: GuestSeen, { id, type }: TaskSeen): boolean {
  return id === String(vmid) && /stop|shutdown/.test(type);
}

function tasksOn(node: string, guest: GuestSeen, scene: Scene, signal: AbortSignal): Promise<readonly TaskSeen[]> {
  const { connection, record, nodeTasks } = scene;
  if (record.lastRunning === undefined) return ofGuest(node, guest, scene, signal);
  return nodeTasks.since(connection.port, node, record.lastRunning - MARGIN_MS, signal);
}

/** Whether the node's task list is whole: without the privilege to see the tasks of others nothing can be excluded. */
function seesOthers({ node }: GuestSeen, { connection }: Scene): boolean {
  return connection.permissions === undefined || allows(connection.permissions, `/nodes/${node}`, "Sys.Audit");
}

/** First sight: the guest's own last tasks, and what the node did around its last stop. */
async function ofGuest(
  node: string,
  guest: GuestSeen,
  { connection, nodeTasks }: Scene,
  signal: AbortSignal,
): Promise<readonly TaskSeen[]> {
  const own = await connection.port.tasks(node, { vmid: guest.vmid }, signal);
  const stop = own.find((task) => isStopOf(guest, task));
  if (stop === undefined) return own;
  const around = await nodeTasks.since(connection.port, node, stop.startTime - HOUR_MS, signal);
  const known = new Set(around.map((task) => task.upid));
  return [...around, ...own.filter((task) => !known.has(task.upid))].sort((a, b) => b.startTime - a.startTime);
}
