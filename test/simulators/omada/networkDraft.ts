import { flagAt, isObject, numberAt, objectAt, objectsAt, pick, present, textAt, type Json } from "./json.ts";

/** A network as it is stored: v2 words, DHCP under `dhcp`, IPv6 under `ipv6`, whichever version wrote it. */
const OWN = [
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
  "qosQueueEnable",
  "queueId",
  "allLan",
  "subnetOverrideEnable",
  "isolation",
  "arpDetectionEnable",
  "fastLeaveEnable",
  "upnpLanEnable",
  "dhcpGuard",
  "dhcpv6Guard",
  "deviceType",
  "deviceMac",
];

const DEFAULTS: Json = {
  vlanType: 0,
  application: 0,
  interfaceIds: [],
  mldSnoopEnable: false,
  dhcpL2RelayEnable: false,
  qosQueueEnable: false,
  allLan: true,
  isolation: false,
  arpDetectionEnable: false,
  fastLeaveEnable: false,
  upnpLanEnable: false,
  dhcpGuard: { enable: false },
  dhcpv6Guard: { enable: false },
  ipv6: { proto: 0, enable: 0 },
};

/** What a body of any version means. Optional members that it leaves out are back at their defaults. */
export function networkDraft(body: Json): Json {
  const sent = present(body);
  const purpose = purposeOf(sent);
  const ipv6 = sent["lanNetworkIpv6Config"] ?? sent["lanNeworkIpv6Config"];
  const dhcp = sent["dhcpSettingsVO"] ?? sent["dhcpSettings"];
  return {
    ...DEFAULTS,
    ...pick(sent, OWN),
    purpose,
    ...(isObject(ipv6) ? { ipv6 } : {}),
    ...(purpose === 1 ? { dhcp: dhcpDraft(isObject(dhcp) ? dhcp : {}) } : {}),
  };
}

/** The web API writes words; the wizard says what serves addresses. */
function purposeOf(sent: Json): number {
  const { purpose } = sent;
  if (typeof purpose === "number") return purpose;
  if (purpose === "interface") return 1;
  if (purpose === "vlan") return 0;
  return numberAt(sent, "deviceType") === 1 ? 1 : 0;
}

const DHCP_OWN = ["dhcpns", "priDns", "sndDns", "gateway", "dhcpNextServer", "options", "option60", "option66"];

function dhcpDraft(sent: Json): Json {
  const dhcp = present(sent);
  const start = textAt(dhcp, "ipaddrStart");
  const end = textAt(dhcp, "ipaddrEnd");
  const single = start === undefined || end === undefined ? [] : [{ ipaddrStart: start, ipaddrEnd: end }];
  const pool = Array.isArray(dhcp["ipRangePool"]) ? objectsAt(dhcp, "ipRangePool") : single;
  return {
    dhcpns: "auto",
    options: [],
    ...pick(dhcp, DHCP_OWN),
    enable: flagAt(dhcp, "enable") ?? false,
    leasetime: numberAt(dhcp, "leasetime") ?? 120,
    ipRangePool: pool,
  };
}

/** The ranges of a stored network. */
export function poolOf(network: Json): { readonly start: string; readonly end: string }[] {
  return objectsAt(objectAt(network, "dhcp"), "ipRangePool").map((range) => ({
    start: textAt(range, "ipaddrStart") ?? "",
    end: textAt(range, "ipaddrEnd") ?? "",
  }));
}
