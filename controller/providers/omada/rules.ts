import { ProviderError } from "../../base/outcome.ts";
import type { AclWish, GroupWish, OmadaPort } from "../omadaPort.ts";
import type { AclTable, GroupSeen, ReservationSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { number, text } from "../shared/decode.ts";
import { aclBody, tables } from "./aclWire.ts";
import { groupBody, groupType, reservationBody } from "./groupWire.ts";
import type { Write } from "./networks.ts";
import { rowOf } from "./networks.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { ourMac, wireMac } from "./wire.ts";

function listAcls(api: SiteApi, table: AclTable, call: Call): Promise<readonly Row[]> {
  return api.list(`/acls/${tables[table].path}`, call);
}

async function createAcl(api: SiteApi, wish: AclWish, call: Call): Promise<void> {
  await api.send({ method: "POST", path: `/acls/${tables[wish.table].path}`, body: aclBody({}, wish) }, call);
}

async function updateAcl(api: SiteApi, id: string, wish: AclWish, call: Call): Promise<void> {
  const read = rowOf(await listAcls(api, wish.table, call), id, "rule");
  const path = `/acls/${tables[wish.table].path}/${id}`;
  await api.send({ method: "PUT", path, body: aclBody(read, wish) }, call);
}

async function deleteAcl(api: SiteApi, id: string, call: Call): Promise<void> {
  const all = await Promise.all((Object.keys(tables) as AclTable[]).map((table) => listAcls(api, table, call)));
  rowOf(all.flat(), id, "rule");
  await api.send({ method: "DELETE", path: `/acls/${id}` }, call);
}

/** The first ids as they are given, then the others of the table as they were. */
async function orderAcls(api: SiteApi, table: AclTable, ids: readonly string[], call: Call): Promise<void> {
  const all = (await listAcls(api, table, call)).toSorted(
    (a, b) => (number(a["index"]) ?? 0) - (number(b["index"]) ?? 0),
  );
  for (const id of ids) rowOf(all, id, "rule");
  const rest = all.map((acl) => text(acl["id"]) ?? "").filter((id) => !ids.includes(id));
  const indexes = Object.fromEntries([...ids, ...rest].map((id, at) => [id, at + 1]));
  await api.send({ method: "POST", path: "/acls/modifyIndex", body: { type: tables[table].type, indexes } }, call);
}

const GROUPS = "/profiles/groups";

async function groupOf(api: SiteApi, id: string, call: Call): Promise<Row> {
  const all = await api.list(GROUPS, call);
  return rowOf(
    all.map((group) => ({ ...group, id: group["groupId"] ?? group["id"] })),
    id,
    "group",
  );
}

async function createGroup(api: SiteApi, wish: GroupWish, call: Call): Promise<void> {
  await api.send({ method: "POST", path: GROUPS, body: groupBody({}, wish) }, call);
}

async function updateGroup(api: SiteApi, id: string, wish: GroupWish, call: Call): Promise<void> {
  const read = await groupOf(api, id, call);
  const path = `${GROUPS}/${groupType(wish.type)}/${id}`;
  await api.send({ method: "PATCH", path, body: groupBody(read, wish) }, call);
}

async function deleteGroup(api: SiteApi, group: Pick<GroupSeen, "id" | "type">, call: Call): Promise<void> {
  await groupOf(api, group.id, call);
  await api.send({ method: "DELETE", path: `${GROUPS}/${groupType(group.type)}/${group.id}` }, call);
}

const DHCP = "/setting/service/dhcp";

async function reservationOf(api: SiteApi, mac: string, call: Call): Promise<Row> {
  const all = await api.list(DHCP, call);
  const found = all.find((one) => ourMac(text(one["mac"]) ?? "") === mac);
  if (found === undefined) throw new ProviderError("missing", `Omada does not show a reservation for ${mac}`);
  return found;
}

async function setReservation(api: SiteApi, wish: ReservationSeen, exists: boolean, call: Call): Promise<void> {
  if (!exists) {
    await api.send({ method: "POST", path: DHCP, body: reservationBody({}, wish) }, call);
    return;
  }
  const read = await reservationOf(api, wish.mac, call);
  const path = `${DHCP}/${wireMac(wish.mac)}`;
  await api.send({ method: "PATCH", path, body: reservationBody(read, wish) }, call);
}

async function deleteReservation(api: SiteApi, mac: string, call: Call): Promise<void> {
  await reservationOf(api, mac, call);
  await api.send({ method: "DELETE", path: `${DHCP}/${wireMac(mac)}` }, call);
}

type Writes = Pick<
  OmadaPort,
  `${"create" | "update" | "delete"}${"Acl" | "Group"}` | "orderAcls" | "setReservation" | "deleteReservation"
>;

/** `gone`: a row that we deleted ourselves needs no second look. */
export function ruleWrites(api: SiteApi, write: Write, gone: (part: string, id: string) => void): Writes {
  return {
    createAcl: (wish, signal) => write((call) => createAcl(api, wish, call), signal),
    updateAcl: (id, wish, signal) => write((call) => updateAcl(api, id, wish, call), signal),
    deleteAcl: (id, signal) =>
      write(async (call) => {
        await deleteAcl(api, id, call);
        gone("acls", id);
      }, signal),
    orderAcls: (table, ids, signal) => write((call) => orderAcls(api, table, ids, call), signal),
    createGroup: (wish, signal) => write((call) => createGroup(api, wish, call), signal),
    updateGroup: (id, wish, signal) => write((call) => updateGroup(api, id, wish, call), signal),
    deleteGroup: (group, signal) =>
      write(async (call) => {
        await deleteGroup(api, group, call);
        gone("groups", group.id);
      }, signal),
    setReservation: (wish, exists, signal) => write((call) => setReservation(api, wish, exists, call), signal),
    deleteReservation: (mac, signal) =>
      write(async (call) => {
        await deleteReservation(api, mac, call);
        gone("reservations", mac);
      }, signal),
  };
}
