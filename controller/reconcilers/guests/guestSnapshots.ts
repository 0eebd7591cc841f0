import type { Clock } from "../../base/clock.ts";
import type { GuestSnapshots } from "../../plan/guests/guestInput.ts";
import { isPolicySnapshot } from "../../plan/snapshots/policySnapshot.ts";
import type { GuestSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";
import type { GuestRecord } from "../lab/guestMemory.ts";

interface Around {
  readonly connection: Connection;
  readonly record: GuestRecord;
  readonly clock: Clock;
}

/** What a storage cannot do is asked again after so long, whatever wakes the guest meanwhile (A7). */
const UNABLE_MS = 60_000;

/** The snapshots that policies of the namespace have made and ended, and whether there can be another. */
export async function snapshotsOf(
  guest: GuestSeen,
  { connection: { port, key }, record, clock }: Around,
  signal: AbortSignal,
): Promise<GuestSnapshots> {
  const at = clock.monotonic();
  const isKnown = record.unableAt !== undefined && at - record.unableAt < UNABLE_MS;
  const [able, all] = await Promise.all([
    isKnown ? Promise.resolve(false) : port.canSnapshot(guest, signal),
    port.snapshots(guest, signal),
  ]);
  if (able) record.unableAt = undefined;
  else if (!isKnown) record.unableAt = at;
  const whole = all.filter((one) => one.unfinished !== true && isPolicySnapshot(key.namespace, one));
  return { able, names: whole.map(({ name }) => name) };
}
