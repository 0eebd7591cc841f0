import { holds, rangeOf } from "./addresses.ts";
import { ApiError, invalid } from "./apiError.ts";
import { newId, visibleAt } from "./entities.ts";
import { present, textAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { ofSite, type Entity } from "./world.ts";

/** "AA-BB-CC-DD-EE-FF", as everything names a client. */
const macOf = (text: string | undefined): string => (text ?? "").toUpperCase().replaceAll(":", "-");

export function reservationOf(lab: Lab, site: string, mac: string | undefined): Entity | undefined {
  return ofSite(lab.world.reservations, site).find((each) => each.data["mac"] === macOf(mac));
}

function check(lab: Lab, site: string, body: Json, before?: Entity): void {
  const network = lab.world.networks.get(textAt(body, "netId") ?? "");
  if (network?.site !== site) throw new ApiError(-34520);
  if (network.data["purpose"] !== 1) throw new ApiError(-34512);
  const others = ofSite(lab.world.reservations, site).filter((each) => each !== before);
  const same = others.find((each) => each.data["mac"] === macOf(textAt(body, "mac")));
  if (same !== undefined) throw new ApiError(-34515);
  const ip = textAt(body, "ip") ?? "";
  if (ip === "") return;
  const subnet = textAt(network.data, "gatewaySubnet") ?? "0.0.0.0/30";
  if (!holds(rangeOf(subnet), ip)) throw new ApiError(-34513);
  if (ip === subnet.split("/")[0]) throw new ApiError(-34543);
  if (others.some((each) => each.data["ip"] === ip)) throw new ApiError(-34514);
}

function stored(body: Json): Json {
  const { confirmConflict: _confirmed, ...rest } = present(body);
  return { ...rest, mac: macOf(textAt(body, "mac")) };
}

/** Keeps an address for a client. Throws what the real one refuses. */
export function createReservation(lab: Lab, site: string, body: Json): Entity {
  check(lab, site, body);
  const made: Entity = { id: newId(), site, visibleAt: visibleAt(lab), data: stored(body) };
  lab.world.reservations.set(made.id, made);
  return made;
}

/** The body may name another client than the path; then the entry is that one's. */
export function updateReservation(lab: Lab, entry: Entity, body: Json): void {
  if (textAt(body, "mac") === undefined) throw invalid();
  check(lab, entry.site, body, entry);
  entry.data = stored(body);
  lab.world.reservations.touch(entry.id);
}

/** A reservation as lists show it. */
export function reservationRow(lab: Lab, entry: Entity): Json & { readonly mac: string; readonly ip: string } {
  const mac = textAt(entry.data, "mac") ?? "";
  const network = lab.world.networks.get(textAt(entry.data, "netId") ?? "");
  const server = lab.world.gatewayOf(entry.site);
  return {
    id: entry.id,
    description: "",
    options: [],
    ...entry.data,
    mac,
    ip: textAt(entry.data, "ip") ?? "",
    netName: network?.data["name"] ?? "",
    clientName: lab.world.clients.get(mac)?.name ?? "",
    exportToIpMacBinding: true,
    ...(network === undefined ? { abnormal: 1 } : {}),
    ...(server === undefined ? {} : { serverMac: server.mac, serverName: server.name }),
    type: 0,
  };
}
