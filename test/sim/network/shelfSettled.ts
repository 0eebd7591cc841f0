import ipaddr from "ipaddr.js";
import type { NetworkSegment, WirelessNetwork } from "../../../controller/api/index.ts";
import type { NetworkSeen, WlanSeen } from "../../../controller/providers/omadaSeen.ts";
import { FAKE } from "../../fakes/omadaSite.ts";
import { isWithin, pathOf } from "./lockRules.ts";
import { idOf, isLeaving, networkName, segmentsIn, wlansIn, type NetDeclared } from "./netObjects.ts";
import { borne, type Bearing, type Said } from "./said.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { isBound } from "./siteActors.ts";

/** Whether what differs is to be written (I4). */
export function corrects(history: NetworkHistory, one: NetDeclared, id: string): boolean {
  const { driftPolicy } = one.spec;
  if (driftPolicy !== undefined) return driftPolicy === "Correct";
  return history.made.get(one.metadata.uid)?.has(id) === true;
}

/** The network an object says it is bound to, if it may be. */
export function boundNetwork(history: NetworkHistory, one: NetworkSegment): NetworkSeen | undefined {
  const { networkId: id, name, vlan } = one.status?.omada ?? {};
  const found = id === undefined ? undefined : history.site.networks.get(id);
  // Under another name or VLAN it is a person's (I9).
  const isSame = found?.name === name && (vlan === undefined || found?.vlan === vlan);
  return found !== undefined && isSame && isBound(history, one, found.id) ? found : undefined;
}

export function segmentUnsettled(history: NetworkHistory, one: NetworkSegment, said: Said): readonly string[] {
  if (one.spec.omada === undefined) return [];
  const bound = boundNetwork(history, one);
  const others = bound === undefined ? [] : differences(history, one, bound);
  if (said.reason === "Settled") {
    if (bound === undefined) return ["says it is settled, and has no network"];
    if (corrects(history, one, bound.id) && others.length > 0) return [`is not corrected: ${others.join(", ")}`];
    const told = one.status?.drift?.length ?? 0;
    return told > 0 === others.length > 0 ? [] : [`tells ${told} differences, there are ${others.join(", ")}`];
  }
  return borne(said, { ...inTheWay(history, one, bound), ...refusals(history, one, { bound, drift: others }) });
}

interface AsItIs {
  readonly bound: NetworkSeen | undefined;
  readonly drift: readonly string[];
}

function refusals(history: NetworkHistory, one: NetworkSegment, { bound, drift }: AsItIs): Bearing {
  return {
    NetworkVanished: one.status?.omada !== undefined && bound === undefined,
    WouldLockOut: pathOf(history).some((address) => isWithin(address, bound?.gatewaySubnet)) && drift.length > 0,
    // What Omada does not take, it says so of a network that differs still.
    RefusedByProvider: drift.length > 0 || bound === undefined,
    BridgeMissing: one.spec.proxmox !== undefined,
  };
}

/** Networks and objects of the same name, VLAN or addresses. */
function inTheWay(history: NetworkHistory, one: NetworkSegment, bound: NetworkSeen | undefined): Bearing {
  const { vlan, cidr } = one.spec;
  const others = history.site.networks.all().filter(({ id }) => id !== bound?.id);
  const rivals = segmentsIn(history.lab).filter((other) => idOf(other) !== idOf(one) && !isLeaving(other));
  const overlapping = (subnet: string | undefined): boolean => subnet !== undefined && overlaps(subnet, cidr);
  return {
    NetworkNotOwned: others.some(({ name }) => name === networkName(one)),
    VlanTaken: others.some((other) => other.vlan === vlan) || rivals.some((other) => other.spec.vlan === vlan),
    CidrOverlaps:
      others.some(({ gatewaySubnet }) => overlapping(gatewaySubnet)) ||
      rivals.some((other) => overlapping(other.spec.cidr)),
    SpecInvalid: vlan === undefined || others.some((other) => other.vlan === vlan || other.name === networkName(one)),
  };
}

function overlaps(a: string, b: string): boolean {
  const [first, second] = [ipaddr.parseCIDR(a), ipaddr.parseCIDR(b)];
  return first[0].match(second[0], Math.min(first[1], second[1]));
}

/** Declared fields that the site has otherwise. */
function differences(history: NetworkHistory, one: NetworkSegment, network: NetworkSeen): readonly string[] {
  const { vlan, purpose, gateway, cidr, isolated } = one.spec;
  const subnet = gateway === undefined ? undefined : `${gateway}/${cidr.split("/")[1] ?? ""}`;
  const isInterface = network.purpose === "Interface";
  return [
    ...differing({
      name: [networkName(one), network.name],
      vlan: [vlan, network.vlan],
      purpose: [purpose, network.purpose],
      isolated: [history.site.portVlans === "port" ? isolated : undefined, network.isolated],
    }),
    ...(isInterface ? differing({ gateway: [subnet, network.gatewaySubnet] }) : []),
    ...(isInterface && one.spec.dhcp !== undefined ? dhcpDifferences(one.spec.dhcp, network) : []),
  ];
}

function dhcpDifferences(
  dhcp: NonNullable<NetworkSegment["spec"]["dhcp"]>,
  { dhcp: has, domain }: NetworkSeen,
): readonly string[] {
  const [range] = has?.ranges ?? [];
  return differing({
    domain: [dhcp.domain, domain],
    enabled: [dhcp.enabled, has?.enabled],
    start: [dhcp.start, range?.start],
    end: [dhcp.end, range?.end],
    lease: [dhcp.leaseSeconds, has?.leaseSeconds],
    dns: [dhcp.dns?.join(), has?.dns.join()],
  });
}

/** Fields whose declared value is not the one that is; what is not declared does not differ. */
function differing(fields: Readonly<Record<string, readonly [declared: unknown, actual: unknown]>>): readonly string[] {
  return Object.entries(fields).flatMap(([field, [declared, actual]]) =>
    declared === undefined || declared === actual ? [] : [field],
  );
}

/** The SSID an object says it is bound to, if it may be. */
function boundWlan(history: NetworkHistory, one: WirelessNetwork): WlanSeen | undefined {
  const { wlanId: id, name } = one.status?.omada ?? {};
  const found = id === undefined ? undefined : history.site.wlans.get(id);
  // Under another name it is a person's (I9).
  return found?.ssid === name && found !== undefined && isBound(history, one, found.id) ? found : undefined;
}

export function wlanUnsettled(history: NetworkHistory, one: WirelessNetwork, said: Said): readonly string[] {
  const bound = boundWlan(history, one);
  if (said.reason !== "Settled") return borne(said, wlanReasons(history, one, bound));
  if (bound === undefined) return ["says it is settled, and has no SSID"];
  const drift = wlanDifferences(history, one, bound);
  return corrects(history, one, bound.id) && drift.length > 0 ? [`is not corrected: ${drift.join(", ")}`] : [];
}

function wlanReasons(history: NetworkHistory, one: WirelessNetwork, bound: WlanSeen | undefined): Bearing {
  const { site, lab } = history;
  const segment = segmentOf(history, one);
  const rivals = wlansIn(lab).filter((other) => idOf(other) !== idOf(one) && !isLeaving(other));
  const network = segment === undefined ? undefined : site.networks.find(({ vlan }) => vlan === segment.spec.vlan);
  const same = site.wlans.find((wlan) => wlan.ssid === one.spec.ssid && wlan.id !== bound?.id);
  return {
    NetworkNotOwned: same !== undefined || rivals.some((other) => other.spec.ssid === one.spec.ssid),
    NetworkVanished: one.status?.omada !== undefined && bound === undefined,
    SegmentMissing: one.spec.segmentRef !== undefined && (segment === undefined || network === undefined),
    VlanNotCarried: network !== undefined && !carriesTo(history, network.id),
    RefusedByProvider: same !== undefined,
  };
}

function segmentOf({ lab }: NetworkHistory, { spec }: WirelessNetwork): NetworkSegment | undefined {
  return segmentsIn(lab).find(({ metadata }) => metadata.name === spec.segmentRef?.name);
}

function wlanDifferences(history: NetworkHistory, one: WirelessNetwork, wlan: WlanSeen): readonly string[] {
  const { ssid, security, bands, hidden, isolation } = one.spec;
  const isOurs = history.made.get(one.metadata.uid)?.has(wlan.id) === true;
  const keeps = isOurs && security.passphraseRef !== undefined;
  return differing({
    ssid: [ssid, wlan.ssid],
    security: [security.mode, wlan.security],
    bands: [bands?.toSorted().join(), wlan.bands.toSorted().join()],
    hidden: [hidden, wlan.hidden],
    isolation: [isolation, wlan.guest],
    vlan: [segmentOf(history, one)?.spec.vlan, wlan.vlan],
    passphrase: [keeps ? history.passphrase : undefined, history.site.passphrases.get(wlan.id)],
  });
}

/** The switch port that the access point hangs on carries the network. */
function carriesTo({ site }: NetworkHistory, networkId: string): boolean {
  const { uplink } = site.device(FAKE.ap);
  const port = site.devices.get(uplink?.mac ?? "")?.ports.find(({ number }) => number === uplink?.port);
  if (port === undefined) return true;
  const { nativeNetworkId, taggedNetworkIds, taggedAll } = site.vlansOf(port);
  return taggedAll === true || nativeNetworkId === networkId || taggedNetworkIds?.includes(networkId) === true;
}
