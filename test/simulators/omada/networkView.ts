import { rangeOf } from "./addresses.ts";
import { isObject, objectAt, objectsAt, pick, textAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { vlansOf } from "./networkRules.ts";
import { poolOf } from "./networkDraft.ts";
import type { Entity } from "./world.ts";

const COMMON = [
  "name",
  "purpose",
  "vlanType",
  "vlan",
  "vlans",
  "application",
  "interfaceIds",
  "gatewaySubnet",
  "domain",
  "igmpSnoopEnable",
  "mldSnoopEnable",
  "dhcpL2RelayEnable",
  "allLan",
  "dhcpGuard",
  "dhcpv6Guard",
];

/** Network and broadcast address, read-only beside the ranges. */
function rangeKeys(network: Json): Json {
  const subnet = textAt(network, "gatewaySubnet");
  if (subnet === undefined) return {};
  const { first, last } = rangeOf(subnet);
  return { ipRangeStart: first, ipRangeEnd: last };
}

function readOnly(network: Entity): Json {
  return {
    id: network.id,
    primary: network.data["primary"] === true,
    portal: false,
    accessControlRule: false,
    rateLimit: false,
  };
}

/** As `GET v1 lan-networks` lists it: one DHCP range. */
export function networkV1(network: Entity): Json {
  const { data } = network;
  const { ipRangePool: _pool, ...dhcp } = objectAt(data, "dhcp");
  const range = objectsAt(objectAt(data, "dhcp"), "ipRangePool")[0] ?? {};
  return {
    ...readOnly(network),
    ...pick(data, COMMON),
    ...pick(data, ["qosQueueEnable", "queueId"]),
    ...(isObject(data["dhcp"]) ? { dhcpSettingsVO: { ...dhcp, ...range, ...rangeKeys(data) } } : {}),
    // The API definition misspells it; the real one does not (contract §1.6).
    lanNetworkIpv6Config: data["ipv6"],
  };
}

const dhcpV2 = (data: Json): Json => ({ ...objectAt(data, "dhcp"), ...rangeKeys(data) });

export function networkV2(network: Entity): Json {
  const { data } = network;
  return {
    ...readOnly(network),
    ...pick(data, COMMON),
    ...(isObject(data["dhcp"]) ? { dhcpSettingsVO: dhcpV2(data) } : {}),
    lanNetworkIpv6Config: data["ipv6"],
    existMultiVlan: data["vlanType"] === 1,
    existRA: false,
    existCustomDhcpOption: false,
    existDhcpNextServer: false,
    existArpDetection: false,
  };
}

export function networkV3(lab: Lab, network: Entity): Json {
  const { data } = network;
  const gateway = lab.world.gatewayOf(network.site);
  const isInterface = data["purpose"] === 1;
  const { dhcpSettingsVO: dhcpSettings, ...rest } = networkV2(network);
  return {
    ...rest,
    ...(isObject(dhcpSettings) ? { dhcpSettings } : {}),
    ...pick(data, ["isolation", "fastLeaveEnable", "arpDetectionEnable", "qosQueueEnable"]),
    deviceType: isInterface ? 1 : (data["deviceType"] ?? 3),
    ...(isInterface && gateway !== undefined ? { deviceMac: gateway.mac } : {}),
    site: network.site,
    origName: data["name"],
    resource: 0,
    state: 0,
    mode: 0,
    existNetworkIsolation: true,
    totalIpNum: poolOf(data).length === 0 ? 0 : addressCount(data),
    dhcpServerNum: isInterface ? 1 : 0,
  };
}

function addressCount(data: Json): number {
  const last = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return poolOf(data).reduce((sum, { start, end }) => sum + last(end) - last(start) + 1, 0);
}

/** As the web API has it: the purpose in a word. */
export function networkWeb(lab: Lab, network: Entity): Json {
  const { lanNetworkIpv6Config: ipv6, ...rest } = networkV3(lab, network);
  const { proto: _proto, ...shown } = objectAt({ ipv6 }, "ipv6");
  return {
    ...rest,
    purpose: network.data["purpose"] === 1 ? "interface" : "vlan",
    lanNetworkIpv6Config: shown,
  };
}

/** Members beside the rows of a list. */
export function listExtras(lab: Lab, networks: readonly Entity[]): Json {
  return {
    interfaceNum: networks.filter((network) => network.data["purpose"] === 1).length,
    vlanNums: networks.reduce((sum, network) => sum + vlansOf(network.data).length, 0),
    supportMaxVlanNum: lab.version.highestVlan,
    dhcpRangePoolSize: 1,
    supportMultiVlan: false,
    combinedGateway: false,
  };
}
