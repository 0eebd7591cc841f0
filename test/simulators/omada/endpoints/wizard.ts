import { invalid, missing } from "../apiError.ts";
import { objectAt, objectsAt, textsAt, type Json } from "../json.ts";
import { networkDraft } from "../networkDraft.ts";
import { checkNetwork } from "../networkRules.ts";
import { createNetwork, networkAt, updateNetwork } from "../networks.ts";
import { detailOf, DETAIL } from "../deviceState.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { NETWORK_V3, WIZARD } from "../shapes/network.ts";
import { networkV3 } from "../networkView.ts";

const BASE = "/openapi/v1/{omadacId}/sites/{siteId}/networks";
const LATER = ["6.2", "6.3"] as const;

/** Where the ports of the gateway are that the wizard chose. */
function withPorts(body: Json): Json {
  const network = objectAt(body, "lanNetwork");
  const chosen = objectsAt(objectAt(body, "deviceConfig"), "deviceList").filter((device) => device["type"] === 1);
  return { ...network, interfaceIds: chosen.flatMap((device) => textsAt(device, "ports")) };
}

function confirm(call: Call): Json {
  const network = createNetwork(call.lab, siteOf(call).id, withPorts(call.body));
  call.did(`network ${String(network.data["name"])} created`);
  return { networkIdList: [network.id] };
}

const READ_BACK = ["id", "application", "fastLeaveEnable", "existMultiVlan", "totalIpNum", "dhcpServerNum"];

function confirmUpdate(call: Call): undefined {
  const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
  const given = objectAt(call.body, "lanNetwork");
  if (READ_BACK.some((key) => given[key] === undefined)) throw invalid("must not be null");
  if (objectAt(given, "lanNetworkIpv6Config")["proto"] === undefined) throw missing("proto");
  const ports = withPorts(call.body);
  const kept = textsAt(ports, "interfaceIds").length === 0 ? { interfaceIds: network.data["interfaceIds"] } : {};
  updateNetwork(call.lab, network, { ...ports, ...kept });
  call.did(`network ${String(network.data["name"])} changed`);
}

const ASKED = ["purpose", "name", "vlan", "deviceMac", "gatewaySubnet"];

/** A dry run of a create; its body is flat. */
function paramCheck(call: Call): Json {
  const absent = ASKED.find((key) => call.body[key] === undefined || call.body[key] === null || call.body[key] === "");
  if (absent !== undefined) throw invalid(`Parameter [${absent}] should not be empty`);
  const site = siteOf(call).id;
  const draft = networkDraft(call.body);
  checkNetwork(call.lab, site, draft);
  return networkV3(call.lab, { id: "", site, visibleAt: 0, data: draft });
}

/** How far the devices are with a network: they all take part. */
function progress(call: Call): Json {
  const network = networkAt(call.lab, siteOf(call).id, call.params["networkId"]);
  const now = call.lab.pace.now();
  const devices = call.lab.world.devicesOf(network.site).filter((device) => device.kind !== "ap");
  const busy = devices.filter((device) => detailOf(device, now) === DETAIL.configuring).map((device) => device.mac);
  const done = devices.filter((device) => detailOf(device, now) === DETAIL.connected).map((device) => device.mac);
  return {
    state: busy.length > 0 ? 1 : 0,
    totalDevicesNum: devices.length,
    doneDevicesNum: devices.length - busy.length,
    deliveringDevices: busy,
    successDevices: done,
    failDevices: devices.map((device) => device.mac).filter((mac) => ![...busy, ...done].includes(mac)),
  };
}

/** The way the pages of 6.x write networks; 6.2 did not know it for a token (contract §7). */
export const WIZARD_ROUTES: readonly Route[] = [
  { method: "POST", path: `${BASE}/confirm`, profiles: LATER, users: true, body: WIZARD, handle: confirm },
  {
    method: "PUT",
    path: `${BASE}/{networkId}/confirm`,
    profiles: LATER,
    users: true,
    body: WIZARD,
    handle: confirmUpdate,
  },
  { method: "POST", path: `${BASE}/param-check`, profiles: LATER, reads: true, handle: paramCheck, body: NETWORK_V3 },
  { method: "GET", path: `${BASE}/{networkId}/brief-process`, profiles: LATER, handle: progress },
];
