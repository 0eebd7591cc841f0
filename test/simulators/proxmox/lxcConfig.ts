import { failure, invalid, textOf } from "./apiError.ts";
import { configKeys, digestOf, formatOf, properties, sizeText, type Config } from "./guestSettings.ts";
import { requireGuest, requireUnlocked, vmidOf, type Call } from "./lab.ts";
import { requireBridgeUse, requireLxcRights, requirePrivilege } from "./lxcRights.ts";
import { allocated, requireMountStorage, storedValue } from "./lxcValues.ts";
import { applyDelete, applyValue, requireBridge, requireMtu } from "./pendingChanges.ts";
import { printProperties } from "./propertyString.ts";
import { items } from "./validate.ts";
import { volumeSpec } from "./volumes.ts";
import type { Guest } from "./world.ts";

interface Edit {
  readonly set: Config;
  readonly remove: readonly string[];
  readonly revert: readonly string[];
  readonly digest: string | undefined;
}

const FAST = ["description", "onboot", "startup", "protection", "hostname", "hookscript", "cores", "tags", "lock"];
const LIVE = ["cpulimit", "cpuunits", "memory", "swap"];
const REQUIRED = ["memory", "rootfs", "ostype"];
const MISSING_ARCH = "missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 729.";

/** PUT of a container's configuration (contract §4.4). */
export async function updateLxc(call: Call): Promise<null> {
  const edit = editOf(call);
  if (Object.keys(edit.set).length + edit.remove.length + edit.revert.length === 0)
    throw failure("no options specified");
  requireKnown(edit);
  const { lab, node } = call;
  const vmid = vmidOf(call);
  const guest = requireGuest(lab.world, node, "lxc", vmid);
  await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    requireUnlocked(requireGuest(lab.world, node, "lxc", vmid));
    if (edit.digest !== undefined && edit.digest !== digestOf(guest)) {
      throw failure("detected modified configuration - file changed by other user? Try again.");
    }
    requireRights(call, guest, edit);
    change(call, guest, edit);
  });
  return null;
}

function editOf(call: Call): Edit {
  const { node: _node, vmid: _vmid, digest, delete: remove, revert, ...set } = call.values;
  return { set, remove: items(remove), revert: items(revert), digest };
}

function requireKnown(edit: Edit): void {
  const known = configKeys("lxc");
  for (const [word, keys] of [
    ["revert", edit.revert],
    ["delete", edit.remove],
  ] as const) {
    for (const key of keys) {
      if (word === "delete" && edit.set[key] !== undefined) {
        throw invalid({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
      }
      if (known[key] === undefined) throw invalid({ [word]: `unknown option '${key}'` });
    }
  }
}

function requireRights(call: Call, guest: Guest, edit: Edit): void {
  const removed = Object.fromEntries([...edit.remove, ...edit.revert].map((key) => [key, ""]));
  const unprivileged = guest.config["unprivileged"] === "1";
  requireLxcRights({ call, vmid: guest.vmid, current: guest.config, unprivileged }, { ...removed, ...edit.set });
  if (call.caller.user === "root@pam") return;
  for (const [key, value] of Object.entries(edit.set)) {
    if (/^net\d+$/.test(key)) requireNetRights(call, guest, key, value);
    if (/^(mp\d+|rootfs)$/.test(key)) {
      const spec = volumeSpec(properties("lxc", key, value)["volume"] ?? "", "local");
      if (spec.is === "new") requirePrivilege(call, `/storage/${spec.storage}`, "Datastore.AllocateSpace");
    }
  }
}

function requireNetRights(call: Call, guest: Guest, key: string, value: string): void {
  const now = guest.config[key];
  if (now !== undefined) requireBridgeUse(call, key, now);
  requireBridgeUse(call, key, value);
}

function change(call: Call, guest: Guest, edit: Edit): void {
  const { lab } = call;
  for (const key of edit.revert) {
    Reflect.deleteProperty(guest.pending, key);
    Reflect.deleteProperty(guest.pendingDelete, key);
  }
  for (const key of edit.remove) requireRemovable(guest, key);
  for (const [key, value] of Object.entries(edit.set)) requireSettable(call, guest, key, value);
  try {
    for (const key of edit.remove) removeKey(call, guest, key);
    for (const [key, value] of Object.entries(edit.set)) setKey(call, guest, key, value);
  } finally {
    lab.world.saveGuest(guest);
  }
  if (!guest.running && guest.config["arch"] === undefined) throw failure(MISSING_ARCH);
}

function requireRemovable(guest: Guest, key: string): void {
  if (REQUIRED.includes(key)) throw failure(`unable to delete required option '${key}'`);
  if (key === "unprivileged") throw failure("unable to delete read-only option: 'unprivileged'");
  if (/^mp\d+$/.test(key)) requireUnprotected(guest, "remove", key);
}

function requireSettable(call: Call, guest: Guest, key: string, value: string): void {
  if (key === "unprivileged") throw failure("unable to modify read-only option: 'unprivileged'");
  if (/^(mp\d+|rootfs)$/.test(key)) requireUnprotected(guest, "update", key);
  if (/^mp\d+$/.test(key)) requireMountStorage(call.lab, key, value, guest.node);
  if (/^net\d+$/.test(key)) requireMtu(call.lab.world, guest.node, key, value);
}

function requireUnprotected(guest: Guest, verb: string, key: string): void {
  if (guest.config["protection"] === "1") {
    throw failure(`can't ${verb} CT ${String(guest.vmid)} drive '${key}' - protection mode enabled`);
  }
}

/** Now, or when the guest starts next. */
function removeKey(call: Call, guest: Guest, key: string): void {
  Reflect.deleteProperty(guest.pending, key);
  if (guest.config[key] === undefined) return;
  const now = !guest.running || FAST.includes(key) || LIVE.includes(key) || /^(net|unused)\d+$/.test(key);
  if (now) applyDelete(call.lab.world, guest, key);
  else guest.pendingDelete[key] = 1;
}

function setKey(call: Call, guest: Guest, key: string, sent: string): void {
  const { lab } = call;
  const value = storedValue(lab, key, sent);
  Reflect.deleteProperty(guest.pendingDelete, key);
  Reflect.deleteProperty(guest.pending, key);
  if (/^net\d+$/.test(key)) setNet(call, guest, key, value);
  else if (/^mp\d+$/.test(key)) setMount(call, guest, key, value);
  else if (!guest.running || FAST.includes(key) || LIVE.includes(key)) applyValue(call.lab.world, guest, key, value);
  else if (guest.config[key] !== value) guest.pending[key] = value;
}

function setNet(call: Call, guest: Guest, key: string, value: string): void {
  const bridge = properties("lxc", key, value)["bridge"];
  try {
    if (guest.running) requireBridge(call.lab.world, guest.node, bridge);
  } catch (error) {
    throw invalid({ [key]: `unable to hotplug ${key}: ${textOf(error)}\n` });
  }
  applyValue(call.lab.world, guest, key, value);
  requireBridge(call.lab.world, guest.node, bridge);
}

/** An unused volume that is mounted again gets its size written. */

function reattached(call: Call, guest: Guest, key: string, value: string): string {
  const parts = properties("lxc", key, value);
  const volume = call.lab.world.volumes.get(parts["volume"] ?? "");
  const unused = Object.entries(guest.config).some(
    ([other, volid]) => other.startsWith("unused") && volid === volume?.volid,
  );
  if (volume === undefined || !unused || parts["size"] !== undefined) return value;
  return printProperties(formatOf("lxc", key) ?? {}, { ...parts, size: sizeText(volume.size) });
}

function setMount(call: Call, guest: Guest, key: string, value: string): void {
  if (guest.running && guest.config[key] !== undefined) {
    if (guest.config[key] !== value) guest.pending[key] = value;
    return;
  }
  try {
    const owner = { vmid: guest.vmid, node: guest.node, defaultStorage: "local" };
    applyValue(call.lab.world, guest, key, reattached(call, guest, key, allocated(call.lab, key, value, owner)));
  } catch (error) {
    const how = guest.running ? `unable to hotplug ${key}: ` : `unable to apply pending change ${key} : `;
    throw invalid({ [key]: `${how}${textOf(error)}\n` });
  }
}
