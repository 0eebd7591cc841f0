import { invalid } from "../apiError.ts";
import type { Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { createReservation, reservationOf, reservationRow, updateReservation } from "../reservations.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { RESERVATION } from "../shapes/acl.ts";
import { listed, ofSite, type Entity } from "../world.ts";

const BASE = "/openapi/v1/{omadacId}/sites/{siteId}/setting/service/dhcp";

function list(call: Call): Json {
  const { lab } = call;
  const site = siteOf(call).id;
  const rows = listed(lab.world.reservations, site, lab.pace.now()).map((each) => reservationRow(lab, each));
  const names = ofSite(lab.world.networks, site).map((network) => [network.data["name"], network.id]);
  return paged(call, searched(call.query, rows, ["mac", "ip"]), {
    netNameToIdMap: Object.fromEntries(names) as Json,
    supportOptions: [],
  });
}

function entryAt(call: Call): Entity {
  const entry = reservationOf(call.lab, siteOf(call).id, call.params["mac"]);
  // No source names the code for an unknown client here.
  if (entry === undefined) throw invalid();
  return entry;
}

function remove(call: Call): undefined {
  const entry = entryAt(call);
  call.lab.world.reservations.delete(entry.id);
  call.did(`reservation of ${String(entry.data["mac"])} deleted`);
}

/** Addresses kept for clients; the key is the MAC address. */
export const RESERVATION_ROUTES: readonly Route[] = [
  { method: "GET", path: BASE, paged: true, handle: list },
  {
    method: "POST",
    path: BASE,
    body: RESERVATION,
    handle: (call: Call): unknown => {
      const made = createReservation(call.lab, siteOf(call).id, call.body);
      call.did(`reservation of ${String(made.data["mac"])} created`);
      return { id: made.id };
    },
  },
  {
    method: "PATCH",
    path: `${BASE}/{mac}`,
    body: RESERVATION,
    handle: (call: Call): unknown => {
      const entry = entryAt(call);
      updateReservation(call.lab, entry, call.body);
      call.did(`reservation of ${String(entry.data["mac"])} changed`);
      return undefined;
    },
  },
  { method: "DELETE", path: `${BASE}/{mac}`, handle: remove },
];
