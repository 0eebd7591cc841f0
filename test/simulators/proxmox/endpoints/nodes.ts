import { denied } from "../apiError.ts";
import { requireQuorum, type Call, type Lab, type Route } from "../lab.ts";
import { ANY_USER, choice, flag, format, integer, needs, NODE, required } from "../schema.ts";
import { startAllWorker, stopAllWorker } from "../nodeTasks.ts";
import { items } from "../validate.ts";
import type { NodeState } from "../world.ts";

const GiB = 1024 ** 3;
const MEMORY = { total: 64 * GiB, used: 8 * GiB, free: 52 * GiB, available: 56 * GiB };
const DISK = { total: 256 * GiB, used: 32 * GiB };
export const REPOID = "14a22df3abcdef01";
const CORES = 8;

export function versionView(lab: Lab): Record<string, string> {
  const version = lab.settings.version;
  return { version, release: version.split(".").slice(0, 2).join("."), repoid: REPOID };
}

function nodeUptime(lab: Lab, node: NodeState): number {
  return Math.floor((lab.pace.now() - node.bootedAt) / 1000);
}

/** The numbers of a node, for callers with Sys.Audit on it. */
export function nodeNumbers(call: Call, node: NodeState): Record<string, number> {
  if (!call.permissions.has(call.caller.user, `/nodes/${node.name}`, "Sys.Audit")) return {};
  const limits = { maxcpu: CORES, maxmem: MEMORY.total, maxdisk: DISK.total };
  if (!node.online) return limits;
  return { ...limits, uptime: nodeUptime(call.lab, node), cpu: 0.02, mem: MEMORY.used, disk: DISK.used };
}

export function nodeEntry(call: Call, node: NodeState): Record<string, unknown> {
  const { name, online } = node;
  return {
    id: `node/${name}`,
    node: name,
    type: "node",
    status: online ? "online" : "offline",
    level: "",
    ...nodeNumbers(call, node),
  };
}

function status(call: Call): unknown {
  const node = call.lab.world.nodes.get(call.node);
  return {
    uptime: node === undefined ? 0 : nodeUptime(call.lab, node),
    idle: 0,
    cpu: 0.02,
    wait: 0,
    loadavg: ["0.10", "0.20", "0.10"],
    kversion: "Linux 7.0.0-1-pve #1 SMP (simulated)",
    "current-kernel": { sysname: "Linux", release: "7.0.0-1-pve", version: "#1 SMP", machine: "x86_64" },
    "boot-info": { mode: "efi", secureboot: 0 },
    cpuinfo: {
      model: "Simulated",
      cpus: CORES,
      cores: CORES / 2,
      sockets: 1,
      mhz: "3000.000",
      flags: "fpu vmx",
      hvm: "1",
      user_hz: 100,
    },
    memory: MEMORY,
    swap: { total: 0, used: 0, free: 0 },
    ksm: { shared: 0 },
    rootfs: { total: DISK.total, used: DISK.used, free: DISK.total - DISK.used, avail: DISK.total - DISK.used },
    pveversion: `pve-manager/${call.lab.settings.version}/${REPOID}`,
  };
}

function power(call: Call): null {
  call.lab.host.power(call.node, call.values["command"] === "reboot" ? "reboot" : "shutdown");
  return null;
}

/** VM.PowerMgmt on /, or on each guest that is named. */
function requirePower(call: Call): void {
  const { permissions, caller } = call;
  const vms = items(call.values["vms"]);
  if (permissions.has(caller.user, "/", "VM.PowerMgmt")) return;
  if (vms.length === 0) throw denied("/, VM.PowerMgmt");
  for (const vmid of vms) {
    if (!permissions.has(caller.user, `/vms/${vmid}`, "VM.PowerMgmt")) throw denied(`/vms/${vmid}, VM.PowerMgmt`);
  }
}

function startAll(call: Call): string {
  requirePower(call);
  requireQuorum(call.lab.world);
  const { lab, node, values, caller } = call;
  const only = values["vms"] === undefined ? undefined : items(values["vms"]).map(Number);
  const how = { node, user: caller.user, only, evenWithoutOnboot: values["force"] === "1" };
  return lab.tasks.fork({ node, type: "startall", id: "", user: caller.user }, startAllWorker(lab, how));
}

function stopAll(call: Call): string {
  requirePower(call);
  const { lab, node, values, caller } = call;
  const only = values["vms"] === undefined ? undefined : items(values["vms"]).map(Number);
  const how = { node, user: caller.user, only, forceStop: values["force-stop"] !== "0", timeout: values["timeout"] };
  return lab.tasks.fork({ node, type: "stopall", id: "", user: caller.user }, stopAllWorker(lab, how));
}

const INDEX = [
  "lxc",
  "network",
  "qemu",
  "replication",
  "startall",
  "status",
  "stopall",
  "storage",
  "tasks",
  "time",
  "version",
];
const WORKERS = integer({ minimum: 1, maximum: 64 });
const ONE = "/nodes/{node}";

/** Nodes: what they are, and tasks of the whole node. */
export const NODE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    params: {},
    access: ANY_USER,
    handle: () => ["version", "cluster", "nodes", "storage", "access", "pools"].map((subdir) => ({ subdir })),
  },
  { method: "GET", path: "/version", params: {}, access: ANY_USER, handle: (call) => versionView(call.lab) },
  {
    method: "GET",
    path: "/nodes",
    params: {},
    access: ANY_USER,
    handle: (call) =>
      [...call.lab.world.nodes.values()].map((node) => ({
        ...nodeEntry(call, node),
        ssl_fingerprint: call.lab.fingerprint,
      })),
  },
  { method: "GET", path: ONE, params: NODE, access: ANY_USER, handle: () => INDEX.map((name) => ({ name })) },
  {
    method: "GET",
    path: `${ONE}/version`,
    params: NODE,
    access: ANY_USER,
    proxied: true,
    handle: (call) => versionView(call.lab),
  },
  {
    method: "GET",
    path: `${ONE}/status`,
    params: NODE,
    access: needs("/nodes/{node}", "Sys.Audit"),
    proxied: true,
    handle: status,
  },
  {
    method: "POST",
    path: `${ONE}/status`,
    access: needs("/nodes/{node}", "Sys.PowerMgmt"),
    protected: true,
    proxied: true,
    params: { ...NODE, command: required(choice("reboot", "shutdown")) },
    handle: power,
  },
  {
    method: "GET",
    path: `${ONE}/time`,
    params: NODE,
    access: needs("/nodes/{node}", "Sys.Audit"),
    proxied: true,
    handle: (call) => ({ time: call.lab.pace.seconds(), localtime: call.lab.pace.seconds(), timezone: "UTC" }),
  },
  {
    method: "POST",
    path: `${ONE}/startall`,
    access: ANY_USER,
    protected: true,
    proxied: true,
    params: { ...NODE, force: flag, "max-workers": WORKERS, vms: format("pve-vmid-list") },
    handle: startAll,
  },
  {
    method: "POST",
    path: `${ONE}/stopall`,
    access: ANY_USER,
    protected: true,
    proxied: true,
    params: {
      ...NODE,
      "force-stop": flag,
      "max-workers": WORKERS,
      timeout: integer({ minimum: 0, maximum: 7200 }),
      vms: format("pve-vmid-list"),
    },
    handle: stopAll,
  },
];
