import { ApiError, invalid } from "../apiError.ts";
import { newId, visibleAt } from "../entities.ts";
import { numberAt, present, textAt, textsAt, type Json } from "../json.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { GROUP } from "../shapes/acl.ts";
import { listed, ofSite, type Entity } from "../world.ts";

const BASE = "/openapi/v1/{omadacId}/sites/{siteId}/profiles/groups";

/** The list that a type of group must have. */
const LISTS: Readonly<Record<number, string>> = {
  0: "ipList",
  1: "ipList",
  2: "macAddressList",
  3: "ipv6List",
  4: "ipv6List",
  5: "countryList",
  7: "domainNamePort",
};

/** Codes for a group that rules use, and the number by which rules name its type. */
const USED: Readonly<Record<number, readonly [code: number, side: number]>> = {
  0: [-33717, 1],
  1: [-33718, 2],
  2: [-33719, 3],
};

function view({ id, data }: Entity): Json {
  const entries = data[LISTS[numberAt(data, "type") ?? 0] ?? ""];
  return { groupId: id, buildIn: false, ...data, count: Array.isArray(entries) ? entries.length : 0 };
}

function check(call: Call, before?: Entity): void {
  const { body } = call;
  const others = ofSite(call.lab.world.groups, siteOf(call).id).filter((group) => group !== before);
  if (others.some((group) => group.data["name"] === body["name"])) throw new ApiError(-33702);
  const type = numberAt(body, "type") ?? 0;
  const entries = body[LISTS[type] ?? ""];
  // An IP-port group may be of ports alone.
  if (type === 1 && (textsAt(body, "portList").length > 0 || Array.isArray(body["portMaskList"]))) return;
  if (!Array.isArray(entries) || entries.length === 0) throw invalid();
}

/** MAC addresses get numbers of their own. */
function stored(body: Json): Json {
  const macs = body["macAddressList"];
  if (!Array.isArray(macs)) return present(body);
  return { ...present(body), macAddressList: macs.map((each: Json, index) => ({ ruleId: index + 1, ...each })) };
}

function groupAt(call: Call): Entity {
  const group = call.lab.world.groups.get(call.params["groupId"] ?? "");
  const type = Number(call.params["groupType"]);
  if (group?.site !== siteOf(call).id || group.data["type"] !== type) throw new ApiError(-33703);
  if (group.data["buildIn"] === true) throw new ApiError(-33729);
  return group;
}

function create(call: Call): Json {
  check(call);
  const group: Entity = {
    id: newId(),
    site: siteOf(call).id,
    visibleAt: visibleAt(call.lab),
    data: stored(call.body),
  };
  call.lab.world.groups.set(group.id, group);
  call.did(`group ${textAt(call.body, "name") ?? ""} created`);
  return { id: group.id };
}

function update(call: Call): undefined {
  const group = groupAt(call);
  check(call, group);
  if (call.body["type"] !== group.data["type"]) throw invalid();
  group.data = stored(call.body);
  call.lab.world.groups.touch(group.id);
  call.did(`group ${textAt(call.body, "name") ?? ""} changed`);
}

function remove(call: Call): undefined {
  const group = groupAt(call);
  const [code, side] = USED[numberAt(group.data, "type") ?? -1] ?? [-33717, -1];
  const uses = ({ data }: Entity, end: "source" | "destination"): boolean =>
    [side, side + 11].includes(numberAt(data, `${end}Type`) ?? -1) && textsAt(data, `${end}Ids`).includes(group.id);
  const acls = ofSite(call.lab.world.acls, group.site);
  if (acls.some((acl) => uses(acl, "source") || uses(acl, "destination"))) throw new ApiError(code);
  call.lab.world.groups.delete(group.id);
  call.did(`group ${String(group.data["name"])} deleted`);
}

const shown = (call: Call): Entity[] => listed(call.lab.world.groups, siteOf(call).id, call.lab.pace.now());

/** Groups that rules name. */
export const GROUP_ROUTES: readonly Route[] = [
  { method: "GET", path: BASE, handle: (call: Call): unknown => shown(call).map(view) },
  {
    method: "GET",
    path: `${BASE}/{groupType}`,
    handle: (call: Call): unknown =>
      shown(call)
        .filter((group) => String(group.data["type"]) === call.params["groupType"])
        .map(view),
  },
  { method: "POST", path: BASE, body: GROUP, handle: create },
  { method: "PATCH", path: `${BASE}/{groupType}/{groupId}`, body: GROUP, handle: update },
  { method: "DELETE", path: `${BASE}/{groupType}/{groupId}`, handle: remove },
];
