import ipaddr from "ipaddr.js";
import type { NetworkInterface } from "../providers/port.ts";
import type { Inventory } from "./inventory.ts";

/** A network that guests share, with the addresses it is known to have. */
export interface GuessedSegment {
  readonly name: string;
  readonly bridge: string;
  readonly vlan?: number;
  readonly cidr: string;
  readonly gateway?: string;
  /** Where its addresses were read. */
  readonly because: string;
}

/**
 * Networks of the guests as segments: one for each bridge and VLAN tag whose addresses something tells, the bridge's own
 * address or a guest's static one. Of the others the interfaces keep bridge and tag themselves.
 */
export function guessSegments(inventory: Inventory): readonly GuessedSegment[] {
  const found = new Map<string, GuessedSegment>();
  for (const { seen, config } of inventory.guests)
    for (const network of config.networks) {
      const key = wireOf(network);
      if (network.bridge === undefined || found.has(key)) continue;
      const addresses = ofBridge(network, inventory) ?? ofGuest(network, seen.vmid);
      if (addresses === undefined || clashes([...found.values()], addresses.cidr)) continue;
      const { bridge, vlan } = network;
      const name = vlan === undefined ? nameOf(bridge) : `vlan-${String(vlan)}`;
      found.set(key, { name, bridge, ...(vlan === undefined ? {} : { vlan }), ...addresses });
    }
  return [...found.values()];
}

/** What an interface hangs on. */
export function wireOf({ bridge, vlan }: Pick<NetworkInterface, "bridge" | "vlan">): string {
  return `${bridge ?? ""}/${vlan === undefined ? "" : String(vlan)}`;
}

function nameOf(bridge: string): string {
  return bridge === "vmbr0" ? "lan" : bridge.toLowerCase().replace(/[^a-z0-9-]/g, "-");
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
