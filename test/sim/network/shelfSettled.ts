import ipaddr from "ipaddr.js";
import type { NetworkSegment, WirelessNetwork } from "../../../controller/api/index.ts";
import type { NetworkSeen, WlanSeen } from "../../../controller/providers/omadaSeen.ts";
import { FAKE } from "../../fakes/omadaSite.ts";
import { isWithin, pathOf } from "./lockRules.ts";
import { idOf, isLeaving, networkName, segmentsIn, wlansIn, type NetDeclared } from "./netObjects.ts";
import { borne, type Said } from "./netSettled.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { isBound } from "./siteActors.ts";

/** Whether what differs is to be written (I4). */
export function corrects(history: NetworkHistory, one: NetDeclared, id: string): boolean {
  const { driftPolicy } = one.spec;
  if (driftPolicy !== undefined) return driftPolicy === "Correct";
  return history.made.get(one.metadata.uid)?.has(id) === true;
}

/** The network an object says it is bound to, if it may be. */
function boundNetwork(history: NetworkHistory, one: NetworkSegment): NetworkSeen | undefined {
  const id = one.status?.omada?.networkId;
  const found = id === undefined ? undefined : history.site.networks.get(id);
  return found !== undefined && isBound(history, one, found.id) ? found : undefined;
}

/** The network of a segment as it is declared. */
export function networkFor({ site }: NetworkHistory, one: NetworkSegment): NetworkSeen | undefined {
  const { vlan } = one.spec;
  return site.networks.find(
    (network) => network.name === networkName(one) && (vlan === undefined ? network.primary : network.vlan === vlan),
  );
}

export function segmentUnsettled(history: NetworkHistory, one: NetworkSegment, said: Said): readonly string[] {
  if (one.spec.omada === undefined) return [];
  const bound = boundNetwork(history, one);
  const differing = bound === undefined ? [] : differences(history, one, bound);
  if (said.reason === "Settled") {
    if (bound === undefined) return ["says it is settled, and has no network"];
    if (corrects(history, one, bound.id) && differing.length > 0) return [`is not corrected: ${differing.join(", ")}`];
    const told = one.status?.drift?.length ?? 0;
    return told > 0 === differing.length > 0 ? [] : [`tells ${told} differences, there are ${differing.join(", ")}`];
  }
  const { vlan, cidr } = one.spec;
  const others = history.site.networks.all().filter(({ id }) => id !== bound?.id);
  const rivals = segmentsIn(history.lab).filter((other) => idOf(other) !== idOf(one) && !isLeaving(other));
  const overlapping = (subnet: string | undefined): boolean => subnet !== undefined && overlaps(subnet, cidr);
  return borne(said, {
    NetworkNotOwned: others.some(({ name }) => name === networkName(one)),
    VlanTaken: others.some((other) => other.vlan === vlan) || rivals.some((other) => other.spec.vlan === vlan),
    CidrOverlaps:
      others.some(({ gatewaySubnet }) => overlapping(gatewaySubnet)) ||
      rivals.some((other) => overlapping(other.spec.cidr)),
    NetworkVanished: one.status?.omada !== undefined && bound === undefined,
    WouldLockOut: pathOf(history).some((address) => isWithin(address, bound?.gatewaySubnet)) && differing.length > 0,
    // What Omada does not take, it says so of a network that differs still.
    RefusedByProvider: differing.length > 0 || bound === undefined,
    SpecInvalid: vlan === undefined || others.some((other) => other.vlan === vlan || other.name === networkName(one)),
    BridgeMissing: one.spec.proxmox !== undefined,
  });
}

function overlaps(a: string, b: string): boolean {
  const [first, second] = [ipaddr.parseCIDR(a), ipaddr.parseCIDR(b)];
  return first[0].match(second[0], Math.min(first[1], second[1]));
}

/** Declared fields that the site has otherwise. */
function differences({ site }: NetworkHistory, one: NetworkSegment, network: NetworkSeen): readonly string[] {
  const { vlan, purpose, gateway, cidr, isolated, dhcp } = one.spec;
  const isInterface = network.purpose === "Interface";
  const subnet = `${gateway ?? ""}/${cidr.split("/")[1] ?? ""}`;
  const [range] = network.dhcp?.ranges ?? [];
  const rows: readonly (readonly [string, boolean])[] = [
    ["name", networkName(one) !== network.name],
    ["vlan", vlan !== undefined && vlan !== network.vlan],
    ["purpose", purpose !== undefined && purpose !== network.purpose],
    ["gateway", isInterface && gateway !== undefined && subnet !== network.gatewaySubnet],
    ["isolated", site.portVlans === "port" && isolated !== undefined && isolated !== network.isolated],
    ["domain", isInterface && dhcp?.domain !== undefined && dhcp.domain !== network.domain],
    ["enabled", isInterface && dhcp?.enabled !== undefined && dhcp.enabled !== network.dhcp?.enabled],
    ["range", isInterface && dhcp?.start !== undefined && (dhcp.start !== range?.start || dhcp.end !== range.end)],
    ["lease", isInterface && dhcp?.leaseSeconds !== undefined && dhcp.leaseSeconds !== network.dhcp?.leaseSeconds],
    ["dns", isInterface && dhcp?.dns !== undefined && dhcp.dns.join() !== network.dhcp?.dns.join()],
  ];
  return rows.flatMap(([field, differs]) => (differs ? [field] : []));
}

export function wlanUnsettled(history: NetworkHistory, one: WirelessNetwork, said: Said): readonly string[] {
  const { site, lab } = history;
  const id = one.status?.omada?.wlanId;
  const found = id === undefined ? undefined : site.wlans.get(id);
  const bound = found !== undefined && isBound(history, one, found.id) ? found : undefined;
  const segment = segmentsIn(lab).find(({ metadata }) => metadata.name === one.spec.segmentRef?.name);
  if (said.reason === "Settled") {
    if (bound === undefined) return ["says it is settled, and has no SSID"];
    const differing = wlanDifferences(history, one, bound, segment?.spec.vlan);
    return corrects(history, one, bound.id) && differing.length > 0
      ? [`is not corrected: ${differing.join(", ")}`]
      : [];
  }
  const rivals = wlansIn(lab).filter((other) => idOf(other) !== idOf(one) && !isLeaving(other));
  const network = segment === undefined ? undefined : site.networks.find(({ vlan }) => vlan === segment.spec.vlan);
  const same = site.wlans.find((wlan) => wlan.ssid === one.spec.ssid && wlan.id !== bound?.id);
  return borne(said, {
    NetworkNotOwned: same !== undefined || rivals.some((other) => other.spec.ssid === one.spec.ssid),
    NetworkVanished: one.status?.omada !== undefined && bound === undefined,
    SegmentMissing: one.spec.segmentRef !== undefined && (segment === undefined || network === undefined),
    VlanNotCarried: network !== undefined && !carriesTo(history, network.id),
    RefusedByProvider: same !== undefined,
  });
}

function wlanDifferences(
  history: NetworkHistory,
  one: WirelessNetwork,
  wlan: WlanSeen,
  vlan: number | undefined,
): readonly string[] {
  const { ssid, security, bands, hidden, isolation } = one.spec;
  const isOurs = history.made.get(one.metadata.uid)?.has(wlan.id) === true;
  const rows: readonly (readonly [string, boolean])[] = [
    ["ssid", ssid !== wlan.ssid],
    ["security", security.mode !== wlan.security],
    ["bands", bands !== undefined && bands.toSorted().join() !== wlan.bands.toSorted().join()],
    ["hidden", hidden !== undefined && hidden !== wlan.hidden],
    ["isolation", isolation !== undefined && isolation !== wlan.guest],
    ["vlan", vlan !== undefined && vlan !== wlan.vlan],
    [
      "passphrase",
      isOurs &&
        security.passphraseRef !== undefined &&
        history.passphrase !== undefined &&
        history.site.passphrases.get(wlan.id) !== history.passphrase,
    ],
  ];
  return rows.flatMap(([field, differs]) => (differs ? [field] : []));
}

/** The switch port that the access point hangs on carries the network. */
function carriesTo({ site }: NetworkHistory, networkId: string): boolean {
  const { uplink } = site.device(FAKE.ap);
  const port = site.devices.get(uplink?.mac ?? "")?.ports.find(({ number }) => number === uplink?.port);
  if (port === undefined) return true;
  const { nativeNetworkId, taggedNetworkIds, taggedAll } = site.vlansOf(port);
  return taggedAll === true || nativeNetworkId === networkId || taggedNetworkIds?.includes(networkId) === true;
}
