import ipaddr from "ipaddr.js";
import type { ClientGroup, Guest, NetworkSegment } from "../api/index.ts";
import { isDeleting } from "../api/meta.ts";

type Network = NonNullable<Guest["spec"]["networks"]>[number];
type Segment = Pick<NetworkSegment["spec"], "cidr" | "gateway" | "dhcp">;

/** Whether an address is inside a CIDR; both as texts. */
function isInside(address: string, cidr: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(cidr)) return false;
  const [base, bits] = ipaddr.parseCIDR(cidr);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}

/** Why an address does not fit its segment at all, in a sentence; undefined: it does. */
export function reservationFault(address: string, { cidr, gateway }: Segment): string | undefined {
  if (!isInside(address, cidr)) return `${address} lies outside ${cidr} of its segment`;
  return address === gateway ? `${address} is the gateway of its segment` : undefined;
}

/** What the Static addresses of guests are checked against. */
export interface AddressBook {
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  /** Every guest of the namespace. */
  readonly guests: readonly Guest[];
  /** Addresses that DHCP keeps for a MAC, by address; MACs upper case with colons. */
  readonly reserved: ReadonlyMap<string, string>;
}

/**
 * What is wrong with the Static addresses of a guest, in sentences: outside the segment, inside the range DHCP gives
 * away, the gateway, of another prefix length, or taken by another guest. Each is named on both, the younger and the
 * elder; who is right only a person knows. `only`: of the interfaces in this segment.
 */
export function addressFaults(guest: Guest, book: AddressBook, only?: string): readonly string[] {
  return (guest.spec.networks ?? []).flatMap((network: Network) => {
    if (only !== undefined && network.segmentRef?.name !== only) return [];
    const segment = book.segments.get(network.segmentRef?.name ?? "")?.spec;
    const address = addressOf(network);
    if (address === undefined) return [];
    const found = [
      ...(segment === undefined ? [] : faultsIn(network, address, segment, book)),
      ...rivalsOf(guest, network, address, book),
    ];
    return found.map((fault) => `${network.name}: ${fault}`);
  });
}

/** The Static address without its prefix length. */
function addressOf({ ipv4 }: Network): string | undefined {
  return ipv4?.method === "Static" ? ipv4.address?.split("/")[0] : undefined;
}

function faultsIn(network: Network, address: string, segment: Segment, { reserved }: AddressBook): readonly string[] {
  const misplaced = reservationFault(address, segment);
  if (misplaced !== undefined) return [misplaced];
  const keeper = reserved.get(address);
  return [...differing(network, address, segment), ...dhcpFaults(network, { address, keeper }, segment)];
}

/** Prefix length and gateway go with the segment. */
function differing({ ipv4 }: Network, address: string, segment: Segment): readonly string[] {
  const faults: string[] = [];
  const prefix = ipv4?.address?.split("/")[1];
  const declared = segment.cidr.split("/")[1];
  if (prefix !== declared) faults.push(`${address} has prefix length ${prefix ?? ""}, its segment ${declared ?? ""}`);
  const { gateway } = ipv4 ?? {};
  if (gateway !== undefined && segment.gateway !== undefined && gateway !== segment.gateway)
    faults.push(`its gateway is ${gateway}, that of its segment ${segment.gateway}`);
  return faults;
}

/** What DHCP gives away is nobody's, unless it is kept for this very interface. */
function dhcpFaults(
  network: Network,
  { address, keeper }: { readonly address: string; readonly keeper: string | undefined },
  segment: Segment,
): readonly string[] {
  const own = network.mac?.toUpperCase();
  if (keeper !== undefined)
    return own === undefined || keeper === own ? [] : [`${address} is kept by DHCP for ${keeper}, not for ${own}`];
  if (!isInRange(address, segment)) return [];
  const range = `${segment.dhcp?.start ?? ""}-${segment.dhcp?.end ?? ""}`;
  return [
    `${address} lies in the range ${range} that DHCP gives away; take one outside, or reserve it in a ClientGroup`,
  ];
}

function isInRange(address: string, { dhcp }: Segment): boolean {
  if (dhcp?.start === undefined || dhcp.end === undefined || dhcp.enabled === false) return false;
  const [at, start, end] = [address, dhcp.start, dhcp.end].map(numberOf);
  return at !== undefined && start !== undefined && end !== undefined && at >= start && at <= end;
}

function numberOf(address: string): number | undefined {
  if (!ipaddr.IPv4.isValid(address)) return undefined;
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** The same address in the same segment or on the same wire. */
function rivalsOf(guest: Guest, network: Network, address: string, { guests }: AddressBook): readonly string[] {
  const wire = wireOf(network);
  const rivals = guests.filter(
    (other) =>
      !isDeleting(other) &&
      (other.spec.networks ?? []).some(
        (one: Network) =>
          addressOf(one) === address &&
          wireOf(one) === wire &&
          (other.metadata.uid !== guest.metadata.uid || one.name !== network.name),
      ),
  );
  return rivals.map(({ kind, metadata }) => `${address} is that of ${kind} ${metadata.name} too`);
}

function wireOf({ segmentRef, bridge, vlan }: Network): string {
  return segmentRef === undefined ? `${bridge ?? ""}/${String(vlan ?? "")}` : `segment ${segmentRef.name}`;
}

/** Addresses that ClientGroups have DHCP keep, with the MAC each is kept for. */
export function reservedBy(groups: readonly ClientGroup[]): ReadonlyMap<string, string> {
  const members = groups.filter((group) => !isDeleting(group)).flatMap(({ spec }) => spec.members ?? []);
  return new Map(
    members.flatMap(({ address, mac }) =>
      address === undefined ? [] : [[address, mac.replaceAll("-", ":").toUpperCase()] as const],
    ),
  );
}
