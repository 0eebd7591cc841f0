import { failure } from "./apiError.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork, skiplock } from "./endpoints/lxcPower.ts";
import { bytesOf, digestOf, formatOf, properties, sizeText } from "./guestSettings.ts";
import { on, requireUnlocked, taskSeconds, type Call } from "./lab.ts";
import { requirePrivilege } from "./lxcRights.ts";
import { letGo } from "./pendingChanges.ts";
import { printProperties } from "./propertyString.ts";
import { isCdrom, isDrive } from "./qemuDrives.ts";
import type { TaskHandle } from "./tasks.ts";
import type { Values } from "./validate.ts";
import { allocate, holds, isCloudInit, release, requireStorage } from "./volumes.ts";
import type { Guest } from "./world.ts";

function requireFresh(guest: Guest, digest: string | undefined): void {
  if (digest !== undefined && digest !== digestOf(guest))
    throw failure("checksum mismatch (file change by other user?)");
}

/** Runs a task of a VM with its file lock held. */
function locked(call: Call, type: string, run: (guest: Guest, task: TaskHandle) => Promise<void>): string {
  const guest = guestOf(call, "qemu");
  const { lab } = call;
  return fork(call, type, (task) =>
    lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => run(guest, task), task.log),
  );
}

/** PUT of a disk's size: every check is in the task, and the same size is no failure (contract §5.5). */
export function resizeQemu(call: Call): string {
  const { lab, values } = call;
  const { disk = "", digest } = values;
  const skip = skiplock(call);
  return locked(call, "resize", async (guest, task) => {
    requireFresh(guest, digest);
    if (!skip) requireUnlocked(guest);
    const drive = properties("qemu", disk, requireDisk(guest, disk));
    const volume = lab.world.volumes.get(drive["file"] ?? "");
    const now = drive["size"] === undefined ? (volume?.size ?? 0) : bytesOf(drive["size"]);
    const wanted = wantedSize(values["size"] ?? "", now);
    if (wanted < now) throw failure("shrinking disks is not supported");
    if (wanted === now) return;
    await lab.pace.pause(taskSeconds(lab, "resize"), task.signal);
    if (volume !== undefined) lab.world.volumes.set(volume.volid, { ...volume, size: wanted });
    guest.config[disk] = printProperties(formatOf("qemu", disk) ?? {}, { ...drive, size: sizeText(wanted) });
    lab.world.saveGuest(guest);
  });
}

/** `+2G` adds. */
const wantedSize = (size: string, now: number): number => bytesOf(size) + (size.startsWith("+") ? now : 0);

function requireDisk(guest: Guest, disk: string): string {
  const value = guest.config[disk];
  if (value === undefined) throw failure(`disk '${disk}' does not exist`);
  if (isCdrom(disk, value) || isCloudInit(value)) throw failure("you can't resize a cdrom");
  return value;
}

/** POST that moves a disk to another storage, also while the VM runs. */
export function moveDisk(call: Call): string {
  const { lab, values } = call;
  const { disk = "", storage, digest } = values;
  const guest = guestOf(call, "qemu");
  if (storage === undefined || values["target-vmid"] !== undefined)
    throw failure("giving a disk to another VM is beyond this simulator");
  requireFresh(guest, digest);
  requireUnlocked(guest);
  const value = requireMovable(guest, disk, storage, values);
  const state = requireStorage(lab.world, storage, call.node);
  requirePrivilege(call, `/storage/${storage}`, "Datastore.AllocateSpace");
  if (!holds(state, "images")) throw failure(`storage '${storage}' does not support vm images`);
  return locked(call, "qmmove", async (each, task) => {
    task.log(`create full clone of drive ${disk} (${value.split(",")[0] ?? ""})`);
    await lab.pace.pause(taskSeconds(lab, "qmmove"), task.signal);
    moveNow(call, each, disk, value);
  });
}

function requireMovable(guest: Guest, disk: string, storage: string, values: Values): string {
  const value = guest.config[disk];
  if (value === undefined) throw failure(`disk '${disk}' does not exist`);
  if (isCdrom(disk, value)) throw failure("you can't move a cdrom");
  if (value.startsWith(`${storage}:`) && values["format"] === undefined)
    throw failure("you can't move to the same storage with same format");
  if (guest.snapshots.length > 0 && on(values, "delete"))
    throw failure("you can't move a disk with snapshots and delete the source");
  return value;
}

function moveNow(call: Call, guest: Guest, disk: string, value: string): void {
  const { lab, values } = call;
  const drive = properties("qemu", disk, value);
  const from = drive["file"] ?? "";
  const bytes = lab.world.volumes.get(from)?.size ?? bytesOf(drive["size"] ?? "0");
  const wanted = { storage: values["storage"] ?? "", vmid: guest.vmid, type: "qemu", bytes } as const;
  const { format } = values;
  const kind = format === "qcow2" || format === "vmdk" ? ({ format } as const) : {};
  const volume = allocate(lab.world, { ...wanted, ...kind }, lab.pace.seconds());
  guest.config[disk] = printProperties(formatOf("qemu", disk) ?? {}, { ...drive, file: volume.volid });
  if (on(values, "delete")) release(lab.world, from);
  else letGo(lab.world, guest, disk, value);
  lab.world.saveGuest(guest);
}

/** POST that makes a VM a template: its disks become bases, and it never runs again. */
export function templateQemu(call: Call): string {
  const { lab, values } = call;
  const guest = guestOf(call, "qemu");
  requireUnlocked(guest);
  if (guest.snapshots.length > 0) throw failure("unable to create template, because VM contains snapshots");
  if (guest.config["template"] === "1" && values["disk"] === undefined)
    throw failure("you can't convert a template to a template");
  if (guest.running) throw failure("you can't convert a VM to template if VM is running");
  return locked(call, "qmtemplate", async (each, task) => {
    await lab.pace.pause(taskSeconds(lab, "qmtemplate"), task.signal);
    for (const [key, value] of Object.entries(each.config)) {
      if (isDrive(key) && !isCdrom(key, value) && !isCloudInit(value) && (values["disk"] ?? key) === key)
        each.config[key] = asBase(call, value);
    }
    each.config["template"] = "1";
    lab.world.saveGuest(each);
  });
}

function asBase(call: Call, value: string): string {
  const volid = value.split(",")[0] ?? "";
  const volume = call.lab.world.volumes.get(volid);
  const base = volid.replace(/([:/])vm-(\d+-disk-\d+(?:\.\w+)?)$/, "$1base-$2");
  if (volume === undefined || base === volid) return value;
  call.lab.world.volumes.delete(volid);
  call.lab.world.volumes.set(base, { ...volume, volid: base });
  return value.replace(volid, base);
}
