import { AdminError } from "../shared/adminCall.ts";
import type { AdminCall, AdminRoute } from "./inside.ts";
import { newId } from "./entities.ts";
import type { Json } from "./json.ts";

const SECTIONS = ["networks", "profiles", "wlans", "ssids", "acls", "groups", "reservations"] as const;

function sectionOf(call: AdminCall): (typeof SECTIONS)[number] {
  const section = SECTIONS.find((each) => each === call.path["section"]);
  if (section === undefined) throw new AdminError(`no ${call.path["section"] ?? ""}; there are ${SECTIONS.join(", ")}`);
  return section;
}

/** What somebody changed at the pages of the controller: the stored object, by id or name, without any check. */
function changeObject(call: AdminCall): unknown {
  const section = call.inside.lab.world[sectionOf(call)];
  const key = call.path["id"] ?? "";
  const entity = [...section.values()].find(
    ({ id, data }) => id === key || data["name"] === key || data["description"] === key || data["mac"] === key,
  );
  if (entity === undefined) throw new AdminError(`no ${call.path["section"] ?? ""} ${key}`);
  entity.data = { ...entity.data, ...(call.body as Json) };
  section.touch(entity.id);
  return entity;
}

function removeObject(call: AdminCall): boolean {
  const section = call.inside.lab.world[sectionOf(call)];
  const key = call.path["id"] ?? "";
  const entity = [...section.values()].find(({ id, data }) => id === key || data["name"] === key);
  return entity !== undefined && section.delete(entity.id);
}

/** A WLAN group that somebody made at the pages. */
function addWlan(call: AdminCall): unknown {
  const { world } = call.inside.lab;
  const [site] = [...world.sites.values()];
  if (site === undefined) throw new AdminError("no site");
  const wlan = { id: newId(), site: site.id, visibleAt: 0, data: { name: String(call.body["name"]), primary: false } };
  world.wlans.set(wlan.id, wlan);
  return wlan;
}

/** Somebody switches an SSID off, or on, at the page of one access point. */
function overrideSsid(call: AdminCall): unknown {
  const { world } = call.inside.lab;
  const given = call.path["mac"] ?? "";
  const device = [...world.devices.values()].find(({ mac, name }) => mac === given || name === given);
  const ssid = [...world.ssids.values()].find(({ data }) => data["name"] === call.path["ssid"]);
  if (device === undefined || ssid === undefined) throw new AdminError("no such device or SSID");
  const ssidEntryId = ssid.data["idInt"];
  const others = device.ssidOverrides.filter((one) => one["ssidEntryId"] !== ssidEntryId);
  const own = {
    ssidEntryId,
    overrideSsidEnable: false,
    overrideVlanEnable: false,
    ssidEnable: call.body["on"] === true,
  };
  device.ssidOverrides = [...others, own];
  world.devices.touch(device.mac);
  return device.ssidOverrides;
}

/** What the controller stores, for what somebody did at its pages. */
export const ADMIN_OBJECT_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: "/objects/:section",
    about: SECTIONS.join(", "),
    handle: (call) => [...call.inside.lab.world[sectionOf(call)].values()],
  },
  {
    method: "PATCH",
    path: "/objects/:section/:id",
    about: "changes what is stored, by id or name, unchecked",
    handle: changeObject,
  },
  { method: "POST", path: "/objects/wlans", about: "{name}: a WLAN group", handle: addWlan },
  {
    method: "PUT",
    path: "/devices/:mac/ssids/:ssid",
    about: "{on}: an access point has an SSID of its group switched on or off",
    handle: overrideSsid,
  },
  { method: "DELETE", path: "/objects/:section/:id", about: "gone, whoever uses it", handle: removeObject },
];
