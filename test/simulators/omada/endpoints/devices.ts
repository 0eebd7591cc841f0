import { ApiError } from "../apiError.ts";
import { adopt, DETAIL, detailOf, isConnected, reboot } from "../deviceState.ts";
import { deviceRow, deviceRows, isPending, uplinkKeys } from "../deviceView.ts";
import { pick, textAt, textsAt } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { deviceAt, siteOf, type Call, type Route } from "../route.ts";
import { flag, integer, list, must, strictName, text, type Shape } from "../shape.ts";
import { uplinksOf } from "../topology.ts";
import type { Device, DeviceKind } from "../world.ts";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";

/** The device of the path, of any kind, or the code for a missing one. */
function named(call: Call, absent: number): Device {
  const device = call.lab.world.devices.get(call.params["deviceMac"] ?? "");
  if (device?.site !== siteOf(call).id) throw new ApiError(absent);
  return device;
}

function startAdopt(call: Call): undefined {
  const { lab } = call;
  const device = named(call, -39050);
  if (!isPending(lab, device)) throw new ApiError(-39050);
  const right =
    textAt(call.body, "username") === device.account.username &&
    textAt(call.body, "password") === device.account.password;
  adopt(device, lab.pace.now(), lab.pace.ms(lab.settings.adoptSeconds), !right);
  if (right) delete device.adoptError;
  else device.adoptError = -39003;
  lab.world.devices.touch(device.mac);
  call.did(`adoption of ${device.name} started`);
}

function adoptResult(call: Call): unknown {
  const device = named(call, -39050);
  const failed = device.adoptError !== undefined;
  return { deviceMac: device.mac, adoptErrorCode: device.adoptError ?? 0, adoptFailedType: failed ? -2 : -1 };
}

function forget(call: Call): undefined {
  const device = named(call, -39013);
  device.phases = [];
  device.settled = DETAIL.pending;
  device.config = {};
  call.lab.world.devices.touch(device.mac);
  call.did(`device ${device.name} forgotten`);
}

function restart(call: Call): undefined {
  const { lab } = call;
  const device = named(call, -39006);
  const now = lab.pace.now();
  const detail = detailOf(device, now);
  if (detail === DETAIL.rebooting) throw new ApiError(-39009);
  if (detail === DETAIL.configuring) throw new ApiError(-39010);
  if (detail === DETAIL.provisioning) throw new ApiError(-39011);
  if (!isConnected(device, now)) throw new ApiError(-39007);
  reboot(device, now, lab.pace.ms(lab.settings.rebootSeconds));
  lab.world.devices.touch(device.mac);
  call.did(`device ${device.name} rebooted`);
}

const CONFIG = ["ledSetting", "tagIds", "location", "rememberDevice", "disableHwReset", "wifiControlEnable", "jumbo"];

const SETTINGS: Readonly<Record<DeviceKind, Shape>> = {
  // Frames of up to so many bytes.
  switch: { ledSetting: integer(0, 2), jumbo: integer(1518, 9216) },
  gateway: { ledSetting: must(integer(0, 2)), rememberDevice: integer() },
  ap: { ledSetting: integer(0, 2), rememberDevice: integer(), disableHwReset: flag, wifiControlEnable: flag },
};

function generalConfig(kind: DeviceKind, parameter: string, path: string): readonly Route[] {
  return [
    {
      method: "GET",
      path: `${SITE}/${path}/general-config`,
      handle: (call: Call): unknown => {
        const device = deviceAt(call, parameter, kind);
        const defaults = { ledSetting: 2, tagIds: [], ...(kind === "switch" ? { jumbo: 1518 } : {}) };
        return { name: device.name, ...defaults, ...device.config };
      },
    },
    {
      method: "PATCH",
      path: `${SITE}/${path}/general-config`,
      body: { name: strictName(128), tagIds: list(text()), ...SETTINGS[kind] },
      handle: (call: Call): unknown => {
        const device = deviceAt(call, parameter, kind);
        device.name = textAt(call.body, "name") ?? device.name;
        device.config = { ...device.config, ...pick(call.body, CONFIG) };
        call.lab.world.devices.touch(device.mac);
        call.did(`settings of ${device.name} changed`);
        return undefined;
      },
    },
  ];
}

/** Devices of a site: lists, adoption, general settings. */
export const DEVICE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: `${SITE}/devices`,
    paged: true,
    handle: (call: Call): unknown =>
      paged(call, searched(call.query, deviceRows(call.lab, siteOf(call).id), ["name", "mac", "ip"])),
  },
  {
    method: "GET",
    path: `${SITE}/grid/devices/pending`,
    paged: true,
    handle: (call: Call): unknown => {
      const site = siteOf(call).id;
      const pending = call.lab.world.devicesOf(site).filter((device) => isPending(call.lab, device));
      return paged(
        call,
        pending.map((device) => deviceRow(call.lab, device, undefined)),
      );
    },
  },
  {
    method: "POST",
    path: `${SITE}/devices/uplink-info`,
    profiles: ["6.2", "6.3"],
    reads: true,
    body: { deviceMacs: list(text()) },
    handle: (call: Call): unknown => {
      const uplinks = uplinksOf(call.lab.world, siteOf(call).id, call.lab.pace.now());
      return textsAt(call.body, "deviceMacs").map((mac) => ({ mac, ...uplinkKeys(uplinks.get(mac)) }));
    },
  },
  {
    method: "POST",
    path: `${SITE}/devices/{deviceMac}/start-adopt`,
    body: { username: text(), password: text() },
    handle: startAdopt,
  },
  { method: "GET", path: `${SITE}/devices/{deviceMac}/adopt-result`, handle: adoptResult },
  { method: "POST", path: `${SITE}/devices/{deviceMac}/forget`, handle: forget },
  { method: "POST", path: `${SITE}/devices/{deviceMac}/reboot`, handle: restart },
  ...generalConfig("switch", "switchMac", "switches/{switchMac}"),
  ...generalConfig("gateway", "gatewayMac", "gateways/{gatewayMac}"),
  ...generalConfig("ap", "apMac", "aps/{apMac}"),
];
