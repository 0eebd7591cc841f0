import type { GuestRef, SnapshotSeen, SnapshotWish } from "../port.ts";
import { flag, row, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";
import { upidOf } from "./tasks.ts";

/** All snapshots of a guest; "current" is the running state and none (contract 4.9). */
export async function readSnapshots(
  engine: Engine,
  ref: GuestRef,
  signal: AbortSignal,
): Promise<readonly SnapshotSeen[]> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc" ? await node.lxc.$(ref.vmid).snapshot.$get() : await node.qemu.$(ref.vmid).snapshot.$get();
  return rows(data)
    .map((snapshot) => ({
      name: text(snapshot["name"]) ?? "",
      description: (text(snapshot["description"]) ?? "").replace(/\n$/, ""),
      ...(text(snapshot["snapstate"]) === undefined ? {} : { unfinished: true as const }),
    }))
    .filter(({ name }) => name !== "" && name !== "current");
}

/** Proxmox's own answer to whether the guest's volumes allow a snapshot. */
export async function readCanSnapshot(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<boolean> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const asked = { feature: "snapshot" } as const;
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).feature.$get(asked)
      : await node.qemu.$(ref.vmid).feature.$get(asked);
  return flag(row(data)["hasFeature"]);
}

/** UPID of the task. Proxmox refuses a name that is taken, so a call is never carried out twice. */
export async function createSnapshot(
  engine: Engine,
  ref: GuestRef,
  { name, description, memory }: SnapshotWish,
  signal: AbortSignal,
): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const common = { snapname: name, description };
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).snapshot.$post(common)
      : await node.qemu.$(ref.vmid).snapshot.$post({ ...common, vmstate: memory });
  return upidOf(data);
}

/** UPID of the task. Never with `force`, which forgets a snapshot whose volumes could not be removed. */
export async function deleteSnapshot(
  engine: Engine,
  ref: GuestRef,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  const data: unknown =
    ref.type === "lxc"
      ? await node.lxc.$(ref.vmid).snapshot.$(name).$delete()
      : await node.qemu.$(ref.vmid).snapshot.$(name).$delete();
  return upidOf(data);
}
