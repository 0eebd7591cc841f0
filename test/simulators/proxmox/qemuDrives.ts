import { denied, failure, invalid } from "./apiError.ts";
import { formatOf, properties, sizeText, type Config } from "./guestSettings.ts";
import type { Call, Lab } from "./lab.ts";
import { requirePrivilege } from "./lxcRights.ts";
import { printProperties, type Properties } from "./propertyString.ts";
import { DRIVE_KEYS } from "./qemuSchema.ts";
import { allocate, holds, isCloudInit, isFileBased, requireStorage, volumeProblem, volumeSpec } from "./volumes.ts";
import type { StorageState } from "./world.ts";

const KiB = 1024;
const MiB = 1024 ** 2;
const WHERE_IMAGES = { storage: undefined, is: "nowhere" } as const;

/** For which VM drives are made, and where those go that name no storage. */
export interface DriveMaking {
  readonly lab: Lab;
  readonly vmid: number;
  readonly node: string;
  readonly storage: string | undefined;
  readonly log: (line: string) => void;
  /** Volumes that were allocated, to be freed when something fails. */
  readonly made: string[];
}

export function isDrive(key: string): boolean {
  return DRIVE_KEYS.includes(key);
}

/** A CD drive, and not the one cloud-init reads. */
export function isCdrom(key: string, value: string): boolean {
  return properties("qemu", key, value)["media"] === "cdrom" && !isCloudInit(value);
}

/** What a drive names: nothing, a path, a cloud-init drive or a disk to be made, or a volume that exists. */
type Wanted =
  typeof WHERE_IMAGES | { readonly is: "cloudinit"; readonly storage: string } | ReturnType<typeof volumeSpec>;

function wantedOf(drive: Properties, storage: string | undefined): Wanted {
  const file = drive["file"] ?? "none";
  if (file === "none" || file === "cdrom") return WHERE_IMAGES;
  const cloud = /^([^:/]+):cloudinit$/.exec(file)?.[1];
  if (cloud !== undefined) return { is: "cloudinit", storage: cloud };
  return volumeSpec(file, storage ?? "");
}

/** Who asks, for which VM, and what storage sizes without one mean. */
export interface DriveRequest {
  readonly call: Call;
  readonly vmid: number;
  readonly storage: string | undefined;
}

/** What is checked of a drive before anything is done: syntax, storages, rights (contract §5.1, §9). */
export function requireDrive(request: DriveRequest, key: string, value: string): void {
  const { call, vmid } = request;
  const drive = properties("qemu", key, value);
  const wanted = wantedOf(drive, request.storage);
  const cdrom = drive["media"] === "cdrom" || wanted.is === "nowhere";
  requirePrivilege(call, `/vms/${String(vmid)}`, cdrom ? "VM.Config.CDROM" : "VM.Config.Disk");
  if (drive["import-from"] !== undefined) requireImport(call, key, drive["import-from"], wanted);
  if (wanted.is === "nowhere") return;
  if (wanted.is === "path") {
    if (call.caller.user !== "root@pam") throw failure("Only root can pass arbitrary filesystem paths.");
    return;
  }
  if (wanted.is === "new" && wanted.storage === "") throw failure("no storage ID specified (and no default storage)");
  const state = requireStorage(call.lab.world, wanted.storage, call.node);
  if (wanted.is === "existing") {
    requireVolumeUse(call, wanted.volid, wanted.storage);
    return;
  }
  requirePrivilege(call, `/storage/${wanted.storage}`, "Datastore.AllocateSpace");
  if (!holds(state, "images")) throw invalid({ storage: `storage '${wanted.storage}' does not support vm images` });
}

function requireImport(call: Call, key: string, source: string, wanted: Wanted): void {
  if (wanted.is !== "new" || wanted.bytes !== 0)
    throw invalid({ [key]: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>" });
  if (source.startsWith("/")) {
    if (call.caller.user !== "root@pam") throw failure("Only root can pass arbitrary filesystem paths.");
    return;
  }
  const storage = source.split(":")[0] ?? "";
  requireStorage(call.lab.world, storage, call.node);
  const owner = /(?:^|[-:/])(?:vm|base)-(\d+)-/.exec(source)?.[1];
  if (owner !== undefined) requirePrivilege(call, `/vms/${owner}`, "VM.Clone");
  else if (!source.includes(":import/"))
    throw invalid({ [key]: `${source} has wrong type - needs to be 'images' or 'import'` });
  else requireVolumeUse(call, source, storage);
}

function requireVolumeUse(call: Call, volid: string, storage: string): void {
  const { permissions, caller } = call;
  if (!/:(?:iso|import|snippets|vztmpl)\//.test(volid)) return;
  if (!permissions.hasAny(caller.user, `/storage/${storage}`, ["Datastore.AllocateSpace", "Datastore.Audit"]))
    throw denied(`/storage/${storage}, Datastore.AllocateSpace|Datastore.Audit`);
}

/** Makes what a drive asks for and gives it as it is stored (contract §5.1). */
export function madeDrive(making: DriveMaking, key: string, value: string, others: Config): string {
  const drive = properties("qemu", key, value);
  const wanted = wantedOf(drive, making.storage);
  switch (wanted.is) {
    case "nowhere":
    case "path":
      return printed(key, wanted.is === "nowhere" ? { ...drive, media: "cdrom" } : drive);
    case "cloudinit":
      return madeCloudInit(making, key, { ...drive, storage: wanted.storage }, others);
    case "new":
      return madeDisk(making, key, drive, wanted);
    case "existing":
      return existing(making, key, drive, wanted.volid);
  }
}

function printed(key: string, drive: Properties): string {
  return printProperties(formatOf("qemu", key) ?? {}, drive);
}

function existing(making: DriveMaking, key: string, drive: Properties, volid: string): string {
  const problem = volumeProblem(making.lab.world, volid);
  if (problem !== undefined) throw failure(problem);
  const size = making.lab.world.volumes.get(volid)?.size ?? 0;
  return printed(key, size === 0 || isCloudInit(volid) ? drive : { ...drive, size: sizeText(size) });
}

function madeCloudInit(making: DriveMaking, key: string, drive: Properties, others: Config): string {
  const { lab, vmid } = making;
  const already = Object.entries(others).find(
    ([other, value]) => other !== key && isDrive(other) && isCloudInit(value),
  );
  if (already !== undefined) throw failure(`${key} - cloud-init drive is already attached at '${already[0]}'`);
  const { storage = "", file: _file, format: _format, ...rest } = drive;
  const state = requireStorage(lab.world, storage, making.node);
  const wanted = { storage, vmid, type: "qemu", bytes: 4 * MiB, name: `vm-${String(vmid)}-cloudinit` } as const;
  const format = isFileBased(state) ? { format: "qcow2" as const } : {};
  const { volid } = allocate(lab.world, { ...wanted, ...format }, lab.pace.seconds());
  return note(making, key, { ...rest, file: volid, media: "cdrom" });
}

function madeDisk(
  making: DriveMaking,
  key: string,
  drive: Properties,
  wanted: { readonly storage: string; readonly bytes: number },
): string {
  const { lab, vmid } = making;
  const state = requireStorage(lab.world, wanted.storage, making.node);
  const { "import-from": source, format, ...rest } = drive;
  const bytes = source === undefined ? (fixedBytes(key, drive, state) ?? wanted.bytes) : importedBytes(making, source);
  if (source !== undefined) making.log(`importing disk '${source}' to VM ${String(vmid)} ...`);
  const kind = format === "qcow2" || format === "vmdk" ? ({ format } as const) : {};
  const { volid } = allocate(
    lab.world,
    { storage: wanted.storage, vmid, type: "qemu", bytes, ...kind },
    lab.pace.seconds(),
  );
  return note(making, key, { ...rest, file: volid, size: sizeText(bytes) });
}

/** Sizes nobody can choose: firmware variables and TPM state; a storage rounds to its smallest unit. */
function fixedBytes(key: string, drive: Properties, state: StorageState): number | undefined {
  if (key === "tpmstate0") return 4 * MiB;
  if (key !== "efidisk0") return undefined;
  const exact = drive["efitype"] === "4m" ? 528 * KiB : 128 * KiB;
  if (isFileBased(state)) return exact;
  return state.type.startsWith("lvm") ? 4 * MiB : MiB;
}

function importedBytes(making: DriveMaking, source: string): number {
  if (source.startsWith("/")) return 2 * KiB * MiB;
  const problem = volumeProblem(making.lab.world, source);
  if (problem !== undefined) throw failure(problem);
  return making.lab.world.volumes.get(source)?.size ?? 0;
}

function note(making: DriveMaking, key: string, drive: Properties): string {
  const stored = printed(key, drive);
  making.made.push(drive["file"] ?? "");
  making.log(`${key}: successfully created disk '${stored}'`);
  return stored;
}
