import { rehearse } from "../../controller/preview/rehearsal.ts";
import type { Rehearsed } from "../../controller/preview/rehearsed.ts";
import type { GuestAction } from "../../controller/plan/guests/guestAction.ts";
import type { Stored } from "../../controller/api/meta.ts";
import type { FakeLab } from "../fakes/lab.ts";

const never = new AbortController().signal;

/** What a plan of these objects says; a mutation that it tried would throw here. */
export async function rehearsed(
  lab: FakeLab,
  objects: readonly Stored[] = lab.kube.all(),
): Promise<readonly Rehearsed[]> {
  const allowed = (): never => {
    throw new Error("a plan sent something");
  };
  let ended: { readonly error?: unknown; readonly all?: readonly Rehearsed[] } | undefined;
  void rehearse(
    objects,
    {
      clock: lab.clock,
      kube: lab.kube,
      connect: ({ tokenId }, firstSequence) =>
        lab.proxmox.port({ firstSequence, identity: tokenId, pollIntervalSeconds: 10, allowed }),
      connectOmada: (_, firstSequence) => lab.omada.port({ firstSequence, pollIntervalSeconds: 10, allowed }),
      nodeUuids: () => Promise.resolve(undefined),
      ownAddresses: () => [],
      tell: () => undefined,
    },
    never,
  ).then(
    (all) => (ended = { all }),
    (error: unknown) => (ended = { error }),
  );
  await lab.until("the plan is made", () => ended !== undefined);
  if (ended?.all === undefined) throw ended?.error;
  return ended.all;
}

/** "Configure {…}": a step without what is only said about it. */
export function wordOf({ op, change, creation, growth, target }: GuestAction): string {
  const what = { change, creation, growth, target };
  const given = Object.entries(what).filter(([, value]) => value !== undefined);
  return given.length === 0 ? op : `${op} ${JSON.stringify(Object.fromEntries(given))}`;
}

/** The foreseen steps of each guest, by "Kind/name". */
export function stepsOf(all: readonly Rehearsed[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    all.flatMap(({ object, outlook }) =>
      outlook.is === "guest"
        ? [
            [
              `${object.kind}/${object.metadata.name}`,
              outlook.foresight.steps.map(({ action }) => wordOf(action)),
            ] as const,
          ]
        : [],
    ),
  );
}

/** What the controller did from report number `from` on, in the same words. */
export function actedIn(lab: FakeLab, from: number): ReadonlyMap<string, readonly string[]> {
  const acts = lab.reports.slice(from).flatMap(({ key, acted }) => {
    if (acted === undefined) return [];
    if (acted.error !== undefined) throw new Error(`${key.name}: ${acted.action.op} failed`, { cause: acted.error });
    return [{ id: `${key.kind}/${key.name}`, word: wordOf(acted.action as GuestAction) }];
  });
  return new Map([...Map.groupBy(acts, ({ id }) => id)].map(([id, of]) => [id, of.map(({ word }) => word)]));
}
