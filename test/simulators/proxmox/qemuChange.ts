import { failure, invalid, textOf } from "./apiError.ts";
import { properties, type Config } from "./guestSettings.ts";
import type { Call } from "./lab.ts";
import { applyDelete, applyValue, letGo, requireBridge } from "./pendingChanges.ts";
import { isCdrom, isDrive, madeDrive, type DriveMaking } from "./qemuDrives.ts";
import { hotplugFeatures, takesAtOnce } from "./qemuHotplug.ts";
import { storedQemuValue } from "./qemuValues.ts";
import type { Guest } from "./world.ts";

/** A change of a VM's configuration. */
export interface Edit {
  readonly set: Config;
  readonly remove: readonly string[];
  readonly revert: readonly string[];
  /** Removed disks are destroyed instead of kept as unused. */
  readonly force: boolean;
}

/** MiB of memory a configuration gives. */
export function memoryOf(config: Config): number {
  return Number(properties("qemu", "memory", config["memory"])["current"] ?? 512);
}

/**
 * Changes a VM: first everything waits in `pending`, then a stopped VM takes all of it and a running one what can be
 * plugged (contract §5.2). Throws a 400 for keys that could not be plugged; the others are changed all the same.
 */
export function changeQemu(call: Call, guest: Guest, edit: Edit, log: (line: string) => void): void {
  const { world } = call.lab;
  try {
    for (const key of edit.revert) revert(call, guest, key);
    for (const key of edit.remove) removeLater(guest, key, edit.force);
    for (const [key, value] of Object.entries(edit.set)) setLater(call, guest, { key, value }, log);
    settle(call, guest);
    if (hotplugFeatures(guest).has("cloudinit") && guest.running) guest.cloudInit = { ...guest.config };
  } finally {
    world.saveGuest(guest);
  }
}

function revert(call: Call, guest: Guest, key: string): void {
  const waiting = guest.pending[key];
  Reflect.deleteProperty(guest.pending, key);
  Reflect.deleteProperty(guest.pendingDelete, key);
  if (waiting !== undefined && isDrive(key) && !namesSameVolume(guest.config[key], waiting))
    letGo(call.lab.world, guest, key, waiting);
}

const namesSameVolume = (one: string | undefined, other: string): boolean => one?.split(",")[0] === other.split(",")[0];

function removeLater(guest: Guest, key: string, force: boolean): void {
  Reflect.deleteProperty(guest.pending, key);
  if (guest.config[key] === undefined) return;
  if (isDrive(key)) {
    requireUnprotected(guest, `can't remove drive '${key}'`);
    leaveBootOrder(guest, key);
  }
  if (key.startsWith("unused")) requireUnprotected(guest, `can't remove unused disk '${guest.config[key]}'`);
  guest.pendingDelete[key] = force ? 2 : 1;
}

function requireUnprotected(guest: Guest, what: string): void {
  if (guest.config["protection"] === "1") throw failure(`${what} - protection mode enabled`);
}

function bootOrder(guest: Guest): string[] | undefined {
  const boot = guest.pending["boot"] ?? guest.config["boot"];
  return /^order=(.*)$/.exec(boot ?? "")?.[1]?.split(";");
}

/** A disk that is detached is no longer booted from. */
function leaveBootOrder(guest: Guest, disk: string): void {
  const order = bootOrder(guest);
  if (order?.includes(disk) !== true) return;
  const left = order.filter((each) => each !== disk);
  guest.pending["boot"] = left.length === 0 ? " " : `order=${left.join(";")}`;
}

function setLater(
  call: Call,
  guest: Guest,
  { key, value }: { readonly key: string; readonly value: string },
  log: (line: string) => void,
): void {
  Reflect.deleteProperty(guest.pendingDelete, key);
  if (!isDrive(key)) {
    guest.pending[key] = storedQemuValue(call.lab, key, value);
    return;
  }
  const making: DriveMaking = {
    lab: call.lab,
    vmid: guest.vmid,
    node: guest.node,
    storage: undefined,
    log,
    made: [],
  };
  const stored = madeDrive(making, key, value, { ...guest.config, ...guest.pending });
  revert(call, guest, key);
  guest.pending[key] = stored;
  const order = bootOrder(guest);
  // A CD drive that is added is bootable, unless the order was never written down.
  if (order !== undefined && isCdrom(key, stored) && !order.includes(key))
    guest.pending["boot"] = `order=${[...order, key].join(";")}`;
}

/** Moves what can be changed now from pending to the configuration. */
function settle(call: Call, guest: Guest): void {
  const { world } = call.lab;
  const errors: Record<string, string> = {};
  for (const [key, how] of Object.entries(guest.pendingDelete)) {
    if (!guest.running || takesAtOnce(guest, key, undefined)) applyDelete(world, guest, key, how === 2);
  }
  for (const [key, value] of Object.entries(guest.pending)) {
    if (guest.config[key] === value) Reflect.deleteProperty(guest.pending, key);
    else if (!guest.running) applyValue(world, guest, key, value);
    else if (takesAtOnce(guest, key, value)) plug(call, guest, key, value, errors);
  }
  if (Object.keys(errors).length > 0) throw invalid(errors);
}

function plug(call: Call, guest: Guest, key: string, value: string, errors: Record<string, string>): void {
  const { world } = call.lab;
  try {
    if (/^net\d+$/.test(key)) requireBridge(world, guest.node, properties("qemu", key, value)["bridge"]);
    applyValue(world, guest, key, value);
  } catch (error) {
    errors[key] = `hotplug problem - ${textOf(error)}\n`;
  }
}
