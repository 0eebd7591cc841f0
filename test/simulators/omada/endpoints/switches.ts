import { categoryOf, isConnected, uptimeSeconds, uptimeText } from "../deviceState.ts";
import { flagAt, numberAt, type Json } from "../json.ts";
import type { Lab } from "../lab.ts";
import { MODELS } from "../models.ts";
import { paged } from "../pages.ts";
import { deviceAt, siteOf, type Call, type Route } from "../route.ts";
import { flag, integer, must, text, type Shape } from "../shape.ts";
import { SWITCH_PORT } from "../shapes/switchPort.ts";
import { changePort, checkName, checkPoe, checkProfile, portAt, portVlans, touched } from "../switchPorts.ts";
import { hasLink } from "../topology.ts";
import type { Device } from "../world.ts";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";
const SWITCH = `${SITE}/switches/{switchMac}`;
const LATER = ["6.2", "6.3"] as const;

function portInfo(lab: Lab, port: number, settings: Json): Json {
  const profile = lab.world.profiles.get(String(settings["profileId"]));
  return {
    port,
    name: settings["name"],
    profileId: settings["profileId"],
    profileName: profile?.data["name"] ?? "",
    profileOverrideEnable: settings["profileOverrideEnable"],
    poeMode: numberAt(settings, "poe") ?? 0,
    lagPort: false,
    status: flagAt(settings, "disable") === true ? 0 : 1,
  };
}

function detail(call: Call): Json {
  const device = deviceAt(call, "switchMac", "switch");
  const { lab } = call;
  const now = lab.pace.now();
  const model = MODELS[device.model];
  return {
    mac: device.mac,
    ip: device.ip,
    ipv6List: [],
    model: device.model,
    firmwareVersion: device.firmware,
    version: device.firmware.split(" ")[0],
    hwVersion: model?.version,
    ...(isConnected(device, now) ? { cpuUtil: 7, memUtil: 41, uptime: uptimeText(uptimeSeconds(device, now)) } : {}),
    portList: Object.entries(device.ports).map(([port, settings]) => portInfo(lab, Number(port), settings)),
  };
}

/** A port in the grid that 6.x has for a whole site: its settings and its link. */
function overviewRow(lab: Lab, device: Device, port: number, settings: Json): Json {
  const now = lab.pace.now();
  const { native, tagged } = portVlans(lab, settings);
  const profile = lab.world.profiles.get(String(settings["profileId"]));
  const link = hasLink(lab.world, { mac: device.mac, port }, now);
  const disabled = flagAt(settings, "disable") === true;
  return {
    site: device.site,
    switchMac: device.mac,
    switchName: device.name,
    switchStatusCategory: categoryOf(device, now),
    port,
    portName: settings["name"],
    disable: disabled,
    connectedStatus: disabled ? 2 : link ? 0 : 1,
    linkSpeed: settings["linkSpeed"],
    duplex: settings["duplex"],
    profileId: settings["profileId"],
    profileName: profile?.data["name"],
    profileOverrideEnable: settings["profileOverrideEnable"],
    ...(native === undefined ? {} : { nativeNetworkId: native }),
    networkTagsSetting: settings["networkTagsSetting"],
    networkMode: tagged.length === 0 ? 1 : 0,
    operation: "SWITCHING",
    supportPoe: port <= (MODELS[device.model]?.poePorts ?? 0),
    tagIds: settings["tagIds"],
    type: MODELS[device.model]?.ports[port - 1]?.sfp === true ? 3 : 1,
  };
}

function overview(call: Call): Json {
  const { lab } = call;
  const switches = lab.world.devicesOf(siteOf(call).id).filter((device) => device.kind === "switch");
  const rows = switches.flatMap((device) =>
    Object.entries(device.ports).map(([port, settings]) => overviewRow(lab, device, Number(port), settings)),
  );
  return paged(call, rows);
}

function patchPort(call: Call): undefined {
  const device = deviceAt(call, "switchMac", "switch");
  changePort(call.lab, device, call.params["port"], call.body);
  call.did(`port ${String(call.params["port"])} of ${device.name} changed`);
}

type Change = (call: Call, device: Device, settings: Json) => Json;

/** A single setting of a port, as 5.x writes them. */
function sub(name: string, body: Shape, change: Change): Route {
  return {
    method: "PUT",
    path: `${SWITCH}/ports/{port}/${name}`,
    body,
    handle: (call: Call): unknown => {
      const device = deviceAt(call, "switchMac", "switch");
      const { port, settings } = portAt(device, call.params["port"]);
      Object.assign(settings, change(call, device, settings));
      touched(call.lab, device);
      call.did(`${name} of port ${port} of ${device.name} changed`);
      return undefined;
    },
  };
}

const PORT_NAME = text('^[^ ?"]$|^[^ ?"][^?"]{0,126}[^ ?"]$');

function setProfile(call: Call, device: Device): Json {
  const next = { profileId: call.body["profileId"] };
  checkProfile(call.lab, device, next);
  return next;
}

function setPoe(call: Call, device: Device, settings: Json): Json {
  checkPoe(device, settings);
  return { poe: call.body["poeMode"] };
}

/** Switches and their ports. */
export const SWITCH_ROUTES: readonly Route[] = [
  { method: "GET", path: SWITCH, handle: detail },
  { method: "GET", path: `${SITE}/switches/ports/overview`, profiles: LATER, paged: true, handle: overview },
  { method: "PATCH", path: `${SWITCH}/ports/{port}`, profiles: LATER, body: SWITCH_PORT, handle: patchPort },
  sub("name", { name: must(PORT_NAME) }, (call) => {
    checkName(call.body);
    return { name: call.body["name"] };
  }),
  sub("status", { status: must(integer(0, 1)) }, (call) => ({ disable: call.body["status"] === 0 })),
  sub("profile", { profileId: must(text()) }, setProfile),
  sub("profile-override", { profileOverrideEnable: must(flag) }, (call) => ({
    profileOverrideEnable: call.body["profileOverrideEnable"],
  })),
  sub("poe-mode", { poeMode: must(integer(0, 1)) }, setPoe),
];
