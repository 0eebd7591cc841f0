import type { Guest } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import { hasFinalizer } from "../../plan/guests/guestDeletion.ts";
import { isPolicySnapshot } from "../../plan/snapshots/policySnapshot.ts";
import type { GuestSeen, ProxmoxPort } from "../../providers/port.ts";

/** What a destroy would lose, read only when that is the next step (I5). */
export async function lossesOf(
  object: Guest,
  guest: GuestSeen,
  port: ProxmoxPort,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const next =
    isDeleting(object) &&
    hasFinalizer({ object }) &&
    guest.power === "Stopped" &&
    object.status?.deletion !== undefined;
  if (!next) return undefined;
  const [losses, snapshots] = await Promise.all([port.losses(guest, signal), port.snapshots(guest, signal)]);
  const foreign = snapshots.filter((snapshot) => !isPolicySnapshot(object.metadata.namespace, snapshot));
  return [...losses, ...foreign.map(({ name }) => `snapshot ${name}`)];
}
