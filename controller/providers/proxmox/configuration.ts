import type { ConfigChange, Disk, GuestConfig, GuestRef, Growth, Mount } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";
import { guestConfig } from "./guestConfig.ts";
import { upidOf } from "./tasks.ts";
import { configParams } from "./configParams.ts";
import { parseDisk } from "./vmWire.ts";
import { parseMount, printSize } from "./wire.ts";

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
  const live = <T extends Mount | Disk>(volume: T, parse: (key: string, value: string) => T): T =>
    withLiveSize(volume, parse, waiting);
  return {
    ...config,
    mounts: config.mounts.map((mount) => live(mount, parseMount)),
    ...(config.vm === undefined
      ? {}
      : { vm: { ...config.vm, disks: config.vm.disks.map((disk) => live(disk, parseDisk)) } }),
  };
}

/** A volume grows while a change of its mount or disk waits: the text of that change still has the size of before. */
function withLiveSize<T extends Mount | Disk>(
  waits: T,
  parse: (key: string, value: string) => T,
  waiting: readonly Row[],
): T {
  const current = text(waiting.find((row) => row["key"] === waits.key)?.["value"]);
  if (current === undefined) return waits;
  const { volume, sizeMiB } = parse(waits.key, current);
  if (volume !== waits.volume || sizeMiB === undefined || sizeMiB === waits.sizeMiB) return waits;
  return { ...waits, sizeMiB, staleSize: true };
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

/** UPID of the task that writes it (contract 5.2). What is wrong with it as a whole is said at once, the rest in the task. */
export async function configureByTask(
  engine: Engine,
  ref: GuestRef,
  { change, digest }: { readonly change: ConfigChange; readonly digest: string },
  signal: AbortSignal,
): Promise<string> {
  const { config } = engine.api({ signal }).nodes.$(ref.node).qemu.$(ref.vmid);
  return upidOf(await config.$post(configParams("qemu", change, digest)));
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
