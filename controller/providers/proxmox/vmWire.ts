import type { Disk, NewDisk, VmHardware } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, text } from "../shared/decode.ts";
import { newVolume, parseProperties, parseSize, printProperties, printSize } from "./wire.ts";

/** Keys of a VM that `VmHardware` holds; drives that are no disks are among them only where they are ours to know. */
export const hardwareKeys = /^(machine|bios|cpu|sockets|balloon|efidisk0|tpmstate0|ciuser|cicustom|hostpci\d+)$/;
const driveKeys = /^(scsi|virtio|sata|ide)\d+$/;

/** A disk, and not a CD or cloud-init drive. */
export function isDiskKey(key: string, value: unknown): boolean {
  return driveKeys.test(key) && !isOtherDrive(text(value) ?? "");
}

/** The drive that cloud-init reads its data from. */
export function isCloudInitDrive(key: string, value: unknown): boolean {
  return driveKeys.test(key) && /^[^,]*(:|[-/]|vm-\d+-)cloudinit\b/.test(text(value) ?? "");
}

function isOtherDrive(value: string): boolean {
  return (
    value.startsWith("none") || /(^|,)media=cdrom(,|$)/.test(value) || (value.split(",")[0] ?? "").includes("cloudinit")
  );
}

/** What a VM is made of (contract 5.1). */
export function vmHardware(config: Row): VmHardware {
  const get = (key: string): string | undefined => text(config[key]);
  const drive = Object.entries(config).find(([key, value]) => isCloudInitDrive(key, value));
  return present({
    machine: get("machine"),
    bios: get("bios"),
    cpu: get("cpu"),
    sockets: number(config["sockets"]),
    balloonMiB: number(config["balloon"]),
    disks: Object.entries(config)
      .filter(([key, value]) => isDiskKey(key, value))
      .map(([key, value]) => parseDisk(key, text(value) ?? ""))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    bootOrder: bootOrder(get("boot"), get("bootdisk")),
    efiDisk: volumeOf(get("efidisk0")),
    tpm: volumeOf(get("tpmstate0")),
    cloudInitDrive: volumeOf(text(drive?.[1])),
    ciUser: get("ciuser"),
    ciCustom: get("cicustom"),
    agent: get("agent"),
    hostDevices: Object.fromEntries(
      Object.entries(config).flatMap(([key, value]) => (/^hostpci\d+$/.test(key) ? [[key, text(value) ?? ""]] : [])),
    ),
  });
}

/** "order=scsi0;ide2"; on machines from before that a letter each, with the disk beside it. */
function bootOrder(boot: string | undefined, disk: string | undefined): readonly string[] | undefined {
  const order = boot === undefined ? undefined : parseProperties(boot, "legacy").get("order");
  if (order !== undefined) return order.split(";").filter((key) => key !== "");
  return disk === undefined ? undefined : [disk];
}

function volumeOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseProperties(value, "file").get("file");
}

const KNOWN = ["file", "size", "ssd", "discard", "iothread", "backup"];

export function parseDisk(key: string, value: string): Disk {
  const at = parseProperties(value, "file");
  const on = (name: string): boolean | undefined => (at.has(name) ? flag(at.get(name)) : undefined);
  const left = [...at].filter(([name]) => !KNOWN.includes(name));
  const discard = at.get("discard");
  return present({
    key,
    volume: at.get("file") ?? "",
    sizeMiB: parseSize(at.get("size")),
    ssd: on("ssd"),
    discard: discard === undefined ? undefined : discard === "on",
    ioThread: on("iothread"),
    backup: on("backup"),
    other: left.length === 0 ? undefined : Object.fromEntries(left),
  });
}

/** A disk as stored; for one that is made, `storage:GiB`, or out of another volume. */
export function printDisk(disk: Disk | NewDisk): string {
  const made = "storage" in disk;
  const importFrom = made ? disk.importFrom : undefined;
  const volume = made ? newVolume(disk.storage, importFrom === undefined ? disk.sizeMiB : 0) : disk.volume;
  const rest = printProperties([
    ["import-from", importFrom],
    ["ssd", disk.ssd],
    ["discard", disk.discard === undefined ? undefined : disk.discard ? "on" : "ignore"],
    ["iothread", disk.ioThread],
    ["backup", disk.backup],
    ["size", made || disk.sizeMiB === undefined ? undefined : printSize(disk.sizeMiB)],
    ...Object.entries(made ? {} : (disk.other ?? {})),
  ]);
  return rest === "" ? volume : `${volume},${rest}`;
}
