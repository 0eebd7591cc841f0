import { randomUUID } from "node:crypto";
import { failure, invalid } from "./apiError.ts";
import {
  configKeys,
  digestOf,
  formatOf,
  normalTags,
  properties,
  randomMac,
  sizeText,
  type Config,
} from "./guestSettings.ts";
import { on, requireGuest, requireUnlocked, vmidOf, type Call } from "./lab.ts";
import { requireBridgeUse, requirePrivilege, requireTags } from "./lxcRights.ts";
import { applyDelete, applyValue } from "./pendingChanges.ts";
import { items } from "./validate.ts";
import { allocate, requireStorage, volumeSpec } from "./volumes.ts";
import type { Guest } from "./world.ts";
import { skiplock } from "./endpoints/lxcPower.ts";

const FAST =
  /^(description|lock|name|onboot|protection|startup|tags|cpulimit|cpuunits|balloon|ci\w+|ipconfig\d+|nameserver|searchdomain|sshkeys|net\d+|unused\d+)$/;
const DISK = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;
const PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^(cores|sockets|cpu|cpulimit|cpuunits|numa)$/, "VM.Config.CPU"],
  [/^(memory|balloon)$/, "VM.Config.Memory"],
  [/^net\d+$/, "VM.Config.Network"],
  [/^(ci\w+|ipconfig\d+|nameserver|searchdomain|sshkeys)$/, "VM.Config.Cloudinit"],
  [/^(scsi|virtio|sata|ide|efidisk|tpmstate|unused)\d+$/, "VM.Config.Disk"],
  [/^(bios|vga|serial\d+|scsihw|tablet|kvm|acpi|smbios1|vmgenid)$/, "VM.Config.HWType"],
];

/** A value as a VM stores it; disks that are asked for by size are made. */
function storedValue(call: Call, key: string, value: string, vmid: number, log: string[]): string {
  if (key === "tags") return normalTags(value);
  if (/^net\d+$/.test(key)) return storedNet(key, value);
  if (!DISK.test(key)) return value;
  const parts = properties("qemu", key, value);
  const spec = volumeSpec(parts["file"] ?? "", call.values["storage"] ?? "local");
  if (spec.is === "path" || parts["file"] === "none") return value;
  if (spec.storage !== "") requireStorage(call.lab.world, spec.storage, call.node);
  if (spec.is !== "new") return value;
  const volume = allocate(
    call.lab.world,
    { storage: spec.storage, vmid, type: "qemu", bytes: spec.bytes },
    call.lab.pace.seconds(),
  );
  const { file: _, ...rest } = parts;
  const options = Object.entries({ ...rest, size: sizeText(spec.bytes) }).sort(([a], [b]) => (a < b ? -1 : 1));
  const stored = [volume.volid, ...options.map(([name, option]) => `${name}=${option}`)].join(",");
  log.push(`${key}: successfully created disk '${stored}'`);
  return stored;
}

function storedNet(key: string, value: string): string {
  const net = properties("qemu", key, value);
  const { model = "virtio", macaddr = randomMac(), ...rest } = net;
  const known = formatOf("qemu", key) ?? {};
  const options = Object.entries(rest)
    .filter(([name]) => known[name] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [`${model}=${macaddr}`, ...options.map(([name, option]) => `${name}=${option}`)].join(",");
}

function requireRights(call: Call, guest: Pick<Guest, "vmid" | "config">, set: Config): void {
  if (call.caller.user === "root@pam") return;
  for (const [key, value] of Object.entries(set)) {
    if (key === "tags") requireTags({ call, vmid: guest.vmid, current: guest.config }, value);
    else
      requirePrivilege(
        call,
        `/vms/${String(guest.vmid)}`,
        PRIVILEGES.find(([pattern]) => pattern.test(key))?.[1] ?? "VM.Config.Options",
      );
    if (key === "startup") requirePrivilege(call, "/", "Sys.Modify");
    if (/^net\d+$/.test(key) && value !== "") requireBridgeUse(call, key, value, "qemu");
  }
}

/** The configuration of a VM that is being created, with what the server adds. */
export function newVmConfig(call: Call, vmid: number): { config: Record<string, string>; log: string[] } {
  const { node: _n, vmid: _v, pool: _p, start: _s, storage: _st, ...sent } = call.values;
  requireRights(call, { vmid, config: {} }, sent);
  const log: string[] = [];
  const config: Record<string, string> = {
    boot: " ",
    smbios1: `uuid=${randomUUID()}`,
    vmgenid: randomUUID(),
    meta: `creation-qemu=11.0.0,ctime=${String(call.lab.pace.seconds())}`,
  };
  for (const [key, value] of Object.entries(sent)) config[key] = storedValue(call, key, value, vmid, log);
  return { config, log };
}

/** PUT of a VM's configuration (contract §5.2). */
export async function updateQemu(call: Call): Promise<null> {
  const { node, vmid: _, digest, delete: removed, revert, force, skiplock: _skip, ...set } = call.values;
  const skip = skiplock(call);
  const remove = items(removed);
  const reverted = items(revert);
  if (Object.keys(set).length + remove.length + reverted.length === 0 || node === undefined)
    throw failure("no options specified");
  requireKnown(remove, set);
  const { lab } = call;
  const guest = requireGuest(lab.world, call.node, "qemu", vmidOf(call));
  await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    if (digest !== undefined && digest !== digestOf(guest))
      throw failure("checksum mismatch (file change by other user?)");
    if (!skip) requireUnlocked(guest);
    requireRights(call, guest, { ...Object.fromEntries([...remove, ...reverted].map((key) => [key, ""])), ...set });
    for (const key of reverted) {
      Reflect.deleteProperty(guest.pending, key);
      Reflect.deleteProperty(guest.pendingDelete, key);
    }
    for (const key of remove) removeKey(call, guest, key, force === "1" || on(call.values, "force"));
    for (const [key, value] of Object.entries(set)) setKey(call, guest, key, value);
    lab.world.saveGuest(guest);
  });
  return null;
}

function requireKnown(remove: readonly string[], set: Config): void {
  const known = configKeys("qemu");
  for (const key of remove) {
    if (set[key] !== undefined)
      throw invalid({ delete: `you can't use '-${key}' and -delete ${key}' at the same time` });
    if (known[key] === undefined) throw invalid({ delete: `unknown option '${key}'` });
  }
}

/** A disk that is detached is no longer booted from. */
function leaveBootOrder(guest: Guest, disk: string): void {
  const order = /^order=(.*)$/.exec(guest.config["boot"] ?? "")?.[1]?.split(";");
  if (order === undefined) return;
  const left = order.filter((each) => each !== disk);
  guest.config["boot"] = left.length === 0 ? " " : `order=${left.join(";")}`;
}

function removeKey(call: Call, guest: Guest, key: string, force: boolean): void {
  Reflect.deleteProperty(guest.pending, key);
  if (guest.config[key] === undefined) return;
  if (DISK.test(key)) leaveBootOrder(guest, key);
  if (!guest.running || FAST.test(key)) applyDelete(call.lab.world, guest, key, force);
  else guest.pendingDelete[key] = force ? 2 : 1;
}

function setKey(call: Call, guest: Guest, key: string, sent: string): void {
  const value = storedValue(call, key, sent, guest.vmid, []);
  Reflect.deleteProperty(guest.pendingDelete, key);
  Reflect.deleteProperty(guest.pending, key);
  if (!guest.running || FAST.test(key)) applyValue(guest, key, value);
  else if (guest.config[key] !== value) guest.pending[key] = value;
}
