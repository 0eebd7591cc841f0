import { ApiError, invalid } from "../apiError.ts";
import { clientRow, clientsOf } from "../clientView.ts";
import { isPending } from "../deviceView.ts";
import { flagAt, isObject, objectAt, pick, textAt, type Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { portDocument } from "../portDocument.ts";
import { portStatus } from "../gatewayPorts.ts";
import { changeRadios } from "../radios.ts";
import { createReservation, reservationOf } from "../reservations.ts";
import { deviceAt, siteOf, type Call, type Route } from "../route.ts";
import { changePort, portAt, touched } from "../switchPorts.ts";
import { apDocument, gatewayDocument, switchDocument, webDevice } from "../webDevice.ts";
import type { Device, DeviceKind, NetClient } from "../world.ts";
import { act, clientAt } from "./clients.ts";

const SITE = "/sites/{siteId}";
const web = { web: true } as const;

const DOCUMENTS = { gateway: gatewayDocument, switch: switchDocument, ap: apDocument } as const;
const PATHS = { gateway: "gateways", switch: "switches", ap: "eaps" } as const;

function documentOf(kind: DeviceKind): Route {
  return {
    ...web,
    method: "GET",
    path: `${SITE}/${PATHS[kind]}/{mac}`,
    handle: (call: Call): unknown => DOCUMENTS[kind](call.lab, deviceAt(call, "mac", kind)),
  };
}

const CONFIG = ["ledSetting", "lldpEnable", "echoServer", "jumbo"];

/** Changes what it carries and gives the document. */
function patchOf(kind: DeviceKind): Route {
  return {
    ...web,
    method: "PATCH",
    path: `${SITE}/${PATHS[kind]}/{mac}`,
    handle: (call: Call): unknown => {
      const device = deviceAt(call, "mac", kind);
      device.name = textAt(call.body, "name") ?? device.name;
      device.config = { ...device.config, ...pick(call.body, CONFIG) };
      if (kind === "ap") changeRadios(device, call.body);
      touched(call.lab, device);
      call.did(`settings of ${device.name} changed`);
      return DOCUMENTS[kind](call.lab, device);
    },
  };
}

function ports(call: Call): Json[] {
  const device = deviceAt(call, "mac", "switch");
  return Object.entries(device.ports).map(([port, settings]) => portDocument(call.lab, device, Number(port), settings));
}

function port(call: Call): Json {
  const device = deviceAt(call, "mac", "switch");
  const { port: number, settings } = portAt(device, call.params["port"]);
  return portDocument(call.lab, device, number, settings);
}

const NOT_STORED = [
  "switchName",
  "profileName",
  "portCap",
  "nativeNetworkId",
  "tagNetworkIds",
  "untagNetworkIds",
  "bandCtrl",
];

/** 5.x takes the whole document without what it only shows; 6.x refuses this way (contract §2). */
function patchPort(call: Call): undefined {
  if (call.lab.version.portVlans) throw invalid();
  const device = deviceAt(call, "mac", "switch");
  const given = Object.entries(call.body).filter(([key]) => !NOT_STORED.includes(key));
  changePort(call.lab, device, call.params["port"], Object.fromEntries(given));
  call.did(`port ${String(call.params["port"])} of ${device.name} changed`);
}

/** Those that are there; a filter for the others is not obeyed. */
function clientList(call: Call): Json {
  const rows = clientsOf(call.lab, siteOf(call).id).filter((row) => row["active"] === true);
  return paged(call, searched(call.query, rows, ["name", "mac", "ip"]));
}

function known(call: Call): Json {
  const rows = clientsOf(call.lab, siteOf(call).id).map((row) => ({
    mac: row.mac,
    name: row.name,
    wireless: row["wireless"],
    guest: row["guest"],
    download: 0,
    upload: 0,
    duration: row["uptime"],
    lastSeen: row["lastSeen"],
    block: row["blocked"],
    manager: false,
  }));
  return paged(call, searched(call.query, rows, ["name", "mac"]));
}

function clientDocument(call: Call, client: NetClient): Json {
  const entry = reservationOf(call.lab, client.site, client.mac);
  const fixed = entry?.data["status"] === true;
  return {
    ...clientRow(call.lab, client),
    ipSetting: { useFixedAddr: fixed, ...(fixed ? { netId: entry.data["netId"], ip: entry.data["ip"] } : {}) },
    rateLimit: { enable: false, downEnable: false, downLimit: 0, downUnit: 1, upEnable: false, upLimit: 0, upUnit: 1 },
  };
}

function patchClient(call: Call): Json {
  const { lab, body } = call;
  const client = clientAt(call);
  client.name = textAt(body, "name") ?? client.name;
  lab.world.clients.touch(client.mac);
  if (isObject(body["ipSetting"])) fixAddress(call, client, objectAt(body, "ipSetting"));
  call.did(`client ${client.mac} changed`);
  return clientDocument(call, client);
}

/** A fixed address is a reservation. */
function fixAddress(call: Call, client: NetClient, setting: Json): void {
  const before = reservationOf(call.lab, client.site, client.mac);
  if (before !== undefined) call.lab.world.reservations.delete(before.id);
  if (flagAt(setting, "useFixedAddr") !== true) return;
  createReservation(call.lab, client.site, {
    mac: client.mac,
    netId: setting["netId"],
    ip: setting["ip"],
    status: true,
  });
}

/** Connects or disconnects a WAN port and gives its state; the body names it by number or id. */
function internetState(call: Call): unknown {
  const device = deviceAt(call, "mac", "gateway");
  const number = Number(String(call.body["portId"]).split("_")[0]);
  const wan = device.wans[number];
  if (wan === undefined) throw new ApiError(-1001);
  wan.internet = call.body["operation"] === 1;
  call.lab.world.devices.touch(device.mac);
  call.did(`WAN port ${number} of ${device.name} ${wan.internet ? "connected" : "disconnected"}`);
  return portStatus(call.lab, device).find((port) => port["port"] === number);
}

const shownDevices = (call: Call): Device[] =>
  call.lab.world.devicesOf(siteOf(call).id).filter((device) => !isPending(call.lab, device) || device.settled === 20);

/** Devices and clients as the pages read them. */
export const WEB_DEVICE_ROUTES: readonly Route[] = [
  {
    ...web,
    method: "GET",
    path: `${SITE}/devices`,
    handle: (call: Call): unknown => shownDevices(call).map((device) => webDevice(call.lab, device)),
  },
  {
    ...web,
    method: "GET",
    path: `${SITE}/grid/devices`,
    paged: true,
    handle: (call: Call): unknown =>
      paged(
        call,
        shownDevices(call).map((device) => webDevice(call.lab, device)),
      ),
  },
  documentOf("gateway"),
  documentOf("switch"),
  documentOf("ap"),
  patchOf("gateway"),
  patchOf("switch"),
  patchOf("ap"),
  { ...web, method: "GET", path: `${SITE}/switches/{mac}/ports`, handle: ports },
  { ...web, method: "GET", path: `${SITE}/switches/{mac}/ports/{port}`, handle: port },
  { ...web, method: "PATCH", path: `${SITE}/switches/{mac}/ports/{port}`, handle: patchPort },
  { ...web, method: "POST", path: `${SITE}/cmd/gateways/{mac}/internetState`, handle: internetState },
  { ...web, method: "GET", path: `${SITE}/clients`, paged: true, handle: clientList },
  { ...web, method: "GET", path: `${SITE}/insight/clients`, paged: true, handle: known },
  {
    ...web,
    method: "GET",
    path: `${SITE}/clients/{clientMac}`,
    handle: (call: Call): unknown => clientDocument(call, clientAt(call)),
  },
  { ...web, method: "PATCH", path: `${SITE}/clients/{clientMac}`, handle: patchClient },
  { ...web, method: "POST", path: `${SITE}/cmd/clients/{clientMac}/block`, handle: act("block") },
  { ...web, method: "POST", path: `${SITE}/cmd/clients/{clientMac}/unblock`, handle: act("unblock") },
  { ...web, method: "POST", path: `${SITE}/cmd/clients/{clientMac}/reconnect`, handle: act("reconnect") },
];
