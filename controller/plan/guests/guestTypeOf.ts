import type { Guest } from "../../api/index.ts";
import type { GuestType } from "../../providers/port.ts";

/** What Proxmox calls a guest of this kind. */
export function guestTypeOf({ kind }: Pick<Guest, "kind">): GuestType {
  return kind === "Container" ? "lxc" : "qemu";
}
