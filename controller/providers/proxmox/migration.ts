import type { GuestRef, Move } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, row, rows, text } from "../shared/decode.ts";
import { readConfig } from "./configuration.ts";
import type { Engine } from "./engine.ts";
import { readBridges } from "./surroundings.ts";
import { upidOf } from "./tasks.ts";
import { parseList } from "./wire.ts";

/** UPID of the migration task, or of the request to HA. A container is never restarted by it, nor killed (A9). */
export async function migrateGuest(
  engine: Engine,
  ref: GuestRef,
  { target, online }: Move,
  signal: AbortSignal,
): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).migrate.$post({ target })
      : await node.qemu.$(ref.vmid).migrate.$post({ target, ...(online ? { online, "with-local-disks": true } : {}) });
  return upidOf(data);
}

/** What stands against moving the guest (contract 4.8, 5.5): read, never tried. */
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
  const [own, bridges, volumes] = await Promise.all([
    ref.type === "qemu" ? machineObstacles(engine, ref, target, signal) : containerObstacles(engine, ref, signal),
    bridgeObstacles(engine, ref, target, signal),
    volumesOf(engine, ref, signal),
  ]);
  return [...own, ...(await storageObstacles(engine, { ref, target, volumes }, signal)), ...bridges];
}

/** Directories and devices of its node stay there. */
async function containerObstacles(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<readonly string[]> {
  const { mounts } = await readConfig(engine, ref, signal);
  return mounts
    .filter(({ volume, other = {} }) => volume.startsWith("/") && other["shared"] !== "1")
    .map(({ key, volume }) => `${key} is ${volume} of its node, which stays there`);
}

/** Proxmox's own preconditions of a VM. */
async function machineObstacles(
  engine: Engine,
  ref: GuestRef,
  target: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const at = await preconditions(engine, ref, target, signal);
  const devices = list(at["local_resources"]).map(String);
  const images = rows(at["local_disks"]).filter((disk) => flag(disk["cdrom"]));
  const missing = list(row(row(at["not_allowed_nodes"])[target])["unavailable_storages"]).map(String);
  return [
    ...devices.map((key) => `it uses the local device ${key} of its node`),
    ...images.map((disk) => `its CD drive holds ${text(disk["volid"]) ?? "an image"} of its node; eject it`),
    ...missing.map((name) => `storage '${name}' is not available on node ${target}`),
  ];
}

async function preconditions(engine: Engine, ref: GuestRef, target: string, signal: AbortSignal): Promise<Row> {
  const vm = engine.api({ signal }).nodes.$(ref.node).qemu.$(ref.vmid);
  return row(await vm.migrate.$get({ target }));
}

/** Names of the storages that its own volumes are on. */
async function volumesOf(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<readonly string[]> {
  const { rootfs, mounts, unused } = await readConfig(engine, ref, signal);
  const volumes = [...(rootfs === undefined ? [] : [rootfs]), ...mounts].map(({ volume }) => volume);
  const names = [...volumes, ...unused].map((volume) => volume.split(":"));
  return [...new Set(names.flatMap(([name = "", file]) => (file === undefined || name.startsWith("/") ? [] : [name])))];
}

interface Place {
  readonly ref: GuestRef;
  readonly target: string;
  readonly volumes: readonly string[];
}

/** A storage that is not even listed on its own node is one we may not see, and says nothing. */
async function storageObstacles(
  engine: Engine,
  { ref, target, volumes }: Place,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (volumes.length === 0) return [];
  const [here, there] = await Promise.all([ref.node, target].map((node) => storagesOf(engine, node, signal)));
  const content = ref.type === "lxc" ? "rootdir" : "images";
  return volumes.flatMap((name) => {
    if (here?.has(name) !== true) return [];
    const found = there?.get(name);
    if (found === undefined || !flag(found["enabled"]) || !flag(found["active"]))
      return [`storage '${name}' is not available on node ${target}`];
    return parseList(text(found["content"])).includes(content)
      ? []
      : [`storage '${name}' on node ${target} does not allow ${content}`];
  });
}

async function storagesOf(engine: Engine, node: string, signal: AbortSignal): Promise<ReadonlyMap<string, Row>> {
  const data: unknown = await engine.api({ signal }).nodes.$(node).storage.$get();
  return new Map(rows(data).map((storage) => [text(storage["storage"]) ?? "", storage]));
}

/** Bridges of the guest that its own node shows and the target does not. */
async function bridgeObstacles(
  engine: Engine,
  ref: GuestRef,
  target: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { networks } = await readConfig(engine, ref, signal);
  const used = [...new Set(networks.flatMap(({ bridge }) => (bridge === undefined ? [] : [bridge])))];
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
