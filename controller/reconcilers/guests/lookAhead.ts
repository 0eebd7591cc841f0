import type { Guest } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import { planGuest } from "../../plan/guests/guest.ts";
import { hasFinalizer } from "../../plan/guests/guestDeletion.ts";
import { idOf } from "../../plan/lab.ts";
import type { Sight } from "../../plan/guests/guestInput.ts";
import { busyWith, needsBusyLook } from "./guestBusy.ts";
import { gather } from "./guestGather.ts";
import { snapshotsOf } from "./guestSnapshots.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import type { GuestWorkshop } from "./guestWorkshop.ts";

type Present = Extract<Sight, { is: "present" }>;

/** Looks at a guest as its pass does, and beyond that at what a later step would need to know. Changes nothing outside. */
export async function lookAhead(object: Guest, shop: GuestWorkshop, signal: AbortSignal): Promise<GuestSeenWhole> {
  const whole = await gather(object, shop, signal);
  const { sight } = whole;
  return sight.is === "present" ? { ...whole, sight: await closer(object, shop, { ...whole, sight }, signal) } : whole;
}

/** Who is at work on it, and what its destruction would lose. */
async function closer(
  object: Guest,
  shop: GuestWorkshop,
  whole: GuestSeenWhole & { readonly sight: Present },
  signal: AbortSignal,
): Promise<Present> {
  const { sight, looking } = whole;
  if (looking === undefined) return sight;
  const { action, held } = planGuest(shop.inputOf(object, whole));
  const busy = needsBusyLook(action ?? held) ? await busyWith(object, sight, looking, signal) : undefined;
  const goes = isDeleting(object) && hasFinalizer({ object });
  const losses = goes ? await looking.connection.port.losses(sight.guest, signal) : undefined;
  const guarded = shop.labs.of(object.metadata.namespace).beforeUpdate?.has(idOf(object)) === true;
  const snapshots = guarded ? await snapshotsOf(sight.guest, looking, signal) : undefined;
  return { ...sight, busy, losses, ...(snapshots === undefined ? {} : { snapshots }) };
}
