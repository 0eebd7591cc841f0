import type { ProfileWish } from "../omadaPort.ts";
import type { ProfileSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { number, present, text } from "../shared/decode.ts";
import { kept, texts } from "./wire.ts";

/** `flag` of profiles that people made; 0 and 1 are made by Omada (contract 3.5). */
const CUSTOM = 2;
/** `type` of the profile that tags every network. */
const ALL = 0;

export function profileSeen(profile: Row): ProfileSeen {
  const type = number(profile["type"]);
  const native = text(profile["nativeNetworkId"]);
  return present({
    id: text(profile["id"]) ?? "",
    name: text(profile["name"]) ?? "",
    builtIn: (number(profile["flag"]) ?? CUSTOM) !== CUSTOM,
    nativeNetworkId: native === "" ? undefined : native,
    taggedNetworkIds: texts(profile["tagNetworkIds"]),
    taggedAll: type === ALL ? true : undefined,
  } satisfies { [K in keyof ProfileSeen]: ProfileSeen[K] | undefined });
}

const readOnly: ReadonlySet<string> = new Set([
  ...["id", "site", "flag", "type", "supportESEnable", "networkConflict", "topoNotifyEnable", "prohibitModify"],
  ...["createByNewUI", "resource"],
]);

/** The profile that was read, with the networks that are wished. */
export function profileBody(read: Row, wish: ProfileWish): Row {
  const taken = new Set([wish.nativeNetworkId, ...wish.taggedNetworkIds]);
  return {
    ...kept(read, readOnly),
    name: wish.name,
    nativeNetworkId: wish.nativeNetworkId,
    tagNetworkIds: wish.taggedNetworkIds,
    // The native network is not named here too; what else leaves untagged is not ours.
    untagNetworkIds: texts(read["untagNetworkIds"]).filter((id) => !taken.has(id) && id !== read["nativeNetworkId"]),
  };
}

/** What the pages of the controller preselect for a new profile: PoE as the port has it, no 802.1X, loops are detected. */
export const NEW_PROFILE: Row = {
  poe: 2,
  dot1x: 1,
  portIsolationEnable: false,
  lldpMedEnable: true,
  bandWidthCtrlType: 0,
  spanningTreeEnable: false,
  loopbackDetectEnable: true,
};
