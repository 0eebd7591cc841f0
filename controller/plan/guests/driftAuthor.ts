import type { TaskSeen } from "../../providers/port.ts";
import { succeeded } from "./explain.ts";

/** A task that may have written a guest's configuration. */
export interface Writer extends TaskSeen {
  /** Of a `qmconfig`: the keys that its log says it wrote. */
  readonly keys?: readonly string[];
}

/** `time`: milliseconds, node clock. */
export interface Author {
  readonly by: string;
  readonly time: number;
}

const MIGRATES = /^(vzmigrate|qmigrate|hamigrate)$/;
const REPLACES = /^(vz|qm)(rollback|restore)$/;
const MOVES_VOLUME = /^(move_volume|qmmove)$/;
/** HA carries out as root what somebody has asked it for a moment before (contract 8). */
const HA_USER = "root@pam";
const HA_ACTS_MS = 60_000;

/** Tasks that write a configuration, by their type. Most writes make none, and nobody can say who made them. */
export function isWriter({ type, exit }: TaskSeen): boolean {
  const writes = MIGRATES.test(type) || REPLACES.test(type) || MOVES_VOLUME.test(type);
  return (writes || type === "resize" || type === "qmconfig") && (exit === undefined || succeeded(exit));
}

/**
 * Who gave a field the value it has, out of the tasks since it had another one, newest first. Undefined where they do
 * not prove it: no task shows it, or two people grew or moved a volume and no task says which.
 */
export function authorOf(field: string, writers: readonly Writer[]): Author | undefined {
  const candidates = writers.filter((task) => part(task, field) !== "none");
  const [newest] = candidates;
  if (newest === undefined) return undefined;
  if (field === "node") return at(asked(newest, candidates));
  const sure = candidates.findIndex((task) => part(task, field) === "sure");
  const since = sure < 0 ? candidates : candidates.slice(0, sure + 1);
  return since.every(({ user }) => user === newest.user) ? at(newest) : undefined;
}

function at({ user, endTime, startTime }: TaskSeen): Author {
  return { by: user, time: endTime ?? startTime };
}

function asked(newest: Writer, migrations: readonly Writer[]): Writer {
  if (newest.user !== HA_USER) return newest;
  const request = migrations.find(({ type }) => type === "hamigrate");
  return request !== undefined && newest.startTime - request.startTime <= HA_ACTS_MS ? request : newest;
}

/** What a task has to do with a field: it certainly wrote it, or this volume or another one, or not at all. */
function part({ type, keys = [] }: Writer, field: string): "sure" | "perhaps" | "none" {
  if (field === "node" || MIGRATES.test(type)) return field === "node" && MIGRATES.test(type) ? "sure" : "none";
  if (REPLACES.test(type)) return "sure";
  if (type === "qmconfig") return keys.includes(vmKeyOf(field) ?? "") ? "sure" : "none";
  const of = type === "resize" ? ".size" : ".storage";
  return field.endsWith(of) ? "perhaps" : "none";
}

const VM_KEYS: ReadonlyMap<string, string> = new Map([
  ["hostname", "name"],
  ["description", "description"],
  ["machine", "machine"],
  ["bios", "bios"],
  ["balloon", "balloon"],
  ["guestAgent", "agent"],
  ["resources.cores", "cores"],
  ["resources.memory", "memory"],
  ["resources.cpuLimit", "cpulimit"],
  ["resources.cpuWeight", "cpuunits"],
  ["cpu.type", "cpu"],
  ["cpu.sockets", "sockets"],
  ["cpu.cores", "cores"],
  ["dns.nameservers", "nameserver"],
  ["dns.searchDomain", "searchdomain"],
  ["cloudInit.user", "ciuser"],
]);

/** The key of a VM's configuration that holds a field of the spec. */
function vmKeyOf(field: string): string | undefined {
  const [, list, name = "", rest = ""] = /^(disks|networks|hostDevices)\[(\w+)\]\.?(.*)$/.exec(field) ?? [];
  if (list === "networks" && rest.startsWith("ipv4")) return name.replace(/^net/, "ipconfig");
  return list === undefined ? VM_KEYS.get(field) : name;
}

/** The keys that a `qmconfig` wrote or took away, as the first line of its log has them (contract 5.2). */
export function keysIn(log: readonly string[]): readonly string[] {
  const line = log.find((one) => one.startsWith("update VM ")) ?? "";
  const words = line.split(" ");
  return words.flatMap((word, index) => {
    if (word === "-delete") return (words[index + 1] ?? "").split(",");
    return /^-[a-z]+\d*$/.test(word) ? [word.slice(1)] : [];
  });
}
