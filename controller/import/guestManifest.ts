import ipaddr from "ipaddr.js";
import { quantityOf } from "../base/quantity.ts";
import type { GuestConfig, Mount, NetworkInterface } from "../providers/port.ts";
import type { FoundGuest } from "./inventory.ts";
import { serviceOf } from "./layers.ts";
import type { Fields } from "./manifest.ts";
import type { GuessedSegment } from "./networks.ts";
import { wireOf } from "./networks.ts";

export interface GuestManifest {
  readonly kind: "Container" | "VirtualMachine";
  readonly spec: Fields;
  /** What the fields can't say, each a sentence for the file. */
  readonly remarks: readonly string[];
}

export interface Placing {
  readonly layer: string;
  /** Written only where the cluster has several. */
  readonly node: string | undefined;
  readonly segments: readonly GuessedSegment[];
}

/** The guest as it is, in the words of its kind: applying it takes it over and changes nothing. */
export function guestManifest(guest: FoundGuest, placing: Placing): GuestManifest {
  const { seen, config } = guest;
  const service = serviceOf(guest);
  const head = {
    layerRef: { name: placing.layer },
    vmid: seen.vmid,
    node: placing.node,
    hostname: hostnameOf(guest),
    adoption: "Adopt",
    powerState: seen.power === "Stopped" ? "Stopped" : undefined,
  };
  const probes = service === undefined || service.probes.length === 0 ? undefined : service.probes;
  const guess = service === undefined ? [] : [guessText(service.name, probes !== undefined)];
  const stopped = seen.power === "Stopped" ? ["It was stopped when this was written, so it is declared so."] : [];
  if (seen.type === "qemu")
    return { kind: "VirtualMachine", spec: { ...head, probes }, remarks: [...guess, ...stopped] };
  return {
    kind: "Container",
    spec: { ...head, ...containerFields(config, placing), probes },
    remarks: [...guess, ...stopped, ...leftOut(config)],
  };
}

function guessText(name: string, probed: boolean): string {
  return probed
    ? `Guess: this is ${name}; the probe asks its default port.`
    : `Guess: this is ${name}; no default port is known to ask, so it is healthy when it runs.`;
}

/** Only what the schema takes; some old names in Proxmox are no host names. */
function hostnameOf({ seen, config }: FoundGuest): string | undefined {
  const name = config.name ?? seen.name;
  return /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(name)
    ? name
    : undefined;
}

function containerFields(config: GuestConfig, placing: Placing): Fields {
  const { rootfs } = config;
  return {
    description: config.description === undefined || config.description.length > 8192 ? undefined : config.description,
    unprivileged: config.unprivileged === true,
    resources: {
      cores: config.cores,
      cpuLimit: config.cpuLimit,
      cpuWeight: config.cpuWeight,
      memory: sizeText(config.memoryMiB),
      swap: sizeText(config.swapMiB),
    },
    rootfs: rootfs === undefined ? undefined : volumeFields(rootfs),
    mounts: listOf(config.mounts.flatMap(mountFields)),
    networks: listOf(config.networks.flatMap((network) => networkFields(network, placing.segments))),
    dns: {
      nameservers: listOf(config.nameservers.filter((server) => ipaddr.isValid(server)).slice(0, 3)),
      searchDomain: config.searchDomain,
    },
    features: featureFields(config.features),
  };
}

function listOf<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

function sizeText(mib: number | undefined): string | undefined {
  return mib === undefined || !Number.isInteger(mib) ? undefined : quantityOf(mib);
}

/** A volume of a storage; one on a path of the node has none. */
function volumeFields({ volume, sizeMiB }: Mount): Fields | undefined {
  const size = sizeText(sizeMiB);
  const [storage, name] = volume.split(":");
  return size === undefined || name === undefined ? undefined : { storage, size };
}

const PATH = /^\/(?!.*(\/\/|(^|\/)\.{1,2}(\/|$)))[^,]*[^/,]$/;

function mountFields(mount: Mount): readonly Fields[] {
  const at = { name: mount.key, path: mount.path, backup: mount.backup, readOnly: mount.readOnly };
  if (mount.path === undefined || !PATH.test(mount.path)) return [];
  if (mount.volume.startsWith("/")) return PATH.test(mount.volume) ? [{ ...at, hostPath: mount.volume }] : [];
  const volume = volumeFields(mount);
  return volume === undefined ? [] : [{ ...at, ...volume }];
}

function networkFields(network: NetworkInterface, segments: readonly GuessedSegment[]): readonly Fields[] {
  const { name, bridge, vlan, mtu, mac, firewall } = network;
  if (bridge === undefined) return [];
  const segment = segments.find((one) => wireOf(one) === wireOf(network) && mtu === undefined);
  const wired = segment === undefined ? { bridge, vlan, mtu } : { segmentRef: { name: segment.name } };
  return [{ name, ...wired, ipv4: ipv4Fields(network), mac, firewall }];
}

function ipv4Fields({ ipv4, gateway4 }: NetworkInterface): Fields | undefined {
  if (ipv4 === undefined || ipv4 === "manual") return { method: "None" };
  if (ipv4 === "dhcp") return { method: "DHCP" };
  if (!ipaddr.IPv4.isValidCIDR(ipv4)) return undefined;
  const inside =
    gateway4 !== undefined && ipaddr.isValid(gateway4) && ipaddr.parse(gateway4).match(ipaddr.parseCIDR(ipv4));
  return { method: "Static", address: ipv4, gateway: inside ? gateway4 : undefined };
}

const FLAGS = ["nesting", "keyctl", "fuse"] as const;
const FILE_SYSTEMS: readonly string[] = ["nfs", "cifs", "ext4", "xfs", "btrfs", "fuse"];

function featureFields(features: GuestConfig["features"]): Fields | undefined {
  if (features === undefined) return undefined;
  const on = FLAGS.filter((flag) => features[flag] === "1");
  const mount = (features["mount"]?.split(";") ?? []).filter((one) => FILE_SYSTEMS.includes(one));
  const fields = { ...Object.fromEntries(on.map((flag) => [flag, true])), mount: listOf(mount) };
  return on.length === 0 && mount.length === 0 ? undefined : fields;
}

/** What every container has from its template and nobody sets. */
const OF_THE_TEMPLATE: ReadonlySet<string> = new Set(["arch", "ostype"]);

/** What stays as it is and is in no field. */
function leftOut(config: GuestConfig): readonly string[] {
  const mounts = config.mounts.filter((mount) => mountFields(mount).length === 0).map(({ key }) => key);
  const bare = config.networks.filter(({ bridge }) => bridge === undefined).map(({ key }) => key);
  const keys = [...mounts, ...bare, ...config.otherKeys.filter((key) => !OF_THE_TEMPLATE.has(key))];
  return keys.length === 0 ? [] : [`Left as it is, in no field: ${keys.join(", ")}.`];
}
