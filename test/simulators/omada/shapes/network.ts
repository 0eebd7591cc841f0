import {
  among,
  flag,
  formatted,
  integer,
  list,
  must,
  object,
  strictName,
  text,
  type Field,
  type Shape,
} from "../shape.ts";

const VLANS = text("^[\\d|\\d-\\d]+(,[\\d|\\d-\\d]+)*$");
const DHCP_OPTION: Field = object({ code: integer(), type: among(0, 1, 2), value: text() });
const POOL: Field = list(object({ ipaddrStart: formatted("ipv4"), ipaddrEnd: formatted("ipv4") }));

const DHCP_COMMON: Shape = {
  enable: flag,
  dhcpns: text("^(auto|manual)$"),
  priDns: formatted("ipv4"),
  sndDns: formatted("ipv4"),
  gateway: formatted("ipv4"),
  dhcpNextServer: formatted("ipv4"),
  options: list(DHCP_OPTION),
};

/** DHCP as v1 writes it: one range. */
export const DHCP_V1: Shape = {
  ...DHCP_COMMON,
  leasetime: integer(2, 2880),
  ipaddrStart: formatted("ipv4"),
  ipaddrEnd: formatted("ipv4"),
  ipRangeStart: integer(),
  ipRangeEnd: integer(),
  option60: text("^[\\041-\\0176]{0,50}$"),
  option66: text("^[\\041-\\0176]{0,128}$"),
  option138: formatted("ipv4"),
  hostIP: formatted("ipv4"),
};

/** DHCP from v2 on: ranges. */
export const DHCP_V2: Shape = { ...DHCP_COMMON, leasetime: integer(2, 10080), ipRangePool: POOL };

const GUARD = object({ enable: must(flag), dhcpSvr1: formatted("ipv4"), dhcpSvr2: formatted("ipv4") });
const GUARD_V6 = object({ enable: must(flag), dhcpv6Svr1: formatted("ipv6"), dhcpv6Svr2: formatted("ipv6") });
/** IPv6 is kept, not looked into. */
export const IPV6 = object({ proto: must(among(0, 1, 2, 3, 4)), enable: must(among(0, 1)) });

const COMMON: Shape = {
  name: must(strictName(128)),
  purpose: must(among(0, 1)),
  vlanType: among(0, 1),
  vlan: integer(),
  vlans: VLANS,
  application: among(0, 1),
  interfaceIds: list(text()),
  gatewaySubnet: formatted("subnet"),
  domain: formatted("domain"),
  igmpSnoopEnable: must(flag),
  mldSnoopEnable: flag,
  dhcpL2RelayEnable: flag,
  allLan: flag,
  dhcpGuard: GUARD,
  dhcpv6Guard: GUARD_V6,
};

/** Body of a network in v1. */
export const NETWORK_V1: Shape = {
  ...COMMON,
  isolation: flag,
  dhcpSettingsVO: object(DHCP_V1),
  lanNeworkIpv6Config: IPV6,
};

/** Body of a network in v2. */
export const NETWORK_V2: Shape = {
  ...COMMON,
  qosQueueEnable: flag,
  queueId: integer(),
  subnetOverrideEnable: flag,
  dhcpSettingsVO: object(DHCP_V2),
  lanNetworkIpv6Config: IPV6,
};

/** A network as the wizard of 6.x has it: what serves DHCP instead of a purpose. */
export const NETWORK_V3: Shape = {
  name: must(text()),
  deviceType: must(among(0, 1, 2, 3)),
  deviceMac: text(),
  vlanType: among(0, 1),
  vlan: integer(),
  vlans: text(),
  gatewaySubnet: text(),
  domain: text(),
  igmpSnoopEnable: must(flag),
  mldSnoopEnable: flag,
  dhcpL2RelayEnable: flag,
  arpDetectionEnable: flag,
  isolation: flag,
  qosQueueEnable: flag,
  queueId: integer(),
  subnetOverrideEnable: flag,
  mode: integer(),
  dhcpSettings: object(DHCP_V2),
  dhcpGuard: GUARD,
  dhcpv6Guard: GUARD_V6,
  lanNetworkIpv6Config: IPV6,
};

/** Body of the wizard's last step. */
export const WIZARD: Shape = {
  deviceConfig: must(
    object({
      portIsolationEnable: flag,
      flowControlEnable: flag,
      tagIds: list(text()),
      internetPorts: list(text()),
      deviceList: list(
        object({ mac: text(), type: integer(), ports: list(text()), lags: list(integer()), stackId: text() }),
      ),
    }),
  ),
  lanNetwork: must(object(NETWORK_V3)),
};

/** Body that creates many VLAN-only networks. */
export const VLANS_BODY: Shape = {
  name: must(strictName(128)),
  vlans: must(VLANS),
  igmpSnoopEnable: must(flag),
  application: among(0, 1),
  mldSnoopEnable: flag,
  dhcpL2RelayEnable: flag,
  dhcpGuard: GUARD,
  dhcpv6Guard: GUARD_V6,
};
