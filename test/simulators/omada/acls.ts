import { ApiError, invalid } from "./apiError.ts";
import { newId, visibleAt } from "./entities.ts";
import { flagAt, numberAt, objectAt, present, textsAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { ofSite, type Entity } from "./world.ts";

/** The three tables of rules. */
export type AclKind = "gateway" | "switch" | "eap";

const PROTOCOLS = new Set([
  1, 3, 4, 5, 6, 8, 9, 12, 17, 20, 22, 27, 29, 33, 36, 37, 38, 45, 46, 47, 50, 51, 57, 81, 88, 89, 93, 94, 97, 98, 103,
  108, 112, 115, 124, 132, 133, 135, 136, 137, 138, 139, 140, 141, 142, 256,
]);

const EVERYWHERE = [0, 1, 2, 6, 7];
const SOURCES: Readonly<Record<AclKind, readonly number[]>> = {
  gateway: [...EVERYWHERE, 4, 8, 9, 11, 12, 13, 14, 15],
  switch: [...EVERYWHERE, 3, 4],
  eap: [...EVERYWHERE, 4],
};
const DESTINATIONS: Readonly<Record<AclKind, readonly number[]>> = {
  gateway: [...EVERYWHERE, 8, 9, 10, 11, 12, 13, 14, 15],
  switch: [...EVERYWHERE, 3],
  eap: EVERYWHERE,
};

/** Type of the group a side of a rule names: the numbers of rules and of groups differ. */
const GROUP_TYPES: Readonly<Record<number, number>> = { 1: 0, 2: 1, 3: 2, 6: 3, 7: 4, 9: 5, 10: 7 };

/** "Not" of a kind of entry counts like the entry itself. */
const NOT: Readonly<Record<number, number>> = { 11: 0, 12: 1, 13: 2, 14: 6, 15: 7 };

/** What a rule must keep to before its shape is looked at: lists are lists. */
export function checkLists(body: Json): void {
  const lists = ["sourceIds", "destinationIds", "protocols", "customAclPorts", "customAclOsws", "customAclStacks"];
  if (lists.some((key) => body[key] === null)) throw new ApiError(-33609);
}

/** What a rule must keep to beside its shape. */
export function checkAcl(lab: Lab, site: string, kind: AclKind, body: Json): void {
  const protocols = body["protocols"] as number[];
  if (protocols.length === 0 || !protocols.every((each) => PROTOCOLS.has(each))) throw new ApiError(-33608);
  const [source = -1, destination = -1] = [numberAt(body, "sourceType"), numberAt(body, "destinationType")];
  if (!SOURCES[kind].includes(source)) throw new ApiError(-33600);
  if (!DESTINATIONS[kind].includes(destination)) throw new ApiError(-33601);
  const exist = (type: number, ids: readonly string[]): boolean =>
    ids.length > 0 && ids.every((id) => entryExists(lab, site, kind, NOT[type] ?? type, id));
  if (!exist(source, textsAt(body, "sourceIds")) || !exist(destination, textsAt(body, "destinationIds")))
    throw new ApiError(-33603);
  if (kind === "gateway") checkDirection(objectAt(body, "direction"));
  if (kind === "switch") checkBinding(lab, body);
}

/** A rule for one VLAN names its network. */
function checkBinding(lab: Lab, body: Json): void {
  if (body["bindingType"] === 3 && !lab.world.networks.has(String(body["networkId"]))) throw invalid();
}

function entryExists(lab: Lab, site: string, kind: AclKind, type: number, id: string): boolean {
  const { world } = lab;
  if (type === 8) return true;
  if (type === 4) return world.ssids.get(id)?.site === site;
  if (type === 0) {
    const network = world.networks.get(id);
    // The gateway does not know networks without an interface.
    return network?.site === site && (kind !== "gateway" || network.data["purpose"] === 1);
  }
  const group = world.groups.get(id);
  return group?.site === site && group.data["type"] === GROUP_TYPES[type];
}

/** Between networks excludes every other direction; without any direction there is no rule. */
function checkDirection(direction: Json): void {
  const between = flagAt(direction, "lanToLan") === true;
  const outward = flagAt(direction, "lanToWan") === true;
  const inward = [...textsAt(direction, "wanInIds"), ...textsAt(direction, "vpnInIds")].length > 0;
  if (between ? outward || inward : !outward && !inward) throw invalid();
}

/** The rules of a table in their order. */
export function tableOf(lab: Lab, site: string, kind: AclKind): Entity[] {
  return ofSite(lab.world.acls, site)
    .filter((acl) => acl.data["kind"] === kind)
    .toSorted((a, b) => (numberAt(a.data, "index") ?? 0) - (numberAt(b.data, "index") ?? 0));
}

/** One whose source and destination share a network is dropped without an error (contract §3.10). */
function isDropped(body: Json): boolean {
  if (body["sourceType"] !== 0 || body["destinationType"] !== 0) return false;
  const destinations = textsAt(body, "destinationIds");
  return textsAt(body, "sourceIds").some((id) => destinations.includes(id));
}

/** Puts a rule at the end of its table; a two-way one brings its mirror. */
export function createAcl(lab: Lab, site: string, kind: AclKind, body: Json): void {
  checkAcl(lab, site, kind, body);
  if (isDropped(body)) return;
  const { biDirectional, ...rest } = present(body);
  append(lab, site, kind, rest);
  if (biDirectional !== true) return;
  const { sourceType, sourceIds, destinationType, destinationIds } = rest;
  const turned = {
    sourceType: destinationType,
    sourceIds: destinationIds,
    destinationType: sourceType,
    destinationIds: sourceIds,
  };
  append(lab, site, kind, { ...rest, ...turned });
}

function append(lab: Lab, site: string, kind: AclKind, data: Json): void {
  const last = tableOf(lab, site, kind).at(-1);
  const index = (last === undefined ? 0 : (numberAt(last.data, "index") ?? 0)) + 1;
  const acl: Entity = {
    id: newId(),
    site,
    visibleAt: visibleAt(lab),
    data: { destinationIds: [], ...data, kind, index },
  };
  lab.world.acls.set(acl.id, acl);
}

/** Puts rules at places; the others keep their order. Throws -1001 for one that is not in the table. */
export function order(lab: Lab, site: string, kind: AclKind, indexes: Json): void {
  const table = tableOf(lab, site, kind);
  if (Object.keys(indexes).some((id) => !table.some((acl) => acl.id === id))) throw invalid();
  for (const acl of table) acl.data["index"] = numberAt(indexes, acl.id) ?? acl.data["index"];
  for (const [at, acl] of tableOf(lab, site, kind).entries()) {
    acl.data["index"] = at + 1;
    lab.world.acls.touch(acl.id);
  }
}
