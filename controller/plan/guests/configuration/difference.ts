import type {
  CloudAddress,
  ConfigChange,
  Disk,
  GuestConfig,
  Mount,
  NetworkInterface,
  NewDisk,
  NewMount,
} from "../../../providers/port.ts";
import type { Author } from "../driftAuthor.ts";

/** A part of one thing: undefined takes it off. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Plain settings of the guest as a whole. */
export type Settings = Omit<
  ConfigChange,
  "tags" | "onboot" | "startup" | "features" | "networks" | "mounts" | "disks" | "addresses" | "hostDevices"
>;

/** One part of a write. Parts of the same interface, mount or feature list become one value. */
export type Edit =
  | { readonly on: "guest"; readonly set: Patch<Settings> }
  | { readonly on: "features"; readonly set: Readonly<Record<string, string | undefined>> }
  | { readonly on: "network"; readonly key: string; readonly set: Patch<NetworkInterface> }
  /** Without a key it gets the first that is free. */
  | { readonly on: "newNetwork"; readonly network: Omit<NetworkInterface, "key"> & { readonly key?: string } }
  /** What cloud-init gives to an interface. */
  | { readonly on: "address"; readonly key: string; readonly set: Patch<CloudAddress> }
  | { readonly on: "mount"; readonly key: string; readonly set: Patch<Mount> }
  | { readonly on: "newMount"; readonly mount: NewMount }
  | { readonly on: "disk"; readonly key: string; readonly set: Patch<Disk> }
  | { readonly on: "newDisk"; readonly disk: NewDisk }
  | { readonly on: "hostDevice"; readonly key: string; readonly text: string };

/** How a difference goes away. */
export type Way =
  /** Written; Proxmox applies it to a running guest at once. */
  | { readonly is: "live"; readonly edit: Edit }
  /** Written; in effect when the guest is started next. */
  | { readonly is: "restart"; readonly edit: Edit }
  | { readonly is: "grow"; readonly disk: string; readonly sizeMiB: number }
  /** Never by us: data could be lost, or Proxmox lets no token do it. */
  | { readonly is: "refused"; readonly reason: "WouldLoseData" | "RootOnly" | "SpecInvalid"; readonly because: string }
  /** Only told. */
  | { readonly is: "told" };

/** One declared field whose value is not what is stored. */
export interface Difference {
  readonly field: string;
  readonly desired: string;
  readonly actual: string;
  readonly way: Way;
  /** Set where the stored value became this one while the spec stayed as it is: somebody changed it in Proxmox. */
  readonly changed?: FieldChange;
}

/** A value that somebody changed in Proxmox; by whom is known only where its task list proves it (I4). */
export interface FieldChange {
  readonly field: string;
  readonly actual: string;
  readonly by?: Author;
}

const NOT_SET = "(not set)";

/** The difference in one field, if there is one; what is not declared is not compared (A11). */
export function differs(
  field: string,
  desired: string | undefined,
  actual: string | undefined,
  way: Way,
): readonly Difference[] {
  return desired === undefined || desired === actual ? [] : [{ field, desired, actual: actual ?? NOT_SET, way }];
}

export function live(edit: Edit): Way {
  return { is: "live", edit };
}

export function restart(edit: Edit): Way {
  return { is: "restart", edit };
}

export function wouldLoseData(because: string): Way {
  return { is: "refused", reason: "WouldLoseData", because };
}

export function rootOnly(because: string): Way {
  return { is: "refused", reason: "RootOnly", because };
}

export const TOLD: Way = { is: "told" };

/** The one write that these edits come to, on what is stored now (A5). */
export function changeOf(edits: readonly Edit[], config: GuestConfig): ConfigChange {
  const guest = edits.flatMap((edit) => (edit.on === "guest" ? [edit.set] : []));
  const features = edits.flatMap((edit) => (edit.on === "features" ? [edit.set] : []));
  const networks = networksOf(edits, config);
  const mounts = mountsOf(edits, config);
  return {
    ...patched<ConfigChange>({}, guest),
    ...(features.length === 0 ? {} : { features: patched(config.features ?? {}, features) }),
    ...(networks.length === 0 ? {} : { networks }),
    ...(mounts.length === 0 ? {} : { mounts }),
    ...hardwareOf(edits, config),
  };
}

/** Parts that only a VM has. */
function hardwareOf(
  edits: readonly Edit[],
  config: GuestConfig,
): Pick<ConfigChange, "disks" | "addresses" | "hostDevices"> {
  const disks = [
    ...whole(config.vm?.disks ?? [], edits, "disk"),
    ...edits.flatMap((edit) => (edit.on === "newDisk" ? [edit.disk] : [])),
  ];
  const stored = config.networks.map(({ key, ipv4, gateway4, ipv6, gateway6 }) => ({
    key,
    ...patched<Partial<CloudAddress>>({}, [{ ipv4, gateway4, ipv6, gateway6 }]),
  }));
  const addresses = whole<CloudAddress>(stored, edits, "address");
  const devices = edits.flatMap((edit) => (edit.on === "hostDevice" ? [[edit.key, edit.text] as const] : []));
  return {
    ...(disks.length === 0 ? {} : { disks }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(devices.length === 0 ? {} : { hostDevices: Object.fromEntries(devices) }),
  };
}

/** Those of the stored things that an edit is about, each whole and with its edits. */
function whole<T extends { readonly key: string }>(
  stored: readonly T[],
  edits: readonly Edit[],
  on: "network" | "address" | "mount" | "disk",
): readonly T[] {
  return stored.flatMap((thing) => {
    const sets = edits.flatMap((edit) => (edit.on === on && edit.key === thing.key ? [edit.set as Patch<T>] : []));
    return sets.length === 0 ? [] : [patched(thing, sets)];
  });
}

/** Each interface whole, with its MAC and everything else that is not ours to change. */
function networksOf(edits: readonly Edit[], config: GuestConfig): readonly NetworkInterface[] {
  const taken = new Set(config.networks.map(({ key }) => key));
  const fresh = edits.flatMap((edit) => {
    if (edit.on !== "newNetwork") return [];
    const key = edit.network.key ?? freeKey("net", taken);
    taken.add(key);
    return [{ ...edit.network, key }];
  });
  return [...whole(config.networks, edits, "network"), ...fresh];
}

function mountsOf(edits: readonly Edit[], config: GuestConfig): readonly (Mount | NewMount)[] {
  return [
    ...whole(config.mounts, edits, "mount"),
    ...edits.flatMap((edit) => (edit.on === "newMount" ? [edit.mount] : [])),
  ];
}

function freeKey(prefix: string, taken: ReadonlySet<string>): string {
  let index = 0;
  while (taken.has(`${prefix}${String(index)}`)) index += 1;
  return `${prefix}${String(index)}`;
}

/** The thing with these parts exchanged, without those that are undefined. */
function patched<T extends object>(thing: T, parts: readonly Patch<T>[]): T {
  const fields = [thing, ...parts].flatMap((part): [string, unknown][] => Object.entries(part));
  return Object.fromEntries(Object.entries(Object.fromEntries(fields)).filter(([, value]) => value !== undefined)) as T;
}
