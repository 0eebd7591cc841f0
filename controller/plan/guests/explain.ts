import type { GuestType, TaskSeen } from "../../providers/port.ts";

/** Why a guest is down (O6). `time`: milliseconds, node clock. */
export interface Down {
  readonly cause: "Own" | "HostReboot" | "NodeStopping" | "Busy" | "HA" | "StoppedByHand" | "Crashed" | "Unknown";
  readonly by?: string;
  readonly time?: number;
  readonly upid?: string;
  /** A sentence for a person. */
  readonly message: string;
  /** When to look again, where time decides. */
  readonly retryMs?: number;
}

/** What is known when a guest is found down. All times on the node's clock, milliseconds. */
export interface Evidence {
  readonly type: GuestType;
  readonly vmid: number;
  /** Tasks of the node newest first, node tasks included, running ones too. */
  readonly tasks: readonly TaskSeen[];
  /** UPIDs of our own intents for this guest. */
  readonly own: ReadonlySet<string>;
  /** Our own token: user@realm!name. */
  readonly identity: string;
  readonly nodeBootTime: number | undefined;
  readonly now: number;
  /** Last time it was certainly running; undefined at first sight. */
  readonly lastRunning: number | undefined;
  /** False without the privilege to see the tasks of others: then nothing can be excluded. */
  readonly seesOthers: boolean;
  readonly ha: string | undefined;
}

const STOPS = /^(vz|qm)(stop|shutdown|suspend)$|^hastop$/;
const STARTS = /^(vz|qm)(start|resume)$|^hastart$/;
const REBOOTS = /^(vz|qm)reboot$/;
const CARRIED_AWAY =
  /^(vzdump|vzrollback|qmrollback|vzmigrate|qmigrate|hamigrate|vzrestore|qmrestore|vzclone|qmclone|vztemplate|qmtemplate)$/;
const HA_REQUESTS = /^ha(start|stop)$/;
const HA_USER = "root@pam";
const HA_ACTS_MS = 60_000;
const STOPALL = "stopall";
const REBOOT_GRACE_MS = 60_000;
const STOPALL_GRACE_MS = 120_000;
const SLACK_MS = 30_000;

/** Decides in the order of O6: own intent, node, backup and the like, HA, a person's stop, else crashed. */
export function explainDown(evidence: Evidence): Down {
  const stop = lastStop(evidence);
  if (stop !== undefined && evidence.own.has(stop.upid))
    return { cause: "Own", ...at(stop), message: "stopped by this controller" };
  return (
    byNode(evidence, stop) ??
    byOtherTask(evidence) ??
    byPerson(evidence, stop) ??
    byHa(evidence) ??
    (evidence.seesOthers
      ? { cause: "Crashed", message: "it went down without any task: it crashed or was powered off from inside" }
      : {
          cause: "Unknown",
          message:
            "it went down, and the token may not see the tasks of others (Sys.Audit on /nodes is missing), so nobody can say why",
        })
  );
}

/** The newest stop of this guest that no later start has undone. */
function lastStop(evidence: Evidence): TaskSeen | undefined {
  const tasks = tasksOf(evidence);
  for (const [index, task] of tasks.entries()) {
    if (STARTS.test(task.type) && succeeded(task.exit ?? "")) return undefined;
    if (STOPS.test(task.type) && (task.exit === undefined || succeeded(task.exit)))
      return isOld(evidence, task) ? undefined : requested(task, tasks.slice(index + 1));
  }
  return undefined;
}

/** What HA stops as root somebody has asked it for a moment before: that request is the word (A8). */
function requested(stop: TaskSeen, older: readonly TaskSeen[]): TaskSeen {
  const request = stop.user === HA_USER ? older.find((task) => HA_REQUESTS.test(task.type)) : undefined;
  if (request?.type !== "hastop" || stop.startTime - request.startTime > HA_ACTS_MS) return stop;
  return request;
}

/** A stop that had ended well before the guest was last seen running explains nothing. */
function isOld(evidence: Evidence, task: TaskSeen): boolean {
  return evidence.lastRunning !== undefined && (task.endTime ?? evidence.now) < evidence.lastRunning - SLACK_MS;
}

function tasksOf(evidence: Evidence): readonly TaskSeen[] {
  return evidence.tasks.filter((task) => task.id === String(evidence.vmid));
}

function byNode(evidence: Evidence, stop: TaskSeen | undefined): Down | undefined {
  const parent = evidence.tasks.find((task) => task.type === STOPALL && covers(task, stop, evidence));
  const boot = evidence.nodeBootTime;
  if (parent !== undefined) return underStopall(parent, boot, evidence.now);
  const before = evidence.lastRunning ?? stop?.endTime;
  if (boot !== undefined && before !== undefined && boot > before && !isPersons(stop, evidence))
    return { cause: "HostReboot", time: boot, message: "its host has rebooted" };
  return undefined;
}

function underStopall(parent: TaskSeen, boot: number | undefined, now: number): Down {
  const end = parent.endTime;
  if (boot !== undefined && boot > parent.startTime)
    return { cause: "HostReboot", time: boot, message: "its host was shut down and has rebooted" };
  const retryMs = end === undefined ? 1000 : STOPALL_GRACE_MS - (now - end);
  if (retryMs > 0)
    return { cause: "NodeStopping", ...at(parent), message: `its node stops all guests (${parent.user})`, retryMs };
  return { cause: "StoppedByHand", ...at(parent), message: `stopped with all guests of the node by ${parent.user}` };
}

/** The stop is a child of this stopall: same user, within its time. Without a stop task: the guest vanished meanwhile. */
function covers(parent: TaskSeen, stop: TaskSeen | undefined, evidence: Evidence): boolean {
  const end = parent.endTime ?? evidence.now;
  if (stop !== undefined)
    return (
      stop.node === parent.node &&
      stop.user === parent.user &&
      stop.startTime >= parent.startTime - 1000 &&
      stop.startTime <= end + 1000
    );
  const last = evidence.lastRunning;
  return last !== undefined && end >= last - SLACK_MS;
}

function isPersons(stop: TaskSeen | undefined, evidence: Evidence): boolean {
  return stop !== undefined && stop.user !== evidence.identity;
}

function byOtherTask(evidence: Evidence): Down | undefined {
  const busy = tasksOf(evidence).find(
    (task) => CARRIED_AWAY.test(task.type) && isRecent(evidence, task) && !isOver(evidence, task),
  );
  if (busy !== undefined)
    return { cause: "Busy", ...at(busy), message: `${busy.type} by ${busy.user} took it down`, retryMs: 2000 };
  const reboot = tasksOf(evidence).find((task) => REBOOTS.test(task.type));
  if (reboot === undefined || !isRecent(evidence, reboot)) return undefined;
  return { cause: "Busy", ...at(reboot), message: `${reboot.user} reboots it`, retryMs: 1000 };
}

/** A migration of our own that is over carries nothing away any longer: what went before it says why (A10). */
function isOver(evidence: Evidence, task: TaskSeen): boolean {
  return task.user === evidence.identity && task.type.endsWith("migrate") && task.endTime !== undefined;
}

/** Still running, or ended less than a minute ago: it may come back by itself. */
function isRecent(evidence: Evidence, task: TaskSeen): boolean {
  return task.endTime === undefined || evidence.now - task.endTime < REBOOT_GRACE_MS;
}

function byPerson(evidence: Evidence, stop: TaskSeen | undefined): Down | undefined {
  if (stop === undefined) return undefined;
  if (stop.user === evidence.identity)
    return { cause: "Own", ...at(stop), message: "stopped with this controller's own token" };
  return { cause: "StoppedByHand", ...at(stop), message: `stopped by ${stop.user}` };
}

function byHa(evidence: Evidence): Down | undefined {
  if (evidence.ha === undefined || evidence.ha === "ignored") return undefined;
  return {
    cause: "HA",
    message: `it is managed by Proxmox HA (state ${evidence.ha}), which restarts it`,
    retryMs: 60_000,
  };
}

function at(task: TaskSeen): { by: string; time: number; upid: string } {
  return { by: task.user, time: task.startTime, upid: task.upid };
}

/** Success as Proxmox writes it: OK, or WARNINGS: n. */
export function succeeded(exit: string): boolean {
  return exit === "OK" || /^WARNINGS: \d+$/.test(exit);
}
