import type { Container } from "../api/index.ts";
import { mebibytesOf, quantityOf } from "../base/quantity.ts";
import type { GuestConfig, GuestSeen } from "../providers/port.ts";
import { wiredOf } from "./creation.ts";
import type { Lab } from "./lab.ts";

/** One field whose declared value is not what is there. Shown, not corrected. */
export interface Drift {
  readonly field: string;
  readonly desired: string;
  readonly actual: string;
}

type Check = readonly [field: string, desired: string | undefined, actual: string | undefined];

/** Declared fields that differ; what is not declared is not compared (A11). Values are compared, not their spelling. */
export function driftOf(
  container: Container,
  config: GuestConfig,
  guest: GuestSeen,
  lab: Pick<Lab, "segments">,
): Drift[] {
  return [
    ...plainChecks(container, config, guest),
    ...volumeChecks(container, config),
    ...(container.spec.networks ?? []).flatMap((network) => networkChecks(network, config, lab)),
  ]
    .flatMap(([field, desired, actual]) =>
      desired === undefined || desired === actual
        ? []
        : [{ field, desired: cut(desired), actual: cut(actual ?? "(not set)") }],
    )
    .slice(0, MOST);
}

/** What the status holds at most, of texts and of entries. */
const LONGEST = 1024;
const MOST = 64;

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function plainChecks({ spec }: Container, config: GuestConfig, guest: GuestSeen): Check[] {
  return [
    ["node", spec.node, guest.node],
    ["hostname", spec.hostname?.toLowerCase(), config.name?.toLowerCase()],
    ["description", spec.description?.trimEnd(), config.description?.trimEnd()],
    ["unprivileged", bool(spec.unprivileged), bool(config.unprivileged === true)],
    ...(spec.resources === undefined ? [] : resourceChecks(spec.resources, config)),
    ["dns.nameservers", spec.dns?.nameservers?.join(" "), config.nameservers.join(" ")],
    ["dns.searchDomain", spec.dns?.searchDomain, config.searchDomain],
    ...(spec.features === undefined ? [] : featureChecks(spec.features, config.features)),
  ];
}

/** Against Proxmox's own defaults where nothing is stored (contract 4.2). */
function resourceChecks(wanted: NonNullable<Container["spec"]["resources"]>, config: GuestConfig): Check[] {
  const { cores, cpuLimit = "0", cpuWeight = 100, memoryMiB = 512, swapMiB = 512 } = config;
  return [
    ["resources.cores", number(wanted.cores), number(cores)],
    ["resources.cpuLimit", decimal(wanted.cpuLimit), decimal(cpuLimit)],
    ["resources.cpuWeight", number(wanted.cpuWeight), number(cpuWeight)],
    ["resources.memory", size(wanted.memory), mib(memoryMiB)],
    ["resources.swap", size(wanted.swap), mib(swapMiB)],
  ];
}

function featureChecks(
  wanted: NonNullable<Container["spec"]["features"]>,
  stored: GuestConfig["features"] = {},
): Check[] {
  return [
    ["features.nesting", bool(wanted.nesting), bool(stored["nesting"] === "1")],
    ["features.keyctl", bool(wanted.keyctl), bool(stored["keyctl"] === "1")],
    ["features.fuse", bool(wanted.fuse), bool(stored["fuse"] === "1")],
    ["features.mount", sorted(wanted.mount), sorted(stored["mount"]?.split(";"))],
  ];
}

function volumeChecks({ spec }: Container, config: GuestConfig): Check[] {
  const root = spec.rootfs;
  const rootChecks: Check[] =
    root === undefined
      ? []
      : [
          ["rootfs.storage", root.storage, storageOf(config.rootfs?.volume)],
          ["rootfs.size", size(root.size), mib(config.rootfs?.sizeMiB)],
        ];
  const mountChecks = (spec.mounts ?? []).flatMap((mount): Check[] => {
    const actual = config.mounts.find((other) => other.key === mount.name);
    const field = `mounts[${mount.name}]`;
    if (actual === undefined) return [[field, mount.hostPath ?? mount.storage ?? mount.path, undefined]];
    return [
      [`${field}.path`, mount.path, actual.path],
      [`${field}.hostPath`, mount.hostPath, actual.volume],
      [`${field}.storage`, mount.storage, storageOf(actual.volume)],
      [`${field}.size`, size(mount.size), mib(actual.sizeMiB)],
      [`${field}.backup`, bool(mount.backup), bool(actual.backup ?? false)],
      [`${field}.readOnly`, bool(mount.readOnly), bool(actual.readOnly ?? false)],
    ];
  });
  return [...rootChecks, ...mountChecks];
}

type Network = NonNullable<Container["spec"]["networks"]>[number];

function networkChecks(network: Network, config: GuestConfig, lab: Pick<Lab, "segments">): Check[] {
  const field = `networks[${network.name}]`;
  const actual = config.networks.find((other) => other.name === network.name);
  const wired = wiredOf(network, lab.segments);
  if (actual === undefined) return [[field, network.name, undefined]];
  const wiring: Check[] =
    typeof wired === "string"
      ? []
      : [
          [`${field}.bridge`, wired.bridge, actual.bridge],
          [
            `${field}.vlan`,
            number(wired.vlan) ?? (network.segmentRef === undefined ? undefined : "none"),
            number(actual.vlan) ?? "none",
          ],
          [`${field}.mtu`, number(wired.mtu), number(actual.mtu)],
        ];
  return [
    ...wiring,
    [`${field}.mac`, network.mac?.toUpperCase(), actual.mac?.toUpperCase()],
    [`${field}.firewall`, bool(network.firewall), bool(actual.firewall ?? false)],
    [`${field}.ipv4`, ipv4Of(network), actual.ipv4 ?? "none"],
    [`${field}.ipv4.gateway`, network.ipv4?.gateway, actual.gateway4],
  ];
}

function ipv4Of({ ipv4 }: Network): string | undefined {
  switch (ipv4?.method) {
    case "DHCP":
      return "dhcp";
    case "Static":
      return ipv4.address;
    case "None":
      return "none";
    case undefined:
      return undefined;
  }
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

function storageOf(volume: string | undefined): string | undefined {
  return volume?.includes(":") === true ? volume.split(":")[0] : undefined;
}

function size(quantity: string | undefined): string | undefined {
  return quantity === undefined ? undefined : mib(mebibytesOf(quantity));
}

function mib(value: number | undefined): string | undefined {
  return value === undefined ? undefined : quantityOf(Math.floor(value));
}

function number(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function decimal(value: string | undefined): string | undefined {
  return value === undefined ? undefined : String(Number(value));
}

function bool(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function sorted(values: readonly string[] | undefined): string | undefined {
  return values === undefined ? undefined : [...values].sort().join(";");
}
