import { failure } from "./apiError.ts";
import type { GuestRuntime } from "./guestRuntime.ts";
import { configPath } from "./guestSettings.ts";
import type { Caller } from "./identity.ts";
import type { Locks } from "./locks.ts";
import type { Settings } from "./options.ts";
import type { Pace } from "../shared/pace.ts";
import type { Permissions } from "./permissions.ts";
import type { Access, Params } from "./schema.ts";
import type { Tasks } from "./tasks.ts";
import type { Values } from "./validate.ts";
import type { Guest, GuestType, World } from "./world.ts";

/** The parts of one simulated cluster. */
export interface Lab {
  readonly settings: Settings;
  readonly world: World;
  readonly pace: Pace;
  readonly tasks: Tasks;
  readonly locks: Locks;
  readonly runtime: GuestRuntime;
  /** What the nodes published last. */
  readonly published: Published;
  /** Of the server certificate. */
  readonly fingerprint: string;
  /** Called for `POST /nodes/{node}/status`. */
  readonly host: { power(node: string, command: "reboot" | "shutdown"): void };
}

/** The last status each node broadcast about a guest. */
export interface Published {
  guest(vmid: number): Readonly<Record<string, string | number>> | undefined;
}

/** One call of the API: validated, allowed, at the right node. */
export interface Call {
  readonly lab: Lab;
  readonly caller: Caller;
  readonly permissions: Permissions;
  readonly values: Values;
  /** The node of the path, `localhost` resolved; the local one where the path names none. */
  readonly node: string;
  /** Set by a handler: members beside `data`. */
  readonly beside: { total?: number; changes?: string };
}

/** An endpoint, declared. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `{names}`; a name with a star takes the rest of the path. */
  readonly path: string;
  readonly params: Params;
  readonly access: Access;
  /** Runs in pvedaemon; shows as a second Connection header. */
  readonly protected?: true;
  /** Runs at the node of the path. */
  readonly proxied?: true;
  /** Not with an API token. */
  readonly noToken?: true;
  readonly handle: (call: Call) => unknown;
}

/** A whole number among the values, or the fallback. */
export function int(values: Values, key: string, fallback: number): number {
  const value = values[key];
  return value === undefined ? fallback : Number(value);
}

export function on(values: Values, key: string): boolean {
  return values[key] === "1";
}

export function vmidOf(call: Call): number {
  return Number(call.values["vmid"]);
}

/** The guest of that kind at that node, or the error for a missing configuration file. */
export function requireGuest(world: World, node: string, type: GuestType, vmid: number): Guest {
  const guest = findGuest(world, node, type, vmid);
  if (guest === undefined) throw failure(`Configuration file '${configPath(node, type, vmid)}' does not exist`);
  return guest;
}

export function findGuest(world: World, node: string, type: GuestType, vmid: number): Guest | undefined {
  const guest = world.guest(vmid);
  return guest?.node === node && guest.type === type ? guest : undefined;
}

/** Fails when the configuration holds a lock other than the allowed one. */
export function requireUnlocked(guest: Guest, allowed?: string): void {
  const lock = guest.config["lock"];
  if (lock !== undefined && lock !== allowed)
    throw failure(`${guest.type === "lxc" ? "CT" : "VM"} is locked (${lock})`);
}

export function requireQuorum(world: World): void {
  if (!world.quorate) throw failure("cluster not ready - no quorum?");
}

/** Seconds a kind of task takes. */
const TASK_SECONDS: Readonly<Record<string, number>> = {
  vzcreate: 4,
  vzstart: 1,
  vzstop: 1,
  vzdestroy: 1,
  vzclone: 4,
  vzsnapshot: 1,
  vzdelsnapshot: 1,
  vzrollback: 1,
  vztemplate: 1,
  resize: 1,
  qmcreate: 1,
  qmstart: 2,
  qmstop: 1,
  qmdestroy: 1,
  qmclone: 4,
  qmsnapshot: 1,
  qmconfig: 0.5,
  qmigrate: 4,
  vzmigrate: 3,
  hastart: 0.5,
  hastop: 0.5,
  hamigrate: 0.5,
  imgdel: 0.5,
  download: 3,
};

export function taskSeconds(lab: Lab, type: string): number {
  return lab.settings.taskSeconds[type] ?? TASK_SECONDS[type] ?? 1;
}
