import { ApiError } from "../apiError.ts";
import { clientRow, clientsOf, clientStat, type ClientRow } from "../clientView.ts";
import { flagAt, numberAt, numbersAt, objectAt, textAt, textsAt, type Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { flag, integer, list, map, must, object, text, type Shape } from "../shape.ts";
import type { NetClient } from "../world.ts";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";
const CLIENT = `${SITE}/clients/{clientMac}`;

/** Filters of the v2 list; one that is not known is ignored. */
const QUERY: Shape = {
  page: must(integer()),
  pageSize: must(integer()),
  scope: integer(),
  searchKey: text(),
  sorts: map(text()),
  filters: object({
    ssid: list(text()),
    deviceMac: list(text()),
    wireless: flag,
    guest: list(flag),
    radioId: list(integer()),
    network: list(text()),
    vid: text(),
  }),
};

export function clientAt(call: Call, parameter = "clientMac"): NetClient {
  const client = call.lab.world.clients.get(call.params[parameter] ?? "");
  // No source names the code for an unknown client.
  if (client?.site !== siteOf(call).id) throw new ApiError(-1001);
  return client;
}

const DEVICE_KEYS = ["apMac", "switchMac", "gatewayMac"] as const;

function listV1(call: Call): Json {
  const { query } = call;
  const wireless = query.get("filters.wireless");
  const rows = clientsOf(call.lab, siteOf(call).id)
    .filter((row) => row["active"] === true)
    .filter((row) => wireless === null || String(row["wireless"]) === wireless)
    .filter((row) => DEVICE_KEYS.every((key) => [null, row[key]].includes(query.get(`filters.${key}`))))
    .filter((row) => [null, String(row["radioId"])].includes(query.get("filters.radioId")));
  return paged(call, searched(query, rows, ["name", "mac", "ip"]), { clientStat: clientStat(rows) });
}

function inScope(scope: number, row: ClientRow): boolean {
  if (scope === 0) return true;
  if (scope === 3) return row["blocked"] === true;
  return (scope === 1) === (row["active"] === true);
}

/** True when the list of wanted values is empty or holds the value. */
const takes = (wanted: readonly unknown[], value: unknown): boolean => wanted.length === 0 || wanted.includes(value);

function matches(filters: Json, row: ClientRow): boolean {
  const wireless = flagAt(filters, "wireless");
  const devices = textsAt(filters, "deviceMac");
  return (
    (wireless === undefined || row["wireless"] === wireless) &&
    takes(textsAt(filters, "ssid"), row["ssid"]) &&
    takes(textsAt(filters, "network"), row["networkName"]) &&
    takes(numbersAt(filters, "radioId"), row["radioId"]) &&
    (devices.length === 0 || DEVICE_KEYS.some((key) => devices.includes(String(row[key]))))
  );
}

function listV2(call: Call): Json {
  const { body } = call;
  const scope = numberAt(body, "scope") ?? 1;
  const word = new URLSearchParams({ searchKey: textAt(body, "searchKey") ?? "" });
  for (const [field, way] of Object.entries(objectAt(body, "sorts"))) word.append(`sorts.${field}`, String(way));
  const rows = clientsOf(call.lab, siteOf(call).id)
    .filter((row) => inScope(scope, row))
    .filter((row) => matches(objectAt(body, "filters"), row));
  return paged(call, searched(word, rows, ["name", "mac", "ip"]), { clientStat: clientStat(rows) });
}

/** What a person or a program does to a client. */
export function act(what: "block" | "unblock" | "reconnect") {
  return (call: Call): undefined => {
    const client = clientAt(call);
    if (what === "reconnect") client.since = call.lab.pace.now();
    else client.blocked = what === "block";
    call.lab.world.clients.touch(client.mac);
    call.did(`client ${client.mac}: ${what}`);
  };
}

/** Clients. */
export const CLIENT_ROUTES: readonly Route[] = [
  { method: "GET", path: `${SITE}/clients`, profiles: ["5.15", "6.2"], paged: true, handle: listV1 },
  {
    method: "POST",
    path: "/openapi/v2/{omadacId}/sites/{siteId}/clients",
    profiles: ["6.2", "6.3"],
    paged: true,
    reads: true,
    body: QUERY,
    handle: listV2,
  },
  {
    method: "GET",
    path: CLIENT,
    handle: (call: Call): unknown => {
      const { healthScore: _score, portName: _name, ...rest } = clientRow(call.lab, clientAt(call));
      return rest;
    },
  },
  {
    method: "PATCH",
    path: `${CLIENT}/name`,
    body: { name: must(text("^$|^[^ \\+\\-\\@\\=]$|^[^ \\+\\-\\@\\=].{0,126}[^ ]$")) },
    handle: (call: Call): unknown => {
      const client = clientAt(call);
      client.name = textAt(call.body, "name") ?? "";
      call.lab.world.clients.touch(client.mac);
      call.did(`client ${client.mac} is called ${client.name}`);
      return undefined;
    },
  },
  { method: "POST", path: `${CLIENT}/block`, handle: act("block") },
  { method: "POST", path: `${CLIENT}/unblock`, handle: act("unblock") },
  { method: "POST", path: `${CLIENT}/reconnect`, handle: act("reconnect") },
];
