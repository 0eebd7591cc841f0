import { Container, VirtualMachine, type Guest } from "../api/index.ts";
import type { Stored } from "../api/meta.ts";
import { outcomeOf, type Outcome } from "../base/outcome.ts";
import { foreseeLab } from "../plan/foresight/foresee.ts";
import type { GuestInput } from "../plan/guests/guestInput.ts";
import type { GuestSeenWhole } from "../reconcilers/guests/guestSeenWhole.ts";
import { lookAhead } from "../reconcilers/guests/lookAhead.ts";
import type { Machine } from "../reconcilers/machine.ts";
import { parsed } from "../reconcilers/shared/objects.ts";
import type { Rehearsed } from "./rehearsed.ts";

interface Look {
  readonly object: Stored;
  readonly found: { readonly guest: Guest; readonly whole: GuestSeenWhole } | { readonly failed: Outcome };
}

/** What becomes of the guests among the objects. All are looked at before any is foreseen: each goes by all the others. */
export async function foreseenGuests(
  objects: readonly Stored[],
  { drivers, labs }: Machine,
  signal: AbortSignal,
): Promise<readonly Rehearsed[]> {
  const looks: Look[] = [];
  await inGroups(objects.filter(isGuest), async (object) => {
    looks.push({ object, found: await lookOf(object, drivers.guests, signal) });
  });
  const inputs = looks.flatMap(({ found }): GuestInput[] =>
    "failed" in found ? [] : [drivers.guests.inputOf(found.guest, found.whole)],
  );
  const foresights = new Map(
    [...Map.groupBy(inputs, ({ lab }) => lab.namespace)].map(([namespace, of]) => [
      namespace,
      foreseeLab(labs.of(namespace), of),
    ]),
  );
  return looks.flatMap(({ object, found }): Rehearsed[] => {
    const { namespace, name } = object.metadata;
    const lab = labs.of(namespace);
    if ("failed" in found) return [{ object, lab, outlook: { is: "failed", outcome: found.failed } }];
    const foresight = foresights.get(namespace)?.get(`${object.kind}/${name}`);
    return foresight === undefined ? [] : [{ object, lab, outlook: { is: "guest", foresight } }];
  });
}

async function lookOf(object: Stored, shop: Machine["drivers"]["guests"], signal: AbortSignal): Promise<Look["found"]> {
  try {
    const guest = object.kind === Container.kind ? parsed(Container, object) : parsed(VirtualMachine, object);
    return { guest, whole: await lookAhead(guest, shop, signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { failed: outcomeOf(error) };
  }
}

export function isGuest({ kind }: Stored): boolean {
  return kind === Container.kind || kind === VirtualMachine.kind;
}

const AT_ONCE = 8;

/** Some at a time, in their order. */
export async function inGroups<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
