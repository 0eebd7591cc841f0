import { denied } from "../apiError.ts";
import { int, on, type Call, type Route } from "../lab.ts";
import { ANY_USER, choice, flag, format, integer, NODE, OPTIONAL_VMID, required, text } from "../schema.ts";
import { taskView, UPID } from "../tasks.ts";
import { invalid } from "../apiError.ts";
import { items } from "../validate.ts";
import type { TaskRecord } from "../world.ts";

function requireMine(call: Call, upid: string, privilege: string): void {
  const owner = UPID.exec(upid)?.[7];
  const path = `/nodes/${call.node}`;
  if (owner === call.caller.user || call.permissions.has(call.caller.user, path, privilege)) return;
  throw denied(`${path}, ${privilege}`);
}

function upidOf(call: Call): string {
  const upid = call.values["upid"] ?? "";
  if (!UPID.test(upid)) throw invalid({ upid: "unable to parse worker upid" });
  return upid;
}

function kindOf(task: TaskRecord): string {
  if (task.exit === undefined || task.exit === "unexpected status") return "unknown";
  if (task.exit === "OK") return "ok";
  return /^WARNINGS: \d+$/.test(task.exit) ? "warning" : "error";
}

function wanted(call: Call): (task: TaskRecord) => boolean {
  const { values, permissions, caller } = call;
  const all = permissions.has(caller.user, `/nodes/${call.node}`, "Sys.Audit");
  const kinds = items(values["statusfilter"]);
  const tests: ((task: TaskRecord) => boolean)[] = [
    (task) => all || task.user === caller.user,
    (task) => values["vmid"] === undefined || task.id === values["vmid"],
    (task) => values["typefilter"] === undefined || task.type === values["typefilter"],
    (task) => values["userfilter"] === undefined || task.user.includes(values["userfilter"]),
    (task) => values["since"] === undefined || task.starttime >= Number(values["since"]),
    (task) => values["until"] === undefined || task.starttime <= Number(values["until"]),
    (task) => !on(values, "errors") || (task.exit !== undefined && kindOf(task) !== "ok"),
    (task) => kinds.length === 0 || kinds.includes(kindOf(task)),
  ];
  return (task) => tests.every((test) => test(task));
}

function list(call: Call): unknown {
  const source = (call.values["source"] ?? "archive") as "archive" | "active" | "all";
  const found = call.lab.tasks.list(call.node, source).filter(wanted(call));
  const start = int(call.values, "start", 0);
  call.beside.total = found.length;
  return found
    .slice(start, start + int(call.values, "limit", 50))
    .map((task) =>
      task.exit === undefined
        ? { ...taskView(task), status: "RUNNING", saved: "0" }
        : { ...taskView(task), endtime: task.endtime, status: task.exit },
    );
}

function status(call: Call): unknown {
  const upid = upidOf(call);
  if (call.lab.world.tasks.get(upid)?.node !== call.node) throw invalid({ upid: "no such task" });
  requireMine(call, upid, "Sys.Audit");
  const task = call.lab.tasks.find(call.node, upid);
  return task.exit === undefined
    ? { ...taskView(task), status: "running" }
    : { ...taskView(task), status: "stopped", exitstatus: task.exit };
}

function log(call: Call): unknown {
  const upid = upidOf(call);
  requireMine(call, upid, "Sys.Audit");
  const task = call.lab.world.tasks.get(upid);
  const lines =
    task === undefined
      ? ["unable to open file - No such file or directory"]
      : task.log.flatMap((line) => line.split("\n"));
  if (on(call.values, "download")) return new PlainText(`${lines.join("\n")}\n`);
  const shown = lines.length === 0 ? ["no content"] : lines;
  const start = int(call.values, "start", 0);
  const limit = int(call.values, "limit", 50);
  call.beside.total = shown.length;
  return shown.map((t, index) => ({ n: index + 1, t })).slice(start, limit === 0 ? undefined : start + limit);
}

/** A reply that is no JSON. */
export class PlainText {
  readonly text: string;

  constructor(content: string) {
    this.text = content;
  }
}

async function stop(call: Call): Promise<null> {
  const upid = upidOf(call);
  const task = call.lab.tasks.find(call.node, upid);
  requireMine(call, upid, "Sys.Modify");
  const stubborn = task.type === "vzshutdown";
  if (call.lab.tasks.isRunning(upid) && stubborn) await call.lab.pace.pause(5);
  await call.lab.tasks.abort(upid, stubborn ? "unexpected status" : "received interrupt");
  return null;
}

const BASE = "/nodes/{node}/tasks";
const ONE = { ...NODE, upid: required(text()) };

/** Tasks of a node (contract §3.2). */
export const TASK_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    access: ANY_USER,
    proxied: true,
    params: {
      ...NODE,
      errors: flag,
      limit: integer({ minimum: 0 }),
      since: integer(),
      source: choice("archive", "active", "all"),
      start: integer({ minimum: 0 }),
      statusfilter: format("pve-task-status-type-list"),
      typefilter: text(),
      until: integer(),
      userfilter: text(),
      vmid: OPTIONAL_VMID,
    },
    handle: list,
  },
  {
    method: "GET",
    path: `${BASE}/{upid}`,
    params: ONE,
    access: ANY_USER,
    handle: () => ["log", "status"].map((name) => ({ name })),
  },
  {
    method: "GET",
    path: `${BASE}/{upid}/status`,
    params: ONE,
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: status,
  },
  {
    method: "GET",
    path: `${BASE}/{upid}/log`,
    access: ANY_USER,
    protected: true,
    proxied: true,
    params: { ...ONE, download: flag, limit: integer({ minimum: 0 }), start: integer({ minimum: 0 }) },
    handle: log,
  },
  {
    method: "DELETE",
    path: `${BASE}/{upid}`,
    params: ONE,
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: stop,
  },
];
