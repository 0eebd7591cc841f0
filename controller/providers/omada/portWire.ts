import type { PortWish } from "../omadaPort.ts";
import type { PortSeen, ProfileSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { number, present, row, text } from "../shared/decode.ts";
import { texts, told } from "./wire.ts";

/** Mbit/s of Omada's numbers for a speed; 0 is none or auto (contract 3.6). */
const SPEEDS = [undefined, 10, 100, 1_000, 2_500, 10_000] as const;
/** `networkTagsSetting`. */
const TAGS = { all: 0, none: 1, custom: 2 } as const;

export function speedMbps(code: unknown): number | undefined {
  return SPEEDS[number(code) ?? 0];
}

/** Whether it is this code; undefined where nothing is told: that is not "no" (N3). */
function isCode(value: unknown, code: number): boolean | undefined {
  const found = number(value);
  return found === undefined ? undefined : found === code;
}

/** A port in the document of its switch: no link, and of its networks the profile (every version, contract 3.6). */
export function listedPort(port: Row): PortSeen {
  return present({
    number: number(port["port"]) ?? 0,
    name: text(port["name"]),
    enabled: isCode(port["status"], 1),
    profileId: text(port["profileId"]),
    poe: isCode(port["poeMode"], 1),
  } satisfies { [K in keyof PortSeen]: PortSeen[K] | undefined });
}

/** A port in the site-wide grid of 6.x. Its networks there are settings and not what holds, so they are not told. */
export function gridPort(port: Row): PortSeen {
  const disabled = told(port["disable"]);
  return present({
    number: number(port["port"]) ?? 0,
    name: text(port["portName"]),
    enabled: disabled === undefined ? undefined : !disabled,
    linkUp: isCode(port["connectedStatus"], 0),
    profileId: text(port["profileId"]),
    poe: isCode(port["poe"], 1),
  } satisfies { [K in keyof PortSeen]: PortSeen[K] | undefined });
}

/** A port as the pages of the controller read it: everything. */
export function documentPort(port: Row): PortSeen {
  const status = row(port["portStatus"]);
  const linkUp = isCode(status["linkStatus"], 1);
  const disabled = told(port["disable"]);
  return present({
    number: number(port["port"]) ?? 0,
    name: text(port["name"]),
    enabled: disabled === undefined ? undefined : !disabled,
    linkUp,
    speedMbps: linkUp === true ? speedMbps(status["linkSpeed"]) : undefined,
    profileId: text(port["profileId"]),
    poe: told(status["poe"]),
    ...networksOf(port),
  } satisfies { [K in keyof PortSeen]: PortSeen[K] | undefined });
}

function networksOf(port: Row): Pick<PortSeen, "nativeNetworkId" | "taggedNetworkIds" | "taggedAll"> {
  const tags = number(port["networkTagsSetting"]);
  const native = text(port["nativeNetworkId"]);
  return {
    ...(native === undefined || native === "" ? {} : { nativeNetworkId: native }),
    ...(tags === TAGS.all ? { taggedAll: true } : {}),
    ...(tags === TAGS.none ? { taggedNetworkIds: [] } : {}),
    ...(tags === TAGS.custom || tags === undefined ? { taggedNetworkIds: texts(port["tagNetworkIds"]) } : {}),
  };
}

/** 5.x: the networks of a port are those of its profile and nothing else (contract 3.6). */
export function withProfile(port: PortSeen, profiles: readonly ProfileSeen[]): PortSeen {
  const profile = profiles.find((one) => one.id === port.profileId);
  const { nativeNetworkId: _native, taggedNetworkIds: _tagged, taggedAll: _all, ...rest } = port;
  if (profile === undefined) return rest;
  const { nativeNetworkId, taggedNetworkIds, taggedAll } = profile;
  return {
    ...rest,
    ...(nativeNetworkId === undefined ? {} : { nativeNetworkId }),
    ...(taggedAll === true ? { taggedAll } : { taggedNetworkIds }),
  };
}

/**
 * Body of `PATCH ports/{n}` of 6.x, of what the port has now in the grid or in its switch's document: the six keys every
 * write carries, and for networks the known-good nine with `tagNetworkIds` (contract 3.6). What is left out stays.
 */
export function portBody(read: Row, wish: PortWish): Row {
  const base = present({
    name: wish.name ?? text(read["portName"]) ?? text(read["name"]),
    profileId: wish.profileId ?? text(read["profileId"]),
    profileOverrideEnable: told(read["profileOverrideEnable"]),
    linkSpeed: number(read["linkSpeed"]),
    duplex: number(read["duplex"]),
    tagIds: Array.isArray(read["tagIds"]) ? texts(read["tagIds"]) : undefined,
    disable: wish.enabled === undefined ? undefined : !wish.enabled,
  });
  const { vlans } = wish;
  if (vlans === undefined) return base;
  const tagged = vlans.taggedNetworkIds;
  return {
    ...base,
    nativeNetworkId: vlans.nativeNetworkId,
    networkTagsSetting: tagged.length === 0 ? TAGS.none : TAGS.custom,
    tagNetworkIds: tagged,
    // Without both the controller refuses a network of the port's own (-39840).
    profileOverrideEnable: true,
    profileVlanOverrideEnable: true,
  };
}
