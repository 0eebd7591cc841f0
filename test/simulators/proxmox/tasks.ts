import { invalid, textOf } from "./apiError.ts";
import type { Pace } from "../shared/pace.ts";
import type { TaskRecord, World } from "./world.ts";

/** A running task, as its worker sees it. */
export interface TaskHandle {
  readonly upid: string;
  readonly user: string;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Makes the task end with WARNINGS. */
  readonly warn: (line: string) => void;
}

export type Worker = (task: TaskHandle) => Promise<void>;

/** What to fork. */
export interface TaskRequest {
  readonly node: string;
  readonly type: string;
  /** vmid as text; empty for tasks of a node. */
  readonly id: string;
  readonly user: string;
}

/** What a worker that is killed or interrupted ends with; it leaves everything as it is. */
export class Aborted extends Error {}

const KEPT = 2000;
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");

export const UPID =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** Workers of all nodes: forked at once, followed by UPID, listed as late as the real archive is (contract §3). */
export class Tasks {
  readonly #world: World;
  readonly #pace: Pace;
  readonly #running = new Map<string, { controller: AbortController; done: Promise<void> }>();
  /** Finished tasks that the archive index does not show yet. */
  readonly #unsaved = new Set<string>();
  /** What `/cluster/tasks` shows. */
  #published: readonly TaskRecord[] = [];
  #held:
    { readonly types: readonly string[]; readonly released: Promise<void>; readonly release: () => void } | undefined;
  #pid = 1000 + Math.floor(Math.random() * 60000);

  constructor(world: World, pace: Pace) {
    this.#world = world;
    this.#pace = pace;
  }

  /** Tasks that ran when the simulator was killed have ended without a last line. */
  recover(): void {
    for (const [upid, task] of this.#world.tasks) {
      if (task.endtime !== undefined) continue;
      task.endtime = this.#pace.seconds();
      task.exit = "unexpected status";
      this.#world.tasks.touch(upid);
    }
    this.refresh();
  }

  /** Workers of these types that are forked from now on stand still until they are held no more. */
  hold(types: readonly string[]): void {
    this.#held?.release();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    this.#held = types.length === 0 ? undefined : { types, released, release };
  }

  nextPid(): number {
    this.#pid += 1 + Math.floor(Math.random() * 20);
    return this.#pid;
  }

  /** Forks a worker and gives back its UPID at once. */
  fork(request: TaskRequest, worker: Worker): string {
    const pid = this.nextPid();
    const starttime = this.#pace.seconds();
    const booted = this.#world.nodes.get(request.node)?.bootedAt ?? 0;
    const pstart = Math.max(0, Math.floor((this.#pace.now() - booted) / 10)) % 0xffffffff;
    const upid = `UPID:${request.node}:${hex(pid)}:${hex(pstart)}:${hex(starttime)}:${request.type}:${request.id}:${request.user}:`;
    const record: TaskRecord = { upid, ...request, pid, pstart, starttime, log: [] };
    this.refresh();
    this.#world.tasks.set(upid, record);
    const controller = new AbortController();
    const done = this.#work(record, controller, worker);
    this.#running.set(upid, { controller, done });
    this.refresh();
    return upid;
  }

  /** Resolves when the task has ended, whatever its result. */
  async ended(upid: string): Promise<TaskRecord | undefined> {
    await this.#running.get(upid)?.done;
    return this.#world.tasks.get(upid);
  }

  isRunning(upid: string): boolean {
    return this.#running.has(upid);
  }

  find(node: string, upid: string): TaskRecord {
    if (!UPID.test(upid)) throw invalid({ upid: "unable to parse worker upid" });
    const task = this.#world.tasks.get(upid);
    if (task?.node !== node) throw invalid({ upid: "no such task" });
    return task;
  }

  /** Breaks a worker off; it ends with that exit text. */
  async abort(upid: string, exit: string): Promise<void> {
    const running = this.#running.get(upid);
    running?.controller.abort(new Aborted(exit));
    await running?.done;
  }

  runningOf(node: string, type?: string, id?: string): TaskRecord[] {
    return [...this.#running.keys()]
      .map((upid) => this.#world.tasks.get(upid))
      .filter((task) => task !== undefined)
      .filter((task) => task.node === node && (type ?? task.type) === task.type && (id ?? task.id) === task.id);
  }

  /** All workers of a node die (it lost power, or went down). */
  async killAll(node: string): Promise<void> {
    await Promise.all(this.runningOf(node).map((task) => this.abort(task.upid, "unexpected status")));
  }

  /** Finished tasks of the archive, and running ones where asked for, newest first. */
  list(node: string, source: "archive" | "active" | "all"): TaskRecord[] {
    const shown = (task: TaskRecord): boolean => {
      const running = task.endtime === undefined;
      if (source === "archive") return !running && !this.#unsaved.has(task.upid);
      return source === "all" || running || this.#unsaved.has(task.upid);
    };
    return [...this.#world.tasks.values()].filter((task) => task.node === node && shown(task)).reverse();
  }

  published(): readonly TaskRecord[] {
    return this.#published;
  }

  /** Writes the archive index and tells the cluster; happens at each fork and with each broadcast. */
  refresh(): void {
    this.#unsaved.clear();
    const perNode = new Map<string, number>();
    this.#published = [...this.#world.tasks.values()].reverse().filter((task) => {
      const count = (perNode.get(task.node) ?? 0) + (task.endtime === undefined ? 0 : 1);
      perNode.set(task.node, count);
      return task.endtime === undefined || count <= 25;
    });
  }

  /** Forgets finished tasks: those beyond what is kept, or all when `everything`. */
  prune(everything = false): void {
    let over = everything ? Infinity : this.#world.tasks.size - KEPT;
    for (const [upid, task] of this.#world.tasks) {
      if (over <= 0) break;
      if (task.endtime === undefined) continue;
      this.#world.tasks.delete(upid);
      over -= 1;
    }
    this.refresh();
  }

  async #work(record: TaskRecord, controller: AbortController, worker: Worker): Promise<void> {
    let warnings = 0;
    const log = (line: string): void => {
      record.log.push(line);
    };
    const warn = (line: string): void => {
      warnings += 1;
      log(`WARN: ${line}`);
    };
    let exit: string;
    try {
      await (this.#held?.types.includes(record.type) === true ? this.#held.released : undefined);
      await worker({ upid: record.upid, user: record.user, signal: controller.signal, log, warn });
      exit = warnings > 0 ? `WARNINGS: ${String(warnings)}` : "OK";
      log(warnings > 0 ? `TASK WARNINGS: ${String(warnings)}` : "TASK OK");
    } catch (error) {
      exit = textOf(error).replace(/\n/g, " ");
      if (exit !== "unexpected status") log(`TASK ERROR: ${exit}`);
    }
    record.exit = exit;
    record.endtime = this.#pace.seconds();
    record.endedAt = this.#pace.now();
    this.#unsaved.add(record.upid);
    this.#world.tasks.touch(record.upid);
    this.#running.delete(record.upid);
    if (this.#world.tasks.size > KEPT + 200) this.prune();
  }
}

/** A task as lists and status show it: user and token apart, no status of its own. */
export function taskView(task: TaskRecord): Record<string, string | number> {
  const [user = "", tokenid] = task.user.split("!");
  return {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.starttime,
    type: task.type,
    id: task.id,
    user,
    ...(tokenid === undefined ? {} : { tokenid }),
  };
}
