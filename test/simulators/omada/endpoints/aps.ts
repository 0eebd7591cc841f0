import { ApiError, invalid } from "../apiError.ts";
import { configure, isConnected, uptimeSeconds } from "../deviceState.ts";
import { numberAt, objectsAt, textAt, type Json } from "../json.ts";
import { changeRadios, radioLive } from "../radios.ts";
import { deviceAt, type Call, type Route } from "../route.ts";
import { must, text } from "../shape.ts";
import { OVERRIDES, RADIOS } from "../shapes/ap.ts";
import { ssidsOf } from "../ssids.ts";
import { hasLink, uplinksOf } from "../topology.ts";
import type { Device } from "../world.ts";

const AP = "/openapi/v1/{omadacId}/sites/{siteId}/aps/{apMac}";
const AP2 = "/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}";

const apAt = (call: Call): Device => deviceAt(call, "apMac", "ap");

/** The access point takes its new configuration. */
function touched(call: Call, device: Device): void {
  configure(device, call.lab.pace.now(), call.lab.pace.ms(call.lab.settings.configureSeconds));
  call.lab.world.devices.touch(device.mac);
}

function overview(call: Call): Json {
  const device = apAt(call);
  const now = call.lab.pace.now();
  return {
    type: "ap",
    mac: device.mac,
    name: device.name,
    ip: device.ip,
    ipv6List: [],
    model: device.model,
    firmwareVersion: device.firmware,
    ...(isConnected(device, now) ? { cpuUtil: 6, memoryUtil: 52, uptimeLong: uptimeSeconds(device, now) } : {}),
    wlanId: device.wlan,
  };
}

function wiredUplink(call: Call): Json {
  const device = apAt(call);
  const now = call.lab.pace.now();
  const uplink = uplinksOf(call.lab.world, device.site, now).get(device.mac);
  if (uplink === undefined) return {};
  return {
    wiredUplink: {
      uplinkMac: uplink.device.mac,
      name: uplink.device.name,
      type: uplink.device.kind,
      model: uplink.device.model,
      uplinkPort: String(uplink.port),
      port: `ETH${uplink.ownPort}`,
      linkStatus: hasLink(call.lab.world, { mac: device.mac, port: uplink.ownPort }, now) ? 1 : 0,
      linkSpeed: 3,
      duplex: 2,
    },
  };
}

function setWlanGroup(call: Call): undefined {
  const device = apAt(call);
  const wlan = call.lab.world.wlans.get(textAt(call.body, "wlanGroupId") ?? "");
  if (wlan === undefined) throw new ApiError(-39306);
  if (wlan.site !== device.site) throw new ApiError(-39307);
  if (wlan.id === device.wlan) throw invalid();
  device.wlan = wlan.id;
  device.ssidOverrides = [];
  touched(call, device);
  call.did(`access point ${device.name} is in WLAN group ${String(wlan.data["name"])}`);
}

function overrides(call: Call): Json {
  const device = apAt(call);
  const wlan = call.lab.world.wlans.get(device.wlan ?? "");
  const ssids = wlan === undefined ? [] : ssidsOf(call.lab, wlan);
  return {
    ssidOverrides: ssids.map(({ id, data }) => {
      const own = device.ssidOverrides.find((each) => each["ssidEntryId"] === data["idInt"]) ?? {};
      const band = numberAt(data, "band") ?? 0;
      return {
        ssidId: id,
        ssidEntryId: data["idInt"],
        ssidName: data["name"],
        ssidEnable: own["ssidEnable"] ?? true,
        band: [0, 1, 2].filter((index) => (band & (1 << index)) !== 0),
        security: data["security"],
        vlanEnable: data["vlanEnable"],
        ...(data["vlanId"] === undefined ? {} : { vlanId: data["vlanId"] }),
      };
    }),
  };
}

function setOverrides(call: Call): undefined {
  const device = apAt(call);
  const known = objectsAt(overrides(call), "ssidOverrides").map((each) => each["ssidEntryId"]);
  const given = objectsAt(call.body, "ssidOverrides");
  if (given.some((each) => !known.includes(each["ssidEntryId"]))) throw invalid();
  device.ssidOverrides = given;
  touched(call, device);
  call.did(`SSIDs of access point ${device.name} changed`);
}

/** Access points: radios, WLAN group, SSIDs. */
export const AP_ROUTES: readonly Route[] = [
  { method: "GET", path: AP, handle: overview },
  { method: "GET", path: `${AP}/radio-config`, handle: (call: Call): unknown => apAt(call).radios },
  {
    method: "PATCH",
    path: `${AP}/radio-config`,
    body: RADIOS,
    handle: (call: Call): unknown => {
      const device = apAt(call);
      changeRadios(device, call.body);
      touched(call, device);
      call.did(`radios of ${device.name} changed`);
      return undefined;
    },
  },
  {
    method: "GET",
    path: `${AP}/radios`,
    handle: (call: Call): unknown => {
      const device = apAt(call);
      return { wp2g: radioLive(device, "radioSetting2g"), wp5g: radioLive(device, "radioSetting5g") };
    },
  },
  { method: "GET", path: `${AP}/wired-uplink`, handle: wiredUplink },
  { method: "PATCH", path: `${AP}/wlan-group`, body: { wlanGroupId: must(text()) }, handle: setWlanGroup },
  { method: "GET", path: `${AP2}/override`, handle: overrides },
  { method: "PATCH", path: `${AP2}/override`, body: OVERRIDES, handle: setOverrides },
];
