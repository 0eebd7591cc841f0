import type { GuestRef, Move } from "../port.ts";
import type { Engine } from "./engine.ts";
import { upidOf } from "./tasks.ts";

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
