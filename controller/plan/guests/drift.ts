import type { GuestStatus } from "../../api/index.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { GuestConfig } from "../../providers/port.ts";
import type { Difference } from "./configuration/difference.ts";
import type { Guest } from "../lab.ts";

/** What the status holds at most, of texts and of entries. */
const LONGEST = 1024;
const MOST = 64;

type Drift = NonNullable<GuestStatus["drift"]>;

/** The differences as the status shows them. Who made one stays known while its value stays. */
export function driftOf(differences: readonly Difference[], before: Drift = []): Drift {
  return differences.slice(0, MOST).map(({ field, desired, actual, changed }) => {
    const shown = { field, desired: cut(desired), actual: cut(actual) };
    const by = changed?.by;
    if (by !== undefined) return { ...shown, changedBy: by.by.slice(0, 256), changeTime: rfc3339(by.time) };
    const old = before.find((one) => isSame(one, shown));
    return old === undefined ? shown : { ...old, ...shown };
  });
}

type Value = Pick<Drift[number], "field" | "actual">;

function isSame(a: Value, b: Value): boolean {
  return a.field === b.field && a.actual === b.actual;
}

/** Those of the first whose value is another than in the second, or was not different there at all. */
export function newIn<T extends Value>(now: readonly T[], before: readonly Value[]): readonly T[] {
  return now.filter((one) => !before.some((other) => isSame(one, other)));
}

/** "resources.memory is 4Gi, the manifest says 2Gi; changed by ana@pam at 2026-11-24T14:02:07Z". */
export function driftText({ field, desired, actual, changedBy, changeTime }: Drift[number]): string {
  const at = changeTime === undefined ? "" : ` at ${changeTime}`;
  const by = changedBy === undefined ? "" : `; changed by ${changedBy}${at}`;
  return `${field} is ${short(actual)}, the manifest says ${short(desired)}${by}`;
}

const SHORT = 64;

function short(text: string): string {
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
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
