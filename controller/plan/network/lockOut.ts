import ipaddr from "ipaddr.js";
import type { NetworkWish } from "../../providers/omadaPort.ts";
import type { DeviceSeen, NetworkSeen, SiteSeen } from "../../providers/omadaSeen.ts";

/** A host the controller must be able to talk to. */
export interface PathHost {
  /** "the Omada controller", "Proxmox host 192.168.0.10" */
  readonly what: string;
  readonly address: string;
}

/** What must not be cut off (N2). Addresses are IPv4 or IPv6 texts. */
export interface Paths {
  readonly hosts: readonly PathHost[];
  /** Addresses of the machine this process runs on. */
  readonly own: readonly string[];
  /** Addresses of the lab's guests: where one is seen, there is the Proxmox host. */
  readonly guests: readonly string[];
  /** By MAC of a device: the port its own uplink cable is in, as declared. */
  readonly localPorts: ReadonlyMap<string, number>;
}

function isIn(address: string, subnet: string | undefined): boolean {
  if (subnet === undefined || !ipaddr.isValid(address) || !ipaddr.isValidCIDR(subnet)) return false;
  const [base, bits] = ipaddr.parseCIDR(subnet);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}

/** All of them, with the process itself. */
function everyone({ hosts, own }: Paths): readonly PathHost[] {
  return [...hosts, ...own.map((address) => ({ what: "this controller itself", address }))];
}

/** Whom the network carries, in a phrase; undefined: nobody of the path. */
export function carriedBy(network: Pick<NetworkSeen, "gatewaySubnet">, paths: Paths): string | undefined {
  const found = everyone(paths).find(({ address }) => isIn(address, network.gatewaySubnet));
  return found === undefined ? undefined : `${found.what} (${found.address})`;
}

/** Why a change of a network would cut the path; a range, a lease, a name do not. */
export function networkLocksOut(
  network: NetworkSeen,
  wish: Partial<NetworkWish> | "delete",
  paths: Paths,
): string | undefined {
  const whom = carriedBy(network, paths);
  if (whom === undefined) return undefined;
  if (wish === "delete") return `it carries ${whom}`;
  const cuts = [
    wish.vlan === undefined ? "" : "its VLAN",
    wish.purpose === undefined ? "" : "its purpose",
    wish.gatewaySubnet === undefined ? "" : "its gateway address",
    wish.isolated === true ? "its isolation" : "",
    wish.dhcp?.enabled === false ? "its DHCP" : "",
  ].filter((cut) => cut !== "");
  return cuts.length === 0 ? undefined : `it carries ${whom}, and ${cuts.join(" and ")} would change under it`;
}

/** What hangs on a port, directly or behind other devices. */
function behind(
  seen: SiteSeen,
  mac: string,
  port: number,
): { readonly devices: DeviceSeen[]; readonly addresses: string[] } {
  const first = [...seen.devices.values()].filter(({ uplink }) => uplink?.mac === mac && uplink.port === port);
  const devices = [...first];
  for (const device of devices)
    for (const other of seen.devices.values())
      if (other.uplink?.mac === device.mac && !devices.includes(other)) devices.push(other);
  const macs = new Set(devices.map((device) => device.mac));
  const addresses = (seen.clients ?? []).flatMap((client) => {
    const here = client.deviceMac === mac && client.port === port;
    return client.ip !== undefined && (here || macs.has(client.deviceMac ?? "")) ? [client.ip] : [];
  });
  return { devices, addresses };
}

export interface PortChange {
  readonly device: DeviceSeen;
  readonly number: number;
  readonly linkUp: boolean | undefined;
  /** Nothing that the port carries now is taken from it. */
  readonly onlyAdds: boolean;
}

/**
 * Why a change of what a switch port carries, or switching it off, would or might cut the path: a host of the path is
 * behind it, it leads to another switch or to the gateway, or it is up and nobody can tell what hangs on it.
 */
export function portLocksOut(change: PortChange, seen: SiteSeen, paths: Paths): string | undefined {
  const { device, number, linkUp, onlyAdds } = change;
  if (onlyAdds) return undefined;
  if (paths.localPorts.get(device.mac) === number) return "the cable to its uplink is in it";
  const { devices, addresses } = behind(seen, device.mac, number);
  const trunk = devices.find(({ role }) => role !== "AccessPoint");
  if (trunk !== undefined) return `the uplink of ${trunk.name} is in it`;
  const host = everyone(paths).find(({ address }) => addresses.includes(address));
  if (host !== undefined) return `${host.what} (${host.address}) is behind it`;
  const guest = paths.guests.find((address) => addresses.includes(address));
  if (guest !== undefined) return `guest ${guest} is behind it, and so its Proxmox host`;
  if (linkUp === false || devices.length > 0 || addresses.length > 0) return undefined;
  const located = paths.hosts.every(({ address }) => (seen.clients ?? []).some((client) => client.ip === address));
  if (located && paths.localPorts.has(device.mac)) return undefined;
  return (
    "it is, or may be, in use and Omada does not tell what hangs on it: it may carry the uplink or a host of the path " +
    "(declare uplink.localPort of this device to tell it apart)"
  );
}

/**
 * Why new SSIDs of an access point, which take its clients off the air, would cut the path: a host of it, or another
 * device, is connected through its radio.
 */
export function accessPointLocksOut({ mac, name }: DeviceSeen, seen: SiteSeen, paths: Paths): string | undefined {
  const below = [...seen.devices.values()].find(({ uplink }) => uplink?.mac === mac);
  if (below !== undefined) return `the uplink of ${below.name} goes through ${name}`;
  const here = (seen.clients ?? []).flatMap(({ deviceMac, ip }) => (deviceMac === mac && ip !== undefined ? [ip] : []));
  const host = everyone(paths).find(({ address }) => here.includes(address));
  if (host !== undefined) return `${host.what} (${host.address}) is connected through ${name}`;
  const guest = paths.guests.find((address) => here.includes(address));
  return guest === undefined ? undefined : `guest ${guest} is connected through ${name}, and so its Proxmox host`;
}

export interface Traffic {
  readonly denies: boolean;
  /** Networks of each end, as CIDRs; undefined: everything. */
  readonly from: readonly string[] | undefined;
  readonly to: readonly string[] | undefined;
}

/** Why a rule would cut the path: it denies what this controller sends to a host of the path, or its answer. */
export function ruleLocksOut({ denies, from, to }: Traffic, paths: Paths): string | undefined {
  if (!denies) return undefined;
  const covers = (end: readonly string[] | undefined, address: string): boolean =>
    end === undefined || end.some((subnet) => isIn(address, subnet));
  // A process whose place is not known is taken to be where the hosts of the path are.
  const mine = paths.own.length > 0 ? paths.own : paths.hosts.map(({ address }) => address);
  const own = (end: readonly string[] | undefined): boolean => mine.some((address) => covers(end, address));
  const cut = paths.hosts.find(
    ({ address }) => (own(from) && covers(to, address)) || (own(to) && covers(from, address)),
  );
  return cut === undefined ? undefined : `it covers the way from this controller to ${cut.what} (${cut.address})`;
}
