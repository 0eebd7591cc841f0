import { ApiError, invalid, missing } from "./apiError.ts";
import { configure } from "./deviceState.ts";
import { newId, visibleAt } from "./entities.ts";
import { flagAt, isObject, numberAt, objectAt, present, textAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { ofSite, type Entity } from "./world.ts";

const SECURITY = [0, 2, 3, 4, 5];
const PERSONAL = 3;
const PER_BAND = 8;
const BANDS: readonly (readonly [bit: number, name: string])[] = [
  [1, "2.4 GHz"],
  [2, "5 GHz"],
  [4, "6 GHz"],
];

export function ssidsOf(lab: Lab, wlan: Entity): Entity[] {
  return ofSite(lab.world.ssids, wlan.site).filter((ssid) => ssid.data["wlanId"] === wlan.id);
}

/** What an SSID must keep to beside its shape; `before` is the stored one that is changed. */
export function checkSsid(lab: Lab, wlan: Entity, body: Json, before?: Entity): void {
  const name = textAt(body, "name") ?? "";
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > 32) throw new ApiError(-33240);
  const others = ssidsOf(lab, wlan).filter((ssid) => ssid !== before);
  if (others.some((ssid) => ssid.data["name"] === name)) throw new ApiError(-33219);
  checkSecurity(body);
  checkVlan(lab, wlan.site, body);
  for (const [bit, label] of BANDS) {
    const uses = (data: Json): boolean => ((numberAt(data, "band") ?? 0) & bit) !== 0;
    if (!uses(body) || others.filter((ssid) => uses(ssid.data)).length < PER_BAND) continue;
    throw new ApiError(-33238, new ApiError(-33238).message.replace("%band%", label));
  }
}

function checkSecurity(body: Json): void {
  const security = numberAt(body, "security") ?? -1;
  if (!SECURITY.includes(security)) throw new ApiError(-33217);
  if (security !== PERSONAL) return;
  if (!isObject(body["pskSetting"])) throw missing("pskSetting");
  // A passphrase is part of the block that is replaced: left out it is none.
  const key = textAt(objectAt(body, "pskSetting"), "securityKey") ?? "";
  if (!/^[\x20-\x7e]{8,63}$/.test(key)) throw new ApiError(-33223);
}

function checkVlan(lab: Lab, site: string, body: Json): void {
  if (flagAt(body, "vlanEnable") !== true) return;
  const vlan = numberAt(body, "vlanId");
  const setting = body["vlanSetting"];
  if (isObject(setting)) {
    if (vlan !== undefined) throw invalid();
    customVlan(lab, site, objectAt(setting, "customConfig"));
    return;
  }
  if (vlan === undefined) throw missing("vlanId");
  if (vlan < 1 || vlan > 4094) throw new ApiError(-33807);
  const primary = ofSite(lab.world.networks, site).find((network) => network.data["primary"] === true);
  if (primary?.data["vlan"] === vlan) throw new ApiError(-33242);
}

/** VLAN of a custom setting: by network or by number. Throws -1001 for a network that is not there. */
export function customVlan(lab: Lab, site: string, custom: Json): number | undefined {
  if (custom["customMode"] === 1) return numberAt(custom, "vlanId") ?? Number(textAt(custom, "vlanPoolIds") ?? 1);
  const id = textAt(custom, "lanNetworkId") ?? Object.keys(objectAt(custom, "lanNetworkVlanIds"))[0];
  if (id === undefined) return undefined;
  const network = lab.world.networks.get(id);
  if (network?.site !== site) throw invalid();
  return numberAt(network.data, "vlan");
}

/** Makes an SSID. Throws what the real one refuses. */
export function createSsid(lab: Lab, wlan: Entity, body: Json): Entity {
  checkSsid(lab, wlan, body);
  const all = [...lab.world.ssids.values()].map((ssid) => numberAt(ssid.data, "idInt") ?? 0);
  const own = { wlanId: wlan.id, idInt: Math.max(0, ...all) + 1 };
  const ssid: Entity = {
    id: newId(),
    site: wlan.site,
    visibleAt: visibleAt(lab),
    data: { ...BESIDE, ...present(body), ...own },
  };
  lab.world.ssids.set(ssid.id, ssid);
  deliver(lab, wlan);
  return ssid;
}

const BASIC_ONLY = ["vlanId", "vlanSetting", "pskSetting", "greEnable", "prohibitWifiShare", "oweEnable", "entSetting"];

/** Settings an SSID has beside its basic ones; other calls change them. */
const BESIDE: Json = {
  wlanSchedule: { wlanScheduleEnable: false },
  macFilter: { macFilterEnable: false },
  rateControl: { rate2gCtrlEnable: false, rate5gCtrlEnable: false, rate6gCtrlEnable: false },
  multiCast: {
    multiCastEnable: true,
    arpCastEnable: true,
    ipv6CastEnable: true,
    filterEnable: false,
    channelUtil: 100,
  },
  dhcpOption82: { dhcpEnable: false },
};

/** Replaces the basic settings; the others stay. */
export function replaceBasic(lab: Lab, wlan: Entity, ssid: Entity, body: Json): void {
  checkSsid(lab, wlan, body, ssid);
  const kept = Object.fromEntries(Object.entries(ssid.data).filter(([key]) => !BASIC_ONLY.includes(key)));
  ssid.data = { ...kept, ...present(body) };
  lab.world.ssids.touch(ssid.id);
  deliver(lab, wlan);
}

/** Access points of the group take a new configuration. */
export function deliver(lab: Lab, wlan: Entity): void {
  for (const device of lab.world.devicesOf(wlan.site)) {
    if (device.wlan !== wlan.id) continue;
    configure(device, lab.pace.now(), lab.pace.ms(lab.settings.configureSeconds));
    lab.world.devices.touch(device.mac);
  }
}

/** An SSID as it is read: its passphrase as the options say, and without what can only be written. */
export function ssidDetail(lab: Lab, ssid: Entity): Json {
  const { wlanId: _wlan, idInt: _number, greEnable: _gre, pskSetting, ...rest } = ssid.data;
  return { ssidId: ssid.id, ...rest, ...(isObject(pskSetting) ? { pskSetting: shownPsk(lab, pskSetting) } : {}) };
}

function shownPsk(lab: Lab, psk: Json): Json {
  const { securityKey, ...rest } = psk;
  switch (lab.settings.passphrase) {
    case "absent":
      return rest;
    case "masked":
      return { ...rest, securityKey: "********" };
    case "clear":
      return { ...rest, securityKey };
  }
}
