import ipaddr from "ipaddr.js";
import type { Container, NetworkSegment } from "../../api/index.ts";
import { mebibytesOf } from "../../base/quantity.ts";
import type { ContainerCreate, MachineCreate } from "../../providers/port.ts";
import { markText } from "../mark.ts";

/** What of the outside a create call needs: where, and the values of the Secrets the spec names. */
export interface CreationSite {
  /** What is wrong with its Static addresses, in sentences: with such an address it would disturb others. */
  readonly addressFaults?: readonly string[];
  readonly node: string | undefined;
  readonly nodes: readonly string[];
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly sshKeys?: string;
  readonly password?: string;
}

/** Why a spec leads to no create call. */
export interface Refused {
  readonly reason: "SegmentMissing" | "SpecInvalid" | "RootOnly" | "AddressWrong";
  readonly refused: string;
}

export type Creation = ContainerCreate | MachineCreate | Refused | undefined;

type Network = NonNullable<Container["spec"]["networks"]>[number];
type Wired = Omit<ContainerCreate["networks"][number], "name">;

const DEFAULT_MIB = 512;

/** The create call for a Container, whole; a sentence when the spec does not allow one; undefined when it does not ask for one. */
export function creationOf(container: Container, site: CreationSite): ContainerCreate | Refused | undefined {
  const { spec, metadata } = container;
  const { template, rootfs, node = site.node } = spec;
  if (template === undefined || rootfs === undefined) return undefined;
  if (node === undefined) return invalid(`spec.node is needed: the cluster has nodes ${site.nodes.join(", ")}`);
  const networks = (spec.networks ?? []).map((network) => networkOf(network, site.segments));
  const refused = nodeRefused(node, site) ?? networks.find(isRefused) ?? rootOnly(container) ?? misaddressed(site);
  if (refused !== undefined) return refused;
  return {
    vmid: spec.vmid,
    node,
    template,
    hostname: spec.hostname ?? metadata.name,
    unprivileged: spec.unprivileged !== false,
    ...memoryOf(container),
    rootfs: { storage: rootfs.storage, sizeMiB: sizeOf(rootfs.size) ?? 0 },
    mounts: mountsOf(container),
    networks: networks.filter(isWhole),
    ...dnsOf(container),
    features: featuresOf(container),
    tags: [markText(metadata)],
    ...optional(container),
    ...secretsOf(site),
  };
}

function secretsOf({ sshKeys, password }: CreationSite): Partial<ContainerCreate> {
  return { ...(sshKeys === undefined ? {} : { sshKeys }), ...(password === undefined ? {} : { password }) };
}

/** As Proxmox's own form proposes, where the spec says nothing. */
function memoryOf({ spec: { resources = {} } }: Container): Pick<ContainerCreate, "memoryMiB" | "swapMiB"> {
  return { memoryMiB: sizeOf(resources.memory) ?? DEFAULT_MIB, swapMiB: sizeOf(resources.swap) ?? DEFAULT_MIB };
}

function dnsOf({
  spec: { dns: { nameservers = [], searchDomain } = {} },
}: Container): Pick<ContainerCreate, "nameservers" | "searchDomain"> {
  return { nameservers, ...(searchDomain === undefined ? {} : { searchDomain }) };
}

function optional({ spec }: Container): Partial<ContainerCreate> {
  const { description, resources: { cores, cpuLimit, cpuWeight } = {} } = spec;
  return {
    ...(description === undefined ? {} : { description }),
    ...(cores === undefined ? {} : { cores }),
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(cpuWeight === undefined ? {} : { cpuWeight }),
  };
}

export function isRefused(part: object): part is Refused {
  return "refused" in part;
}

function isWhole<T extends object>(part: T | Refused): part is T {
  return !isRefused(part);
}

export function invalid(refused: string): Refused {
  return { reason: "SpecInvalid", refused };
}

function byRoot(refused: string): Refused {
  return { reason: "RootOnly", refused };
}

export function nodeRefused(node: string, { nodes }: CreationSite): Refused | undefined {
  return nodes.includes(node) ? undefined : invalid(`the cluster has no node ${node}, only ${nodes.join(", ")}`);
}

/** What Proxmox lets no token set, only root@pam itself (contract 9.2); said before anything is sent. */
function rootOnly(container: Container): Refused | undefined {
  const { spec } = container;
  const bound = (spec.mounts ?? []).find((mount) => mount.hostPath !== undefined);
  const pct = `pct set ${String(spec.vmid)}`;
  if (bound !== undefined)
    return byRoot(
      `mount ${bound.name} binds ${bound.hostPath ?? ""}, which no API token may set: create the container without it, ` +
        `then on the node: ${pct} -${bound.name} ${bound.hostPath ?? ""},mp=${bound.path}`,
    );
  const features = featuresOf(container);
  const free = spec.unprivileged === false ? [] : ["nesting"];
  const locked = Object.keys(features).filter((name) => !free.includes(name));
  if (locked.length === 0) return undefined;
  const all = Object.entries(features).map(([name, value]) => `${name}=${value}`);
  return byRoot(
    `features ${locked.join(", ")} may be set by root@pam only, not by an API token: create the container without, ` +
      `then on the node: ${pct} -features ${all.join(",")}`,
  );
}

function sizeOf(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : mebibytesOf(quantity);
}

function mountsOf({ spec }: Container): ContainerCreate["mounts"] {
  return (spec.mounts ?? []).map((mount) => ({
    key: mount.name,
    path: mount.path,
    storage: mount.storage ?? "",
    sizeMiB: sizeOf(mount.size) ?? 0,
    ...(mount.backup === undefined ? {} : { backup: mount.backup }),
    ...(mount.readOnly === undefined ? {} : { readOnly: mount.readOnly }),
  }));
}

function featuresOf({ spec }: Container): Readonly<Record<string, string>> {
  const { nesting, keyctl, fuse, mount } = spec.features ?? {};
  const flags = { nesting, keyctl, fuse };
  const set = Object.entries(flags).filter(([, on]) => on === true);
  const fileSystems = mount === undefined || mount.length === 0 ? {} : { mount: mount.join(";") };
  return { ...Object.fromEntries(set.map(([name]) => [name, "1"])), ...fileSystems };
}

/** An address that another has, or that leads nowhere, is not put on the wire. */
export function misaddressed({ addressFaults = [] }: CreationSite): Refused | undefined {
  return addressFaults.length === 0 ? undefined : { reason: "AddressWrong", refused: addressFaults.join("; ") };
}

/** One interface as Proxmox shall have it, or the sentence that says what is missing. */
export function networkOf(
  network: Network,
  segments: ReadonlyMap<string, NetworkSegment>,
): ContainerCreate["networks"][number] | Refused {
  const wired = wiredOf(network, segments);
  if (typeof wired === "string") return { reason: "SegmentMissing", refused: wired };
  return {
    name: network.name,
    ...wired,
    ...(network.mac === undefined ? {} : { mac: network.mac.toUpperCase() }),
    ...(network.firewall === undefined ? {} : { firewall: network.firewall }),
    ...withGateway(addressOf(network.ipv4), segments.get(network.segmentRef?.name ?? "")),
  };
}

/** Bridge, tag and MTU: from the segment, or as written (L8: nothing of Omada is needed). */
export function wiredOf(network: Network, segments: ReadonlyMap<string, NetworkSegment>): Wired | string {
  if (network.segmentRef === undefined)
    return {
      ...(network.bridge === undefined ? {} : { bridge: network.bridge }),
      ...(network.vlan === undefined ? {} : { vlan: network.vlan }),
      ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
    };
  const segment = segments.get(network.segmentRef.name);
  if (segment === undefined)
    return `NetworkSegment ${network.segmentRef.name} does not exist; apply it, or change the reference`;
  const { proxmox } = segment.spec;
  if (proxmox === undefined)
    return `NetworkSegment ${network.segmentRef.name} has no proxmox side, so no guest can be attached to it; write its bridge there`;
  return {
    bridge: proxmox.bridge,
    ...(segment.spec.vlan === undefined ? {} : { vlan: segment.spec.vlan }),
    ...(segment.spec.mtu === undefined ? {} : { mtu: segment.spec.mtu }),
  };
}

type Address = Pick<ContainerCreate["networks"][number], "ipv4" | "gateway4">;

/** What an interface's address is set to; DHCP where nothing is said. */
export function addressOf(ipv4: Network["ipv4"]): Address {
  switch (ipv4?.method) {
    case "Static":
      return {
        ...(ipv4.address === undefined ? {} : { ipv4: ipv4.address }),
        ...(ipv4.gateway === undefined ? {} : { gateway4: ipv4.gateway }),
      };
    case "None":
      return {};
    case "DHCP":
    case undefined:
      return { ipv4: "dhcp" };
  }
}

/** A static address without a gateway gets that of its segment, where it lies in the address's network. */
function withGateway(address: Address, segment: NetworkSegment | undefined): Address {
  const gateway4 = segment?.spec.gateway;
  if (gateway4 === undefined || address.gateway4 !== undefined || !isWithin(gateway4, address.ipv4)) return address;
  return { ...address, gateway4 };
}

/** The same interface with the gateway that creation fills in written out. */
export function gatewayFilled<N extends Pick<Network, "ipv4" | "segmentRef">>(
  network: N,
  segments: ReadonlyMap<string, NetworkSegment>,
): N {
  if (network.ipv4?.method !== "Static") return network;
  const { gateway4 } = withGateway(addressOf(network.ipv4), segments.get(network.segmentRef?.name ?? ""));
  return gateway4 === undefined ? network : { ...network, ipv4: { ...network.ipv4, gateway: gateway4 } };
}

function isWithin(ip: string, network: string | undefined): boolean {
  if (network === undefined || !ipaddr.IPv4.isValidCIDR(network) || !ipaddr.IPv4.isValid(ip)) return false;
  return ipaddr.IPv4.parse(ip).match(ipaddr.IPv4.parseCIDR(network));
}
