import { ApiError, invalid, missing } from "../apiError.ts";
import { newId, visibleAt } from "../entities.ts";
import { pick, textAt, textsAt, type Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { flag, looseName, must, text } from "../shape.ts";
import { SSID_BASIC, SSID_CREATE } from "../shapes/ssid.ts";
import { createSsid, deliver, replaceBasic, ssidDetail, ssidsOf } from "../ssids.ts";
import { listed, ofSite, type Entity } from "../world.ts";

const BASE = "/openapi/v1/{omadacId}/sites/{siteId}/wireless-network";
const WLAN = `${BASE}/wlans/{wlanId}`;
const SSID = `${WLAN}/ssids/{ssidId}`;

/** 5.15 says -1001 for a group or an SSID that is not there (contract §3.9). */
function absent(call: Call, later: number): ApiError {
  return call.lab.version.portVlans ? new ApiError(later) : invalid();
}

export function wlanAt(call: Call): Entity {
  const wlan = call.lab.world.wlans.get(call.params["wlanId"] ?? "");
  if (wlan?.site !== siteOf(call).id) throw absent(call, -39306);
  return wlan;
}

export function ssidAt(call: Call): { readonly wlan: Entity; readonly ssid: Entity } {
  const wlan = wlanAt(call);
  const ssid = call.lab.world.ssids.get(call.params["ssidId"] ?? "");
  if (ssid?.data["wlanId"] !== wlan.id) throw absent(call, -33221);
  return { wlan, ssid };
}

function checkWlanName(call: Call, name: string, before?: Entity): void {
  const others = ofSite(call.lab.world.wlans, siteOf(call).id).filter((wlan) => wlan !== before);
  if (others.some((wlan) => wlan.data["name"] === name)) throw new ApiError(-33200);
}

/** Makes a group, with copies of the SSIDs of another one where that is asked for. */
function createWlan(call: Call): Json {
  const { lab } = call;
  const name = textAt(call.body, "name") ?? "";
  checkWlanName(call, name);
  const source = call.body["clone"] === true ? lab.world.wlans.get(textAt(call.body, "clonedWlanId") ?? "") : undefined;
  if (call.body["clone"] === true && source?.site !== siteOf(call).id) throw missing("clonedWlanId");
  const wlan: Entity = {
    id: newId(),
    site: siteOf(call).id,
    visibleAt: visibleAt(lab),
    data: { name, primary: false },
  };
  lab.world.wlans.set(wlan.id, wlan);
  for (const ssid of source === undefined ? [] : ssidsOf(lab, source)) createSsid(lab, wlan, ssid.data);
  call.did(`WLAN group ${name} created`);
  return { wlanId: wlan.id };
}

function renameWlan(call: Call): undefined {
  const wlan = wlanAt(call);
  const name = textAt(call.body, "name") ?? "";
  checkWlanName(call, name, wlan);
  wlan.data["name"] = name;
  call.lab.world.wlans.touch(wlan.id);
  call.did(`WLAN group ${name} renamed`);
}

/** A gateway rule that has one of these SSIDs as its source keeps them. */
function checkUnused(call: Call, ssids: readonly Entity[]): void {
  const used = ofSite(call.lab.world.acls, siteOf(call).id)
    .filter(({ data }) => data["sourceType"] === 4)
    .flatMap(({ data }) => textsAt(data, "sourceIds"));
  if (ssids.some((ssid) => used.includes(ssid.id))) throw new ApiError(-39350);
}

export function deleteWlan(call: Call): undefined {
  const { lab } = call;
  const wlan = wlanAt(call);
  if (wlan.data["primary"] === true) throw new ApiError(-33203);
  checkUnused(call, ssidsOf(lab, wlan));
  const primary = ofSite(lab.world.wlans, wlan.site).find((each) => each.data["primary"] === true);
  for (const ssid of ssidsOf(lab, wlan)) lab.world.ssids.delete(ssid.id);
  for (const device of lab.world.devicesOf(wlan.site)) {
    if (device.wlan !== wlan.id || primary === undefined) continue;
    device.wlan = primary.id;
    lab.world.devices.touch(device.mac);
  }
  lab.world.wlans.delete(wlan.id);
  call.did(`WLAN group ${String(wlan.data["name"])} deleted`);
}

const SUMMARY = ["name", "band", "security", "broadcast", "guestNetEnable", "vlanEnable", "vlanId"];

function listSsids(call: Call): Json {
  const wlan = wlanAt(call);
  const shown = listed(call.lab.world.ssids, wlan.site, call.lab.pace.now())
    .filter((ssid) => ssid.data["wlanId"] === wlan.id)
    .map((ssid) => ({ ssidId: ssid.id, name: "", ...pick(ssid.data, SUMMARY) }));
  return paged(call, searched(call.query, shown, ["name"]));
}

/** Every SSID of the site by group; those made a moment ago are not there yet. */
function allSsids(call: Call): Json[] {
  if (call.query.get("type") === null) throw missing("type");
  const { world, pace } = call.lab;
  const site = siteOf(call).id;
  const ssids = listed(world.ssids, site, pace.now());
  return listed(world.wlans, site, pace.now()).map((wlan) => ({
    wlanId: wlan.id,
    wlanName: wlan.data["name"],
    ssidList: ssids
      .filter((ssid) => ssid.data["wlanId"] === wlan.id)
      .map((ssid) => ({ ssidId: ssid.id, ssidName: ssid.data["name"] })),
  }));
}

function updateBasic(call: Call): undefined {
  const { wlan, ssid } = ssidAt(call);
  // Optional in the API definition, needed on 5.15.
  if (!call.lab.version.portVlans && call.body["greEnable"] === undefined) throw missing("greEnable");
  replaceBasic(call.lab, wlan, ssid, call.body);
  call.did(`SSID ${String(ssid.data["name"])} changed`);
}

export function deleteSsid(call: Call): undefined {
  const { wlan, ssid } = ssidAt(call);
  checkUnused(call, [ssid]);
  call.lab.world.ssids.delete(ssid.id);
  deliver(call.lab, wlan);
  call.did(`SSID ${String(ssid.data["name"])} deleted`);
}

/** WLAN groups and SSIDs. */
export const WIRELESS_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: `${BASE}/wlans`,
    handle: (call: Call): unknown =>
      listed(call.lab.world.wlans, siteOf(call).id, call.lab.pace.now()).map((wlan) => ({
        wlanId: wlan.id,
        ...wlan.data,
        clone: false,
        resource: 0,
        site: wlan.site,
      })),
  },
  {
    method: "POST",
    path: `${BASE}/wlans`,
    body: { name: must(looseName(128)), clone: must(flag), clonedWlanId: text() },
    handle: createWlan,
  },
  { method: "PATCH", path: WLAN, body: { name: must(looseName(128)) }, handle: renameWlan },
  { method: "DELETE", path: WLAN, handle: deleteWlan },
  { method: "GET", path: `${BASE}/ssids`, handle: allSsids },
  { method: "GET", path: `${WLAN}/ssids`, paged: true, handle: listSsids },
  {
    method: "POST",
    path: `${WLAN}/ssids`,
    body: SSID_CREATE,
    handle: (call: Call): unknown => {
      const ssid = createSsid(call.lab, wlanAt(call), call.body);
      call.did(`SSID ${String(ssid.data["name"])} created`);
      return { ssidId: ssid.id };
    },
  },
  { method: "GET", path: SSID, handle: (call: Call): unknown => ssidDetail(call.lab, ssidAt(call).ssid) },
  { method: "PATCH", path: `${SSID}/update-basic-config`, body: SSID_BASIC, handle: updateBasic },
  { method: "DELETE", path: SSID, handle: deleteSsid },
];
