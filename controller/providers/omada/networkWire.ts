import { ProviderError } from "../../base/outcome.ts";
import type { NetworkWish } from "../omadaPort.ts";
import type { DhcpSeen, NetworkSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, rows, text } from "../shared/decode.ts";
import { kept, texts, told } from "./wire.ts";

/** How a version keeps a network: with one DHCP range (v1), or several (v2, v3), under one name or another (contract 3.4). */
export type NetworkDialect = "v1" | "v2" | "v3";

const INTERFACE = 1;
const DELIVERING = 1;

/** DHCP of a network as any version shows it. */
function dhcpOf(network: Row): Row | undefined {
  const found = network["dhcpSettingsVO"] ?? network["dhcpSettings"];
  return found === undefined || found === null ? undefined : row(found);
}

export function networkSeen(network: Row): NetworkSeen {
  const isInterface = number(network["purpose"]) === INTERFACE || network["purpose"] === "interface";
  const single = (number(network["vlanType"]) ?? 0) === 0;
  const dhcp = isInterface ? dhcpOf(network) : undefined;
  const state = number(network["state"]);
  return present({
    id: text(network["id"]) ?? "",
    name: text(network["name"]) ?? "",
    primary: flag(network["primary"]),
    purpose: isInterface ? "Interface" : "VLAN",
    vlan: single ? number(network["vlan"]) : undefined,
    gatewaySubnet: isInterface ? filled(text(network["gatewaySubnet"])) : undefined,
    isolated: told(network["isolation"]),
    domain: filled(text(network["domain"])),
    dhcp: dhcp === undefined ? undefined : dhcpSeen(dhcp),
    delivering: state === undefined ? undefined : state === DELIVERING,
  } satisfies { [K in keyof NetworkSeen]: NetworkSeen[K] | undefined });
}

function filled(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function dhcpSeen(dhcp: Row): DhcpSeen {
  const pool = rows(dhcp["ipRangePool"]);
  const minutes = number(dhcp["leasetime"]);
  const manual = dhcp["dhcpns"] === "manual";
  const servers = [text(dhcp["priDns"]), text(dhcp["sndDns"])].filter((one) => one !== undefined && one !== "");
  return present({
    enabled: flag(dhcp["enable"]),
    ranges: (pool.length === 0 ? [dhcp] : pool)
      .map((range) => ({ start: text(range["ipaddrStart"]) ?? "", end: text(range["ipaddrEnd"]) ?? "" }))
      .filter((range) => range.start !== ""),
    leaseSeconds: minutes === undefined ? undefined : minutes * 60,
    dns: manual ? (servers as readonly string[]) : [],
  } satisfies { [K in keyof DhcpSeen]: DhcpSeen[K] | undefined });
}

const readOnly: ReadonlySet<string> = new Set([
  ...[
    "id",
    "site",
    "Site",
    "primary",
    "portal",
    "portalId",
    "portalName",
    "accessControlRule",
    "rateLimit",
    "origName",
  ],
  ...["resource", "state", "totalIpNum", "dhcpServerNum", "existArpDetection", "existCustomDhcpOption"],
  ...["existDhcpNextServer", "existMultiVlan", "existNetworkIsolation", "existRA", "subnetOverride"],
  ...["dhcpSettingsVO", "dhcpSettings", "lanNetworkIpv6Config", "lanNeworkIpv6Config"],
]);
/** Network and broadcast address of the subnet, which only tell; and ranges as the other versions write them. */
const otherThanV1: ReadonlySet<string> = new Set(["ipRangeStart", "ipRangeEnd", "ipRangePool"]);
const otherThanV2: ReadonlySet<string> = new Set(["ipRangeStart", "ipRangeEnd", "ipaddrStart", "ipaddrEnd"]);

/** The body that changes what was read to what is wished. Throws `spec` for what the dialect cannot say. */
export function networkBody(read: Row, wish: Partial<NetworkWish>, dialect: NetworkDialect): Row {
  const ipv6 = read["lanNetworkIpv6Config"] ?? read["lanNeworkIpv6Config"];
  const subnet = wish.gatewaySubnet;
  const before = dhcpOf(read);
  const dhcp =
    before === undefined && wish.dhcp === undefined
      ? undefined
      : dhcpBody(moved(before ?? {}, text(read["gatewaySubnet"]), subnet), wish.dhcp ?? {}, dialect);
  return {
    ...kept(read, readOnly),
    ...present({
      name: wish.name,
      purpose: wish.purpose === undefined ? undefined : wish.purpose === "Interface" ? INTERFACE : 0,
      vlan: wish.vlan,
      gatewaySubnet: subnet,
      isolation: wish.isolated,
      domain: wish.domain,
      // The only key under which every version tells it; some misspell it when they show it (contract 1.6).
      lanNetworkIpv6Config: ipv6 ?? undefined,
    }),
    ...(dhcp === undefined ? {} : { [dialect === "v3" ? "dhcpSettings" : "dhcpSettingsVO"]: dhcp }),
  };
}

/** A gateway that DHCP hands out moves with the network when it was the network's own. */
function moved(dhcp: Row, from: string | undefined, to: string | undefined): Row {
  const own = from?.split("/")[0];
  return to !== undefined && own !== undefined && dhcp["gateway"] === own
    ? { ...dhcp, gateway: to.split("/")[0] }
    : dhcp;
}

function dhcpBody(read: Row, wish: Partial<DhcpSeen>, dialect: NetworkDialect): Row {
  const { enable, ...rest } = kept(read, dialect === "v1" ? otherThanV1 : otherThanV2);
  const ranges = wish.ranges ?? foreignRanges(read, dialect);
  return {
    ...rest,
    enable: wish.enabled ?? flag(enable),
    ...(wish.leaseSeconds === undefined ? {} : { leasetime: Math.ceil(wish.leaseSeconds / 60) }),
    ...(ranges === undefined ? {} : rangesBody(ranges, dialect)),
    ...(wish.dns === undefined ? {} : dnsBody(wish.dns)),
  };
}

/** Ranges that one version showed and another one shall take. */
function foreignRanges(read: Row, dialect: NetworkDialect): DhcpSeen["ranges"] | undefined {
  const isV1 = text(read["ipaddrStart"]) !== undefined;
  const isOwn = isV1 === (dialect === "v1");
  const { ranges } = dhcpSeen(read);
  return isOwn || ranges.length === 0 ? undefined : ranges;
}

function rangesBody(ranges: DhcpSeen["ranges"], dialect: NetworkDialect): Row {
  const pool = ranges.map(({ start, end }) => ({ ipaddrStart: start, ipaddrEnd: end }));
  if (dialect !== "v1") return { ipRangePool: pool };
  const [first] = pool;
  if (first === undefined || pool.length > 1) {
    throw new ProviderError("spec", "this version of Omada keeps exactly one DHCP range for a network");
  }
  return first;
}

function dnsBody(dns: readonly string[]): Row {
  const [first = "", second = "", ...more] = dns;
  if (more.length > 0) throw new ProviderError("spec", "Omada keeps two name servers for a network");
  return { dhcpns: first === "" ? "auto" : "manual", priDns: first, sndDns: second };
}

/** What a new network is made from; `primary` is the site's default network as it was read. */
export function newNetwork(wish: NetworkWish, primary: Row): Row {
  const common = {
    vlanType: 0,
    igmpSnoopEnable: false,
    mldSnoopEnable: false,
    dhcpL2RelayEnable: false,
    application: 0,
  };
  if (wish.purpose === "VLAN") return common;
  // The ports of the gateway that the pages of the controller preselect: those of the default network.
  const off = { enable: false, dhcpns: "auto", leasetime: 120 };
  return { ...common, interfaceIds: texts(primary["interfaceIds"]), dhcpSettings: off };
}

/** Body of the wizard of 6.x: what serves DHCP instead of a purpose, and the ports by device (contract 3.4). */
export function wizardBody(body: Row, gatewayMac: string | undefined): Row {
  const { purpose, interfaceIds, application: _application, ...network } = body;
  const isInterface = purpose === INTERFACE;
  const ports = { mac: gatewayMac, type: 1, ports: texts(interfaceIds), lags: [] };
  return {
    deviceConfig: {
      portIsolationEnable: false,
      flowControlEnable: false,
      tagIds: [],
      deviceList: isInterface && gatewayMac !== undefined ? [ports] : [],
    },
    lanNetwork: {
      ...network,
      ...(isInterface ? { deviceType: 1, deviceMac: gatewayMac } : { deviceType: 3 }),
      dhcpGuard: { enable: false },
      dhcpv6Guard: { enable: false },
      lanNetworkIpv6Config: { proto: 0, enable: 0 },
    },
  };
}
