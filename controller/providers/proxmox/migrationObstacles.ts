import type { GuestConfig, GuestRef } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, row, rows, text } from "../shared/decode.ts";
import { readConfig } from "./configuration.ts";
import type { Engine } from "./engine.ts";
import { readSnapshots } from "./snapshots.ts";
import { readBridges } from "./surroundings.ts";
import { parseList } from "./wire.ts";

/** A guest, where it is to go, and what is read of both nodes. */
interface Place {
  readonly ref: GuestRef;
  readonly target: string;
  readonly config: GuestConfig;
  /** Names. */
  readonly snapshots: readonly string[];
  /** Storages of its node and of the target, by name. */
  readonly here: ReadonlyMap<string, Row>;
  readonly there: ReadonlyMap<string, Row>;
}

/** What stands against moving the guest, each a phrase (contract 4.8, 5.5): read, never tried. */
export async function readMigrationObstacles(
  engine: Engine,
  ref: GuestRef,
  target: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const nodes = rows(await engine.api({ signal }).nodes.$get());
  const wanted = nodes.find((node) => node["node"] === target);
  if (wanted === undefined) return [`node ${target} is not in the cluster`];
  if (wanted["status"] !== "online") return [`node ${target} is offline`];
  const [config, snapshots, here, there] = await Promise.all([
    readConfig(engine, ref, signal),
    readSnapshots(engine, ref, signal),
    storagesOf(engine, ref.node, signal),
    storagesOf(engine, target, signal),
  ]);
  const place = { ref, target, config, snapshots: snapshots.map(({ name }) => name), here, there };
  const [own, bridges] = await Promise.all([
    ref.type === "qemu" ? machineObstacles(engine, place, signal) : containerObstacles(place),
    bridgeObstacles(engine, place, signal),
  ]);
  return [...own, ...storageObstacles(place), ...bridges];
}

/** Directories and devices of its node stay there. */
function containerObstacles(place: Place): readonly string[] {
  return [
    ...place.config.mounts
      .filter(({ volume, other = {} }) => volume.startsWith("/") && other["shared"] !== "1")
      .map(({ key, volume }) => `${key} is ${volume} of its node, which stays there`),
    ...snapshotsThatStay(place),
  ];
}

/** Proxmox's own preconditions of a VM. */
async function machineObstacles(engine: Engine, place: Place, signal: AbortSignal): Promise<readonly string[]> {
  const { ref, target } = place;
  const vm = engine.api({ signal }).nodes.$(ref.node).qemu.$(ref.vmid);
  const at: Row = row(await vm.migrate.$get({ target }));
  const devices = list(at["local_resources"]).map(String);
  // The drive of cloud-init is counted among them, and made anew on the target.
  const images = rows(at["local_disks"]).filter(
    (disk) => flag(disk["cdrom"]) && text(disk["volid"])?.includes(`vm-${String(ref.vmid)}-cloudinit`) !== true,
  );
  return [
    ...devices.map((key) => `it uses the local device ${key} of its node`),
    ...images.map((disk) => `its CD drive holds ${text(disk["volid"]) ?? "an image"} of its node; eject it`),
    ...(flag(at["running"]) ? await liveSnapshots(engine, place, signal) : snapshotsThatStay(place)),
  ];
}

/** While a VM runs its local disks are mirrored, without their snapshots, except where they are replicated. */
async function liveSnapshots(engine: Engine, place: Place, signal: AbortSignal): Promise<readonly string[]> {
  const { ref, config, snapshots, here } = place;
  const local = volumesOf(config).some(({ storage }) => here.has(storage) && !isShared(here.get(storage)));
  if (!local || snapshots.length === 0) return [];
  const jobs = rows(await engine.api({ signal }).cluster.replication.$get());
  if (jobs.some((job) => number(job["guest"]) === ref.vmid)) return [];
  return [
    `a VM that runs on local disks is not moved with snapshots (${snapshots.join(", ")}); remove them, or let it be moved while it is stopped`,
  ];
}

/** Snapshots travel with ZFS and BTRFS, and inside qcow2 files of VMs; with nothing else that is local. */
function snapshotsThatStay({ ref, config, snapshots, here }: Place): readonly string[] {
  if (snapshots.length === 0) return [];
  const stay = volumesOf(config).filter(({ storage, file }) => {
    const at = here.get(storage);
    if (at === undefined || isShared(at)) return false;
    const travels = ["zfspool", "btrfs"].includes(text(at["type"]) ?? "");
    return !travels && !(ref.type === "qemu" && file.endsWith(".qcow2"));
  });
  return [...new Set(stay.map(({ storage }) => storage))].map(
    (name) => `its snapshots (${snapshots.join(", ")}) do not leave storage '${name}'; remove them`,
  );
}

/** Its own volumes: the storage and the name on it. */
function volumesOf({ rootfs, mounts, vm, unused }: GuestConfig): readonly {
  readonly storage: string;
  readonly file: string;
}[] {
  const used = [...(rootfs === undefined ? [] : [rootfs]), ...mounts, ...(vm?.disks ?? [])].map(({ volume }) => volume);
  return [...used, ...unused].flatMap((volume) => {
    const [storage = "", file] = volume.split(":");
    return file === undefined || storage.startsWith("/") ? [] : [{ storage, file }];
  });
}

/** A storage that is not even listed on its own node is one we may not see, and says nothing. */
function storageObstacles({ ref, target, config, here, there }: Place): readonly string[] {
  const content = ref.type === "lxc" ? "rootdir" : "images";
  const names = [...new Set(volumesOf(config).map(({ storage }) => storage))].filter((name) => here.has(name));
  return names.flatMap((name) => {
    const found = there.get(name);
    if (found === undefined || !flag(found["enabled"]) || !flag(found["active"]))
      return [`storage '${name}' is not available on node ${target}`];
    return parseList(text(found["content"])).includes(content)
      ? []
      : [`storage '${name}' on node ${target} does not allow ${content}`];
  });
}

function isShared(storage: Row | undefined): boolean {
  return flag(storage?.["shared"]);
}

async function storagesOf(engine: Engine, node: string, signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
  const data: unknown = await engine.api({ signal }).nodes.$(node).storage.$get();
  return new Map(rows(data).map((storage) => [text(storage["storage"]) ?? "", storage]));
}

/** Bridges of the guest that its own node shows and the target does not. */
async function bridgeObstacles(
  engine: Engine,
  { ref, target, config }: Place,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const used = [...new Set(config.networks.flatMap(({ bridge }) => (bridge === undefined ? [] : [bridge])))];
  if (used.length === 0) return [];
  const [here = [], there = []] = await Promise.all(
    [ref.node, target].map((node) => readBridges(engine, node, signal)),
  );
  const has = (bridges: typeof here, name: string): boolean => bridges.some((bridge) => bridge.name === name);
  return used
    .filter((name) => has(here, name) && !has(there, name))
    .map((name) => `bridge '${name}' does not exist on node ${target}`);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
