import ipaddr from "ipaddr.js";
import type { NetworkInterface } from "../providers/port.ts";
import type { NetworkSeen } from "../providers/omadaSeen.ts";
import type { Inventory } from "./inventory.ts";
import { NamesInUse } from "./objectNames.ts";

/** A network that guests share or that Omada has, with the addresses it is known to have. */
export interface GuessedSegment {
  readonly name: string;
  /** Absent: no guest is known to be attached to it. */
  readonly bridge?: string;
  readonly vlan?: number;
  readonly cidr: string;
  readonly gateway?: string;
  /** Where its addresses were read. */
  readonly because: string;
  /** Absent: Omada has none, or was not asked. */
  readonly network?: NetworkSeen;
}

/**
 * Networks as segments. Those of Omada come first, joined with the bridge whose guests have the same VLAN tag, or the same
 * addresses untagged; then one for each other bridge and tag whose addresses something tells, the bridge's own address or a
 * guest's static one. Of the rest the interfaces keep bridge and tag themselves.
 */
export function guessSegments(inventory: Inventory, networks: readonly NetworkSeen[] = []): readonly GuessedSegment[] {
  const wires = wiresOf(inventory);
  const names = new NamesInUse();
  const found: GuessedSegment[] = [];
  const add = (segment: GuessedSegment): void => {
    if (found.some((other) => isTaken(other, segment)) || clashes(found, segment.cidr)) return;
    found.push({ ...segment, name: names.take(segment.name, "network") });
  };
  for (const network of networks) {
    const segment = ofOmada(network, wires);
    if (segment !== undefined) add(segment);
  }
  for (const { bridge, vlan, addresses } of wires) {
    if (addresses === undefined) continue;
    const name = vlan === undefined ? nameOf(bridge) : `vlan-${String(vlan)}`;
    add({ name, bridge, ...(vlan === undefined ? {} : { vlan }), ...addresses });
  }
  return found;
}

/** What an interface hangs on. */
export function wireOf({ bridge, vlan }: Pick<NetworkInterface, "bridge" | "vlan">): string {
  return `${bridge ?? ""}/${vlan === undefined ? "" : String(vlan)}`;
}

interface Wire {
  readonly bridge: string;
  readonly vlan?: number;
  /** Undefined: nothing tells them. */
  readonly addresses: Addresses | undefined;
  readonly guests: number;
}

/** Bridges and tags that guests hang on, the most used first. */
function wiresOf(inventory: Inventory): readonly Wire[] {
  const found = new Map<string, Wire>();
  for (const { seen, config } of inventory.guests)
    for (const network of config.networks) {
      const { bridge, vlan } = network;
      if (bridge === undefined) continue;
      const key = wireOf(network);
      const before = found.get(key);
      const addresses = before?.addresses ?? ofBridge(network, inventory) ?? ofGuest(network, seen.vmid);
      const guests = (before?.guests ?? 0) + 1;
      found.set(key, { bridge, ...(vlan === undefined ? {} : { vlan }), addresses, guests });
    }
  return [...found.values()].toSorted((a, b) => b.guests - a.guests);
}

/** The network of Omada with the bridge that carries it; undefined: nothing tells its addresses. */
function ofOmada(network: NetworkSeen, wires: readonly Wire[]): GuessedSegment | undefined {
  const { primary, vlan } = network;
  if (vlan === undefined && !primary) return undefined;
  const wire = primary ? untaggedWire(network, wires) : wires.find((one) => one.vlan === vlan);
  const addresses = ofGateway(network) ?? wire?.addresses;
  if (addresses === undefined) return undefined;
  return {
    name: primary ? "lan" : network.name,
    ...(wire === undefined ? {} : { bridge: wire.bridge }),
    ...(vlan === undefined || primary ? {} : { vlan }),
    ...addresses,
    network,
  };
}

/** The default network is untagged: its bridge is known by the addresses. */
function untaggedWire(network: NetworkSeen, wires: readonly Wire[]): Wire | undefined {
  const cidr = ofGateway(network)?.cidr;
  return cidr === undefined
    ? undefined
    : wires.find(({ vlan, addresses }) => vlan === undefined && addresses?.cidr === cidr);
}

function ofGateway({ name, gatewaySubnet }: NetworkSeen): Addresses | undefined {
  const cidr = gatewaySubnet === undefined ? undefined : networkOf(gatewaySubnet);
  const gateway = gatewaySubnet?.split("/")[0];
  return cidr === undefined ? undefined : { cidr, because: `network ${name} of Omada`, ...gatewayIn(cidr, gateway) };
}

/** Two segments may not have one VLAN, nor be untagged on one bridge. */
function isTaken(one: GuessedSegment, other: GuessedSegment): boolean {
  return one.vlan === other.vlan && (one.vlan !== undefined || one.bridge === other.bridge);
}

function nameOf(bridge: string): string {
  return bridge === "vmbr0" ? "lan" : bridge;
}

type Addresses = Pick<GuessedSegment, "cidr" | "gateway" | "because">;

/** The untagged network of a bridge is the one the node itself is in. */
function ofBridge({ bridge, vlan }: NetworkInterface, { bridges }: Inventory): Addresses | undefined {
  if (vlan !== undefined) return undefined;
  for (const [node, list] of bridges) {
    const own = list.find((other) => other.name === bridge && other.cidr !== undefined);
    const cidr = own?.cidr === undefined ? undefined : networkOf(own.cidr);
    if (cidr === undefined) continue;
    const because = `the address of bridge ${bridge ?? ""} on node ${node}`;
    return { cidr, because, ...gatewayIn(cidr, own?.gateway) };
  }
  return undefined;
}

function ofGuest({ ipv4, gateway4 }: NetworkInterface, vmid: number): Addresses | undefined {
  const cidr = ipv4 === undefined ? undefined : networkOf(ipv4);
  return cidr === undefined
    ? undefined
    : { cidr, because: `the address of guest ${String(vmid)}`, ...gatewayIn(cidr, gateway4) };
}

function gatewayIn(cidr: string, gateway: string | undefined): { readonly gateway?: string } {
  if (gateway === undefined || !ipaddr.IPv4.isValid(gateway)) return {};
  return ipaddr.IPv4.parse(gateway).match(ipaddr.IPv4.parseCIDR(cidr)) ? { gateway } : {};
}

/** 192.168.0.0/24 of 192.168.0.5/24. A single address is no network. */
function networkOf(address: string): string | undefined {
  if (!ipaddr.IPv4.isValidCIDR(address)) return undefined;
  const [, bits] = ipaddr.IPv4.parseCIDR(address);
  return bits > 30 ? undefined : `${ipaddr.IPv4.networkAddressFromCIDR(address).toString()}/${String(bits)}`;
}

function clashes(others: readonly GuessedSegment[], cidr: string): boolean {
  const [address, bits] = ipaddr.IPv4.parseCIDR(cidr);
  return others.some((other) => {
    const [base, otherBits] = ipaddr.IPv4.parseCIDR(other.cidr);
    return address.match(base, Math.min(bits, otherBits));
  });
}
