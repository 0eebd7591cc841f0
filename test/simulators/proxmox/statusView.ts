import { bytesOf, guestName, properties, tagsOf } from "./guestSettings.ts";
import type { Lab } from "./lab.ts";
import { propertySize } from "./volumes.ts";
import type { Guest } from "./world.ts";

type View = Record<string, string | number>;

const MiB = 1024 ** 2;
const PRESSURE = ["cpu", "io", "memory"].flatMap((what) => [`pressure${what}some`, `pressure${what}full`]);

export function uptime(lab: Lab, guest: Guest): number {
  return guest.startedAt === undefined ? 0 : Math.floor((lab.pace.now() - guest.startedAt) / 1000);
}

function memoryMiB(guest: Guest): number {
  return Number(properties("qemu", "memory", guest.config["memory"])["current"] ?? guest.config["memory"] ?? 512);
}

function diskBytes(guest: Guest): number {
  if (guest.type === "lxc") return propertySize(guest.config["rootfs"]) || bytesOf("4G");
  const boot = /order=([^;]+)/.exec(guest.config["boot"] ?? "")?.[1] ?? "scsi0";
  return propertySize(guest.config[boot]);
}

function cpus(guest: Guest): number {
  const cores = Number(guest.config["cores"] ?? (guest.type === "lxc" ? 2 : 1));
  return guest.type === "lxc" ? cores : cores * Number(guest.config["sockets"] ?? 1);
}

/** The numbers that both kinds of list have. */
function basics(lab: Lab, guest: Guest): View {
  const lock = guest.config["lock"];
  const inside = guest.running
    ? { mem: 64 * MiB, diskread: 4096000, diskwrite: 1024, netin: 1000, netout: 1000 }
    : { mem: 0, diskread: 0, diskwrite: 0, netin: 0, netout: 0 };
  return {
    vmid: guest.vmid,
    status: guest.running ? "running" : "stopped",
    name: guestName(guest),
    uptime: uptime(lab, guest),
    cpu: 0,
    cpus: cpus(guest),
    maxmem: memoryMiB(guest) * MiB,
    maxdisk: diskBytes(guest),
    disk: guest.running && guest.type === "lxc" ? 512 * MiB : 0,
    ...inside,
    ...(guest.config["tags"] === undefined ? {} : { tags: guest.config["tags"] }),
    ...(lock === undefined ? {} : { lock }),
    ...(guest.config["template"] === "1" ? { template: 1 } : {}),
    ...(guest.running ? { pid: guest.pid ?? 0 } : {}),
  };
}

/** An entry of `GET /nodes/{n}/lxc`; with `ha` it is status/current. */
export function lxcStatus(lab: Lab, guest: Guest): View {
  const swap = guest.config["lock"] === "create" ? 0 : Number(guest.config["swap"] ?? 0);
  const pressure = guest.running ? Object.fromEntries(PRESSURE.map((key) => [key, "0.00"])) : {};
  return { ...basics(lab, guest), type: "lxc", swap: 0, maxswap: swap * MiB, ...pressure };
}

/** An entry of `GET /nodes/{n}/qemu`. */
export function qemuStatus(lab: Lab, guest: Guest, full: boolean): View {
  const serial = Object.keys(guest.config).some((key) => key.startsWith("serial"));
  return {
    ...basics(lab, guest),
    memhost: 0,
    ...(serial ? { serial: 1 } : {}),
    ...(full ? { qmpstatus: qmpStatus(guest) } : {}),
  };
}

function qmpStatus(guest: Guest): string {
  return guest.running ? (guest.paused === true ? "paused" : "running") : "stopped";
}

export function agentEnabled(guest: Guest): boolean {
  return properties("qemu", "agent", guest.config["agent"])["enabled"] === "1";
}

/** The `ha` member of status/current. */
export function haView(lab: Lab, guest: Guest): Record<string, string | number | null> {
  const resource = lab.world.ha.get(`${guest.type === "lxc" ? "ct" : "vm"}:${String(guest.vmid)}`);
  return resource === undefined ? { managed: 0 } : { managed: 1, state: resource.state };
}

/** What a node broadcasts about a guest; the list of the cluster shows it until the next broadcast. */
export function broadcastView(lab: Lab, guest: Guest): View {
  const { vmid: _, tags: _tags, lock: _lock, pid: _pid, cpus: maxcpu = 1, template = 0, ...rest } = basics(lab, guest);
  return { ...rest, maxcpu, template, memhost: 0 };
}

/** Every tag in use. */
export function allTags(lab: Lab): string[] {
  return [...new Set([...lab.world.guests.values()].flatMap((guest) => tagsOf(guest.config)))].sort();
}
