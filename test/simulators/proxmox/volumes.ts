import { failure } from "./apiError.ts";
import { bytesOf } from "./guestSettings.ts";
import type { GuestType, StorageState, Volume, World } from "./world.ts";

const GiB = 1024 ** 3;

/** What a volume property may say. */
export type VolumeSpec =
  | { readonly is: "new"; readonly storage: string; readonly bytes: number }
  | { readonly is: "existing"; readonly storage: string; readonly volid: string }
  | { readonly is: "path"; readonly path: string };

/** Reads `storage:8`, `storage:name`, a bare number (of the default storage) or an absolute path. */
export function volumeSpec(volume: string, defaultStorage: string): VolumeSpec {
  if (volume.startsWith("/")) return { is: "path", path: volume };
  const wanted = /^(?:([^:]+):)?(\d+(?:\.\d+)?)$/.exec(volume);
  if (wanted !== null)
    return { is: "new", storage: wanted[1] ?? defaultStorage, bytes: Math.round(Number(wanted[2]) * GiB) };
  return { is: "existing", storage: volume.split(":")[0] ?? "", volid: volume };
}

/** A storage that is there, enabled and on that node. */
export function requireStorage(world: World, storage: string, node: string): StorageState {
  const state = world.storages.get(storage);
  if (state === undefined) throw failure(`storage '${storage}' does not exist`);
  if (state.nodes !== undefined && !state.nodes.includes(node))
    throw failure(`storage '${storage}' is not available on node '${node}'`);
  if (state.disabled) throw failure(`storage '${storage}' is disabled`);
  return state;
}

export function holds(state: StorageState, content: string): boolean {
  return state.content.split(",").includes(content);
}

/** What to allocate for which guest. */
export interface Allocation {
  readonly storage: string;
  readonly vmid: number;
  readonly type: GuestType;
  readonly bytes: number;
  /** Of a VM's disk on a storage of files; raw by default. */
  readonly format?: "raw" | "qcow2" | "vmdk";
  /** Instead of the next free `vm-<vmid>-disk-<n>`; without extension. */
  readonly name?: string;
}

/** Storages whose volumes are files. */
export function isFileBased(state: StorageState | undefined): boolean {
  return state !== undefined && ["dir", "nfs", "cifs", "cephfs", "btrfs"].includes(state.type);
}

/** Makes a volume with the next free name. Fails in ZFS's words when the storage is full. */
export function allocate(world: World, wanted: Allocation, seconds: number): Volume {
  const state = world.storages.get(wanted.storage);
  if (state === undefined) throw failure(`storage '${wanted.storage}' does not exist`);
  const { volid, format, name } = freeName(world, state, wanted);
  const takes = occupied(wanted.bytes);
  if (state.total - state.used < takes) throw failure(`zfs error: cannot create 'rpool/data/${name}': out of space`);
  state.used += takes;
  world.storages.touch(state.storage);
  const content = wanted.type === "lxc" ? "rootdir" : "images";
  const volume: Volume = {
    volid,
    storage: state.storage,
    content,
    format,
    size: wanted.bytes,
    ctime: seconds,
    vmid: wanted.vmid,
  };
  world.volumes.set(volid, volume);
  return volume;
}

/** Thin provisioning: what a fresh volume really takes. */
const occupied = (bytes: number): number => Math.min(bytes, GiB);

function freeName(
  world: World,
  state: StorageState,
  wanted: Allocation,
): { volid: string; format: string; name: string } {
  const vmid = String(wanted.vmid);
  const subvol = wanted.type === "lxc" && state.type === "zfspool";
  const files = isFileBased(state);
  const format = subvol ? "subvol" : files ? (wanted.format ?? "raw") : "raw";
  for (let index = 0; ; index += 1) {
    const stem = wanted.name ?? `${subvol ? "subvol" : "vm"}-${vmid}-disk-${String(index)}`;
    const name = `${stem}${files ? `.${format}` : ""}`;
    const volid = files ? `${state.storage}:${vmid}/${name}` : `${state.storage}:${name}`;
    if (!world.volumes.has(volid)) return { volid, format, name };
    if (wanted.name !== undefined) throw failure(`disk image '${name}' already exists`);
  }
}

/** Destroys a volume, if it is there. */
export function release(world: World, volid: string): void {
  const volume = world.volumes.get(volid);
  const state = volume === undefined ? undefined : world.storages.get(volume.storage);
  if (volume === undefined) return;
  world.volumes.delete(volid);
  if (state === undefined) return;
  state.used = Math.max(0, state.used - occupied(volume.size));
  world.storages.touch(state.storage);
}

/** The volume ids a configuration names, those it no longer uses too. */
export function volumesIn(type: GuestType, config: Readonly<Record<string, string>>): string[] {
  const keys = type === "lxc" ? /^(rootfs|mp\d+|unused\d+)$/ : /^(scsi|virtio|sata|ide|unused|efidisk|tpmstate)\d+$/;
  return Object.entries(config)
    .filter(([key]) => keys.test(key))
    .map(([, value]) => (value.split(",")[0] ?? "").replace(/^(?:volume|file)=/, ""))
    .filter((volume) => volume.includes(":") && !volume.startsWith("/"));
}

/** True for the drive that cloud-init reads. */
export function isCloudInit(value: string): boolean {
  return /^[^,]*-cloudinit(?:\.\w+)?(?:,|$)/.test(value);
}

/** Bytes a volume property says it has. */
export function propertySize(value: string | undefined): number {
  return bytesOf(/(?:^|,)size=([^,]+)/.exec(value ?? "")?.[1] ?? "0");
}

/** The error a missing volume gives at start, in the words of its storage. */
export function volumeProblem(world: World, volid: string): string | undefined {
  if (world.volumes.has(volid)) return undefined;
  const storage = volid.slice(0, volid.indexOf(":"));
  const name = volid.slice(volid.indexOf(":") + 1);
  if (!world.storages.has(storage)) return `storage '${storage}' does not exist`;
  if (/^(?:iso|import|snippets)\//.test(name)) return `volume '${volid}' does not exist`;
  if (!/^(?:basevol|subvol|vm|base)-/.test(name.split("/").at(-1) ?? ""))
    return `unable to parse zfs volume name '${name}'`;
  return `zfs error: cannot open 'rpool/data/${name}': dataset does not exist`;
}
