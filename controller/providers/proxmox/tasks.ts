import { ProviderError } from "../../base/outcome.ts";
import type { TaskSeen, TaskState } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { number, present, row, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";

/** Newest tasks read in one call. */
const LIMIT = 500;

const upidPattern =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** What a UPID says by itself (contract 3.1). */
interface Upid {
  readonly node: string;
  readonly startTime: number;
  readonly type: string;
  readonly id: string;
  /** user@realm!token */
  readonly user: string;
}

export function parseUpid(upid: string): Upid | undefined {
  const match = upidPattern.exec(upid);
  if (match === null) return undefined;
  const [, node = "", , , start = "", type = "", id = "", user = ""] = match;
  return { node, startTime: Number.parseInt(start, 16) * 1000, type, id, user };
}

/** The UPID that a call which forks a task answers with. Without one nobody knows what became of it. */
export function upidOf(data: unknown): string {
  if (typeof data === "string" && parseUpid(data) !== undefined) return data;
  throw new ProviderError("outcomeUnknown", "Proxmox answered without the id of a task", { status: 200 });
}

/** "OK" and warnings are success. */
export function isGoodExit(exit: string): boolean {
  return exit === "OK" || /^WARNINGS: \d+$/.test(exit);
}

/**
 * Tasks of a node, newest first. `since` is compared with a task's start, so ask from before whatever may have begun
 * earlier. A finished task may be missing for up to 10 s from the list of finished ones (contract 3.2).
 */
export async function readTasks(
  engine: Engine,
  node: string,
  query: { readonly since?: number; readonly vmid?: number; readonly activeOnly?: boolean },
  call: { readonly signal: AbortSignal; readonly poll?: boolean },
): Promise<readonly TaskSeen[]> {
  const data: unknown = await engine
    .api(call)
    .nodes.$(node)
    .tasks.$get({
      source: query.activeOnly === true ? "active" : "all",
      limit: LIMIT,
      ...(query.vmid === undefined ? {} : { vmid: query.vmid }),
      ...(query.since === undefined ? {} : { since: Math.floor(query.since / 1000) }),
    });
  const seen = rows(data).flatMap(taskOf);
  return (query.activeOnly === true ? seen.filter((task) => task.exit === undefined) : seen).toSorted(
    (a, b) => b.startTime - a.startTime,
  );
}

function taskOf(task: Row): TaskSeen[] {
  const upid = text(task["upid"]);
  const parsed = upid === undefined ? undefined : parseUpid(upid);
  if (upid === undefined || parsed === undefined) return [];
  return [
    present({
      upid,
      node: parsed.node,
      type: parsed.type,
      id: parsed.id,
      user: userOf(task, parsed),
      startTime: (number(task["starttime"]) ?? parsed.startTime / 1000) * 1000,
      ...endOf(task),
    }),
  ];
}

/** A running task has no end, and the word RUNNING or nothing for its exit. */
function endOf(task: Row): Pick<TaskSeen, "endTime" | "exit"> {
  const end = number(task["endtime"]);
  const status = text(task["status"]);
  if (end === undefined && (status === undefined || status === "RUNNING")) return {};
  return present({ endTime: end === undefined ? undefined : end * 1000, exit: status ?? "unknown" });
}

/** Proxmox splits a token's name from its user in lists; the UPID has both. */
function userOf(task: Row, parsed: Upid): string {
  const user = text(task["user"]);
  const token = text(task["tokenid"]);
  if (user === undefined) return parsed.user;
  return token === undefined || user.includes("!") ? user : `${user}!${token}`;
}

/** So many lines from the beginning. */
const LOG_LINES = 10;

export async function readTaskLog(engine: Engine, upid: string, signal: AbortSignal): Promise<readonly string[]> {
  const parsed = parseUpid(upid);
  if (parsed === undefined) throw new ProviderError("spec", `"${upid}" is not a UPID`);
  const data: unknown = await engine.api({ signal }).nodes.$(parsed.node).tasks.$(upid).log.$get({ limit: LOG_LINES });
  return rows(data).map((line) => text(line["t"]) ?? "");
}

export async function readTaskState(engine: Engine, upid: string, signal: AbortSignal): Promise<TaskState> {
  const parsed = parseUpid(upid);
  if (parsed === undefined) throw new ProviderError("spec", `"${upid}" is not a UPID`);
  try {
    const data: unknown = await engine.api({ signal }).nodes.$(parsed.node).tasks.$(upid).status.$get();
    const task = row(data);
    if (text(task["status"]) === "running") return { is: "running" };
    const exit = text(task["exitstatus"]) ?? "no exit status";
    return { is: "ended", ok: isGoodExit(exit), exit };
  } catch (error) {
    if (error instanceof ProviderError && error.status === 400 && error.message.includes("no such task")) {
      return { is: "lost" };
    }
    throw error;
  }
}
