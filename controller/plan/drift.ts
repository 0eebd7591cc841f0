import type { Container, GuestStatus } from "../api/index.ts";
import type { GuestConfig } from "../providers/port.ts";
import type { Difference } from "./configuration/difference.ts";

/** What the status holds at most, of texts and of entries. */
const LONGEST = 1024;
const MOST = 64;

/** The differences as the status shows them. */
export function driftOf(differences: readonly Difference[]): NonNullable<GuestStatus["drift"]> {
  return differences
    .slice(0, MOST)
    .map(({ field, desired, actual }) => ({ field, desired: cut(desired), actual: cut(actual) }));
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

/** Keys of the configuration that neither our schema nor the spec mention; reported once and left (A11). */
export function unmanagedOf({ spec }: Container, config: GuestConfig): string[] {
  const named = new Set((spec.networks ?? []).map((network) => network.name));
  const mounted = new Set((spec.mounts ?? []).map((mount) => mount.name));
  const nets =
    spec.networks === undefined
      ? []
      : config.networks.filter((network) => !named.has(network.name)).map((network) => network.key);
  const mounts =
    spec.mounts === undefined ? [] : config.mounts.filter((mount) => !mounted.has(mount.key)).map((mount) => mount.key);
  return [...nets, ...mounts, ...config.otherKeys]
    .map((key) => key.slice(0, 64))
    .sort()
    .slice(0, 256);
}
