import { ProviderError } from "../../controller/base/outcome.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { guestsIn, type Declared } from "./declared.ts";
import type { History } from "./history.ts";

/** Does something and says to what; undefined: there was nothing to do it to. */
export type StepRun<H extends History = History> = (
  history: H,
  a: number,
  b: number,
) => string | undefined | Promise<string | undefined>;
export type StepTable<H extends History = History> = ReadonlyMap<string, StepRun<H>>;

export function pick<T>(from: readonly T[], index: number): T | undefined {
  return from[index % Math.max(1, from.length)];
}

export function someGuest(
  history: History,
  index: number,
  fits = (_one: FakeGuest): boolean => true,
): FakeGuest | undefined {
  return pick([...history.lab.proxmox.guests.values()].filter(fits), index);
}

export function someObject(history: History, index: number): Declared | undefined {
  return pick(
    guestsIn(history.lab).filter((one) => !one.deleting),
    index,
  );
}

/** Writes what a person writes into a spec. */
export function edit(history: History, kind: string, name: string, change: Readonly<Record<string, unknown>>): void {
  const object = history.lab.read(kind, name);
  if (object === undefined) return;
  const { namespace } = object.metadata;
  history.lab.kube.apply({ kind, metadata: { name, namespace }, spec: { ...(object.spec as object), ...change } });
  history.editedAt = history.now;
}

/** A person's act in Proxmox; what Proxmox refuses did not happen. */
export function byPerson(history: History, vmid: number, act: () => void): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
  history.touchedAt.set(vmid, history.now);
  return String(vmid);
}
