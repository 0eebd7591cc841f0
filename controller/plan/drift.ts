import type { GuestStatus } from "../api/index.ts";
import type { GuestConfig } from "../providers/port.ts";
import type { Difference } from "./configuration/difference.ts";
import type { Guest } from "./lab.ts";

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
export function unmanagedOf(object: Guest, config: GuestConfig): string[] {
  const { spec } = object;
  const names = (list: readonly { readonly name: string }[] | undefined): ReadonlySet<string> | undefined =>
    list === undefined ? undefined : new Set(list.map(({ name }) => name));
  const named = names(spec.networks);
  const nets = config.networks.filter(({ name }) => named?.has(name) === false).map(({ key }) => key);
  return [...nets, ...unlisted(object, config, names), ...config.otherKeys]
    .map((key) => key.slice(0, 64))
    .sort()
    .slice(0, 256);
}

type Names = (list: readonly { readonly name: string }[] | undefined) => ReadonlySet<string> | undefined;

function unlisted(object: Guest, { mounts, vm }: GuestConfig, names: Names): readonly string[] {
  const left = (keys: readonly string[], listed: ReadonlySet<string> | undefined): readonly string[] =>
    keys.filter((key) => listed?.has(key) === false);
  if (object.kind === "Container")
    return left(
      mounts.map(({ key }) => key),
      names(object.spec.mounts),
    );
  const { disks = [], hostDevices = {} } = vm ?? {};
  return [
    ...left(
      disks.map(({ key }) => key),
      names(object.spec.disks),
    ),
    ...left(Object.keys(hostDevices), names(object.spec.hostDevices)),
  ];
}
