import type { Guest } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import { ProviderError, textOf } from "../../base/outcome.ts";
import { isToMove } from "../../plan/guests/handledNode.ts";
import { lacking } from "../../plan/need.ts";
import { migrationNeeds } from "../../plan/guests/permissions.ts";
import type { GuestSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";

interface Around {
  readonly connection: Connection;
  readonly record: GuestRecord;
  readonly clock: Clock;
}

/** Read so often at most, whatever wakes the guest meanwhile (A7). */
const LOOK_MS = 60_000;

/** What stands against the migration that is due; empty: none is, or it is not looked for without the privilege. */
export async function immovableOf(
  object: Guest,
  guest: GuestSeen,
  { connection, record, clock }: Around,
  signal: AbortSignal,
): Promise<{ readonly immovable?: readonly string[] }> {
  const target = object.spec.node;
  const due = isToMove(object) && !isDeleting(object) && target !== undefined && target !== guest.node;
  const { permissions } = connection;
  const missing = permissions === undefined || lacking(permissions, migrationNeeds(guest.vmid)).length > 0;
  if (!due || missing || object.spec.management !== "Full") return {};
  const at = clock.monotonic();
  const from = `${guest.node}|${target}|${guest.power}`;
  const known = record.immovable;
  if (known?.from === from && at - known.at < LOOK_MS) return { immovable: known.list };
  const list = await read(guest, target, connection, signal);
  record.immovable = { from, at, list };
  return { immovable: list };
}

/** What Proxmox says against the question itself is an answer; only that nobody answered is none. */
async function read(
  guest: GuestSeen,
  target: string,
  { port }: Connection,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await port.migrationObstacles(guest, target, signal);
  } catch (error) {
    if (error instanceof ProviderError && (error.kind === "spec" || error.kind === "other")) return [textOf(error)];
    throw error;
  }
}
