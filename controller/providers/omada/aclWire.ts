import { ProviderError } from "../../base/outcome.ts";
import type { AclWish } from "../omadaPort.ts";
import type { AclEnd, AclSeen, AclTable } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, row, text } from "../shared/decode.ts";
import { kept, texts } from "./wire.ts";

/** Path and word of a table (contract 3.10). */
export const tables: Readonly<Record<AclTable, { readonly path: string; readonly type: string }>> = {
  gateway: { path: "osg-acls", type: "gateway" },
  switch: { path: "osw-acls", type: "switch" },
  ap: { path: "eap-acls", type: "eap" },
};

const types: readonly (readonly [AclEnd["type"], number])[] = [
  ["network", 0],
  ["ipGroup", 1],
  ["ipPortGroup", 2],
  ["ssid", 4],
];

export function aclSeen(table: AclTable, acl: Row): AclSeen {
  return present({
    id: text(acl["id"]) ?? "",
    table,
    index: number(acl["index"]) ?? 0,
    description: text(acl["description"]) ?? "",
    enabled: flag(acl["status"]),
    action: number(acl["policy"]) === 1 ? "Allow" : "Deny",
    protocols: Array.isArray(acl["protocols"]) ? acl["protocols"].filter((one) => typeof one === "number") : [],
    source: endSeen(acl["sourceType"], acl["sourceIds"]),
    destination: endSeen(acl["destinationType"], acl["destinationIds"]),
    direction: table === "gateway" ? directionSeen(row(acl["direction"])) : undefined,
  } satisfies { [K in keyof AclSeen]: AclSeen[K] | undefined });
}

function endSeen(type: unknown, ids: unknown): AclEnd {
  const known = types.find(([, code]) => code === number(type));
  return { type: known?.[0] ?? "other", ids: texts(ids) };
}

function directionSeen(direction: Row): AclSeen["direction"] {
  if (texts(direction["wanInIds"]).length > 0 || texts(direction["vpnInIds"]).length > 0) return undefined;
  if (flag(direction["lanToLan"])) return flag(direction["lanToWan"]) ? undefined : "LanToLan";
  return flag(direction["lanToWan"]) ? "LanToWan" : undefined;
}

const readOnly: ReadonlySet<string> = new Set(["id", "index", "site", "resource"]);

/** The whole rule: the tables take no part of one. `read` is empty for a new rule. */
export function aclBody(read: Row, wish: AclWish): Row {
  return {
    ...beginning[wish.table],
    ...kept(read, readOnly),
    description: wish.description,
    status: wish.enabled,
    policy: wish.action === "Allow" ? 1 : 0,
    protocols: wish.protocols,
    ...endBody("source", wish.source, read),
    ...endBody("destination", wish.destination, read),
    ...(wish.table === "gateway" && wish.direction !== undefined ? { direction: directionBody(wish.direction) } : {}),
  };
}

function endBody(side: "source" | "destination", end: AclEnd, read: Row): Row {
  const known = types.find(([type]) => type === end.type)?.[1];
  // A kind of end that we do not know is kept as it was read, or not at all.
  const type = known ?? number(read[`${side}Type`]);
  if (type === undefined) throw new ProviderError("spec", `a rule cannot have a ${side} of type "${end.type}"`);
  return { [`${side}Type`]: type, [`${side}Ids`]: end.ids };
}

function directionBody(direction: NonNullable<AclWish["direction"]>): Row {
  const between = direction === "LanToLan";
  return { lanToWan: !between, lanToLan: between, wanInIds: [], vpnInIds: [] };
}

/** What a new rule has beside what is wished: for all ports, any state, nothing logged. */
const beginning: Readonly<Record<AclTable, Row>> = {
  gateway: { stateMode: 0, syslog: false, direction: directionBody("LanToWan") },
  switch: {
    bindingType: 0,
    etherType: { enable: false },
    customAclPorts: [],
    customAclDevices: [],
    customAclOsws: [],
    customAclStacks: [],
  },
  ap: {},
};
