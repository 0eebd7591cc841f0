import ipaddr from "ipaddr.js";
import type { NetworkSeen } from "../providers/omadaSeen.ts";
import type { Fields, Manifest } from "./manifest.ts";
import type { GuessedSegment } from "./networks.ts";
import { plainName } from "./objectNames.ts";

/** A segment as an object; both sides of it where it has them. */
export function segmentManifest(segment: GuessedSegment, clusterName: string): Manifest {
  const { name, vlan, cidr, gateway, bridge, network } = segment;
  const spec = {
    vlan,
    cidr,
    gateway,
    ...(network === undefined ? {} : omadaFields(name, network)),
    proxmox: bridge === undefined ? undefined : { clusterRef: { name: clusterName }, bridge },
    adoption: network === undefined ? undefined : "Adopt",
  };
  return { kind: "NetworkSegment", name, spec, remarks: remarksOf(segment) };
}

function remarksOf({ because, bridge, vlan, network }: GuessedSegment): readonly string[] {
  if (network === undefined) return [`Guess, by ${because}: check cidr and gateway.`];
  const from = network.gatewaySubnet === undefined ? [`Guess, by ${because}: check cidr and gateway.`] : [];
  const alike = vlan === undefined ? "has the same addresses untagged" : `carries VLAN ${String(vlan)} for guests`;
  return [
    `Network ${network.name} of Omada.`,
    ...from,
    ...(bridge === undefined ? [] : [`Guess: bridge ${bridge} is the same network, for it ${alike}.`]),
    ...(network.dhcp?.enabled === true && network.dhcp.ranges.length > 1
      ? ["It has several DHCP ranges, which one range cannot say: they are left as they are."]
      : []),
  ];
}

function omadaFields(name: string, network: NetworkSeen): Fields {
  const isInterface = network.purpose === "Interface";
  return {
    purpose: network.purpose,
    dhcp: isInterface ? dhcpFields(network) : undefined,
    isolated: network.isolated === true ? true : undefined,
    omada: { controllerRef: { name: OMADA }, networkName: network.name === name ? undefined : network.name },
  };
}

function dhcpFields({ dhcp, domain, gatewaySubnet }: NetworkSeen): Fields | undefined {
  if (dhcp === undefined) return undefined;
  if (!dhcp.enabled) return { enabled: false };
  const [range, ...others] = dhcp.ranges;
  const whole = range !== undefined && others.length === 0 && isRange(range, gatewaySubnet);
  const { leaseSeconds: lease, dns } = dhcp;
  return {
    enabled: true,
    ...(whole ? range : {}),
    leaseSeconds: lease !== undefined && lease >= 120 && lease <= 604_800 ? lease : undefined,
    dns: dns.length === 0 || dns.length > 2 || !dns.every((one) => ipaddr.IPv4.isValid(one)) ? undefined : dns,
    domain,
  };
}

function isRange(
  { start, end }: { readonly start: string; readonly end: string },
  subnet: string | undefined,
): boolean {
  if (subnet === undefined || !ipaddr.IPv4.isValid(start) || !ipaddr.IPv4.isValid(end)) return false;
  const net = ipaddr.IPv4.parseCIDR(subnet);
  return ipaddr.IPv4.parse(start).match(net) && ipaddr.IPv4.parse(end).match(net);
}

/** Name of the OmadaController's object. */
export const OMADA = "omada";

/** Segments of networks in Omada, by the network's id. */
export function segmentsByNetwork(segments: readonly GuessedSegment[]): ReadonlyMap<string, GuessedSegment> {
  return new Map(segments.flatMap((one) => (one.network === undefined ? [] : [[one.network.id, one] as const])));
}

/** Networks of Omada that are in no segment, each a sentence. */
export function leftOutNetworks(
  networks: readonly NetworkSeen[],
  segments: readonly GuessedSegment[],
): readonly string[] {
  const known = segmentsByNetwork(segments);
  return networks
    .filter(({ id }) => !known.has(id))
    .map(({ name, vlan }) => {
      const which = vlan === undefined ? "" : ` (VLAN ${String(vlan)})`;
      return `Left out: network ${name}${which} of Omada, for nothing tells its addresses or another has them; write a NetworkSegment ${plainName(name) ?? ""} with its cidr.`;
    });
}
