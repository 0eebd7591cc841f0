import type { ConfigChange, GuestConfig, GuestRef, Growth, Mount } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";
import { guestConfig } from "./guestConfig.ts";
import { upidOf } from "./tasks.ts";
import {
  newVolume,
  parseMount,
  printContainerNet,
  printFeatures,
  printMount,
  printSize,
  printStartup,
  printTags,
} from "./wire.ts";

/** One call gives what is stored, what waits for the next start, and the digest of both (contract 4.3). */
export async function readConfig(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<GuestConfig> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc" ? await node.lxc.$(ref.vmid).pending.$get() : await node.qemu.$(ref.vmid).pending.$get();
  return configOf(ref.type, rows(data));
}

/** The reply of `GET …/pending`: one row a key, with what is in effect and what waits. */
export function configOf(type: GuestRef["type"], list: readonly Row[]): GuestConfig {
  const merged = list.flatMap((row): [string, unknown][] => {
    const key = text(row["key"]);
    if (key === undefined || isRemoved(row)) return [];
    return [[key, row["pending"] ?? row["value"]]];
  });
  const waiting = list.filter((row) => row["pending"] !== undefined || isRemoved(row));
  const config = guestConfig(
    type,
    Object.fromEntries(merged),
    waiting.flatMap((row) => text(row["key"]) ?? []).toSorted(),
  );
  return { ...config, mounts: config.mounts.map((mount) => withLiveSize(mount, waiting)) };
}

/** A volume grows while a change of its mount waits: the text of that change still has the size of before. */
function withLiveSize(mount: Mount, waiting: readonly Row[]): Mount {
  const current = text(waiting.find((row) => row["key"] === mount.key)?.["value"]);
  if (current === undefined) return mount;
  const { volume, sizeMiB } = parseMount(mount.key, current);
  if (volume !== mount.volume || sizeMiB === undefined || sizeMiB === mount.sizeMiB) return mount;
  return { ...mount, sizeMiB, staleSize: true };
}

/** 1, or 2 when the removal is forced. */
function isRemoved(row: Row): boolean {
  return flag(row["delete"]) || text(row["delete"]) === "2";
}

/** Writes only what is in `change`, guarded by the digest (A5). An error does not mean that nothing was written (A2). */
export async function configureGuest(
  engine: Engine,
  ref: GuestRef,
  write: { readonly change: ConfigChange; readonly digest: string },
  signal: AbortSignal,
): Promise<void> {
  const params = configParams(ref.type, write.change, write.digest);
  const node = engine.api({ signal }).nodes.$(ref.node);
  if (ref.type === "lxc") await node.lxc.$(ref.vmid).config.$put(params);
  else await node.qemu.$(ref.vmid).config.$put(params);
}

/** UPID of the task that grows a volume. The size is absolute, so that once is as good as twice (contract 4.8). */
export async function resizeGuest(
  engine: Engine,
  ref: GuestRef,
  write: Growth & { readonly digest: string },
  signal: AbortSignal,
): Promise<string> {
  const params = { disk: write.disk, size: printSize(write.sizeMiB), digest: write.digest };
  const node = engine.api({ signal }).nodes.$(ref.node);
  // The typings know mp0 to mp3 only.
  const lxc = node.lxc.$(ref.vmid).resize;
  const qemu = node.qemu.$(ref.vmid).resize;
  const data: unknown =
    ref.type === "lxc"
      ? await lxc.$put(params as Parameters<typeof lxc.$put>[0])
      : await qemu.$put(params as Parameters<typeof qemu.$put>[0]);
  return upidOf(data);
}

type Value = string | number;

/** Parameters of `PUT …/config`: what becomes empty is deleted, since an empty text would be stored as a blank (4.4). */
export function configParams(
  type: GuestRef["type"],
  change: ConfigChange,
  digest: string,
): Readonly<Record<string, Value>> {
  const wanted = [...plainParams(type, change), ...listParams(change), ...keyedParams(change)];
  const cleared = wanted.filter(([, value]) => value === "").map(([key]) => key);
  const set = wanted.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [[key, value] as const]));
  return { digest, ...Object.fromEntries(set), ...(cleared.length === 0 ? {} : { delete: cleared.join(",") }) };
}

type Params = readonly (readonly [string, Value | undefined])[];

function plainParams(type: GuestRef["type"], change: ConfigChange): Params {
  return [
    ["onboot", change.onboot === undefined ? undefined : Number(change.onboot)],
    [type === "lxc" ? "hostname" : "name", change.name],
    ["description", change.description],
    ["cores", change.cores],
    ["cpulimit", change.cpuLimit],
    ["cpuunits", change.cpuWeight],
    ["memory", change.memoryMiB],
    ["swap", change.swapMiB],
    ["searchdomain", change.searchDomain],
  ];
}

function listParams(change: ConfigChange): Params {
  return [
    ["startup", change.startup === undefined ? undefined : printStartup(change.startup)],
    ["tags", change.tags === undefined ? undefined : printTags(change.tags)],
    ["nameserver", change.nameservers?.join(" ")],
    ["features", change.features === undefined ? undefined : printFeatures(change.features)],
  ];
}

function keyedParams({ networks = [], mounts = [] }: ConfigChange): Params {
  return [
    ...networks.map((net) => [net.key, printContainerNet(net)] as const),
    ...mounts.map((mount) => {
      if ("volume" in mount) return [mount.key, printMount(mount)] as const;
      const { storage, sizeMiB, ...rest } = mount;
      return [mount.key, printMount({ ...rest, volume: newVolume(storage, sizeMiB) })] as const;
    }),
  ];
}
