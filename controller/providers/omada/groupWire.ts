import type { GroupWish } from "../omadaPort.ts";
import type { GroupSeen, ReservationSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, rows, text } from "../shared/decode.ts";
import { kept, ourMac, texts, wireMac } from "./wire.ts";

const IP = 0;
const IP_PORT = 1;

/** Number of a group's type in paths and bodies; rules number them otherwise (contract 3.11). */
export function groupType(type: GroupSeen["type"]): number {
  return type === "ip" ? IP : IP_PORT;
}

export function groupSeen(group: Row): GroupSeen {
  const type = number(group["type"]);
  const entries = rows(group["ipList"]);
  return {
    id: text(group["groupId"]) ?? text(group["id"]) ?? "",
    name: text(group["name"]) ?? "",
    builtIn: flag(group["buildIn"]),
    type: type === IP ? "ip" : type === IP_PORT ? "ipPort" : "other",
    cidrs: entries.map(cidrOf),
    ports: texts(group["portList"]),
    descriptions: entries.map((entry) => text(entry["description"]) ?? ""),
  };
}

function cidrOf(entry: Row): string {
  return `${text(entry["ip"]) ?? ""}/${number(entry["mask"]) ?? 32}`;
}

const readOnly: ReadonlySet<string> = new Set(["groupId", "id", "buildIn", "count", "site", "resource"]);

/** The whole group. Entries that stay keep what else they carry; our description is on the first (I9). */
export function groupBody(read: Row, wish: GroupWish): Row {
  const before = new Map(rows(read["ipList"]).map((entry) => [cidrOf(entry), entry]));
  const ipList = wish.cidrs.map((cidr, at) => {
    const [ip, mask] = cidr.split("/");
    const entry = kept(before.get(cidr) ?? {}, new Set());
    return { ...entry, ip, mask: Number(mask ?? 32), ...(at === 0 ? { description: wish.description } : {}) };
  });
  const ports = wish.type === "ipPort" ? { portType: 0, portList: wish.ports } : {};
  return { ...kept(read, readOnly), name: wish.name, type: groupType(wish.type), ipList, ...ports };
}

/** A DHCP reservation (contract 3.13). */
export function reservationSeen(reservation: Row): ReservationSeen {
  return {
    mac: ourMac(text(reservation["mac"]) ?? ""),
    networkId: text(reservation["netId"]) ?? "",
    ip: text(reservation["ip"]) ?? "",
    enabled: flag(reservation["status"]),
    description: text(reservation["description"]) ?? "",
  };
}

/** What else a reservation has and may be written back. */
const reservationKeys = ["options", "serverMac", "serverType", "serverStackId"] as const;

export function reservationBody(read: Row, wish: ReservationSeen): Row {
  const others = Object.fromEntries(reservationKeys.map((key) => [key, read[key]]));
  return {
    ...kept(others, new Set()),
    mac: wireMac(wish.mac),
    netId: wish.networkId,
    ip: wish.ip,
    status: wish.enabled,
    description: wish.description,
  };
}
