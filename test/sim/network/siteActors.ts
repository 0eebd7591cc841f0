import type { OmadaApproach } from "../../fakes/omadaController.ts";
import {
  devicesIn,
  groupsIn,
  markOf,
  networkName,
  rulesIn,
  segmentsIn,
  wlansIn,
  type NetDeclared,
} from "./netObjects.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { argsOf } from "./siteScene.ts";

/** Upper case with colons. */
export const macText = (mac: string): string => mac.replaceAll("-", ":").toUpperCase();

function marked(text: string | undefined, objects: readonly NetDeclared[]): readonly NetDeclared[] {
  return objects.filter(({ metadata }) => text?.includes(markOf(metadata.name)) === true);
}

/** It made it, or may have adopted it (I9). */
export function isBound(history: NetworkHistory, { metadata: { uid } }: NetDeclared, id: string): boolean {
  return history.made.get(uid)?.has(id) === true || history.adoptable.get(uid)?.has(id) === true;
}

/** The objects whose own the thing is that a write is about, or that ask for it to be made (I9). */
export function actorsOf(history: NetworkHistory, approach: OmadaApproach): readonly NetDeclared[] {
  const { lab, site } = history;
  const bound = (objects: readonly NetDeclared[], id: string): readonly NetDeclared[] =>
    objects.filter((one) => isBound(history, one, id));
  const device = (mac: string): readonly NetDeclared[] =>
    devicesIn(lab).filter(({ spec }) => macText(spec.mac) === macText(mac));
  switch (approach.call) {
    case "createNetwork":
      return segmentsIn(lab).filter((one) => networkName(one) === argsOf(approach, "createNetwork")[0].name);
    case "updateNetwork":
    case "deleteNetwork":
      return bound(segmentsIn(lab), argsOf(approach, "updateNetwork")[0]);
    case "createProfile":
      return devicesIn(lab);
    case "setPort":
    case "setRadio":
    case "renameDevice":
      return device(argsOf(approach, "setPort")[0]);
    case "setWlanGroup":
      return wlansIn(lab).filter(({ spec }) => (spec.deviceRefs ?? []).length > 0);
    case "createWlan":
      return wlansIn(lab).filter(({ spec }) => spec.ssid === argsOf(approach, "createWlan")[1].ssid);
    case "updateWlan":
    case "deleteWlan":
      return bound(wlansIn(lab), argsOf(approach, "updateWlan")[0].id);
    case "createAcl":
      return marked(argsOf(approach, "createAcl")[0].description, rulesIn(lab));
    case "updateAcl":
      return ruleActors(history, approach);
    case "deleteAcl":
      return marked(site.acls.get(argsOf(approach, "updateAcl")[0])?.description, rulesIn(lab));
    case "orderAcls":
      return rulesIn(lab);
    case "createGroup":
      return marked(argsOf(approach, "createGroup")[0].description, rulesIn(lab));
    case "updateGroup":
      return marked(site.groups.get(argsOf(approach, "updateGroup")[0])?.descriptions.join(" "), rulesIn(lab));
    case "deleteGroup":
      return marked(site.groups.get(argsOf(approach, "deleteGroup")[0].id)?.descriptions.join(" "), rulesIn(lab));
    case "setReservation":
      return reservationActors(history, approach);
    case "deleteReservation":
      return marked(site.reservations.get(argsOf(approach, "deleteReservation")[0])?.description, groupsIn(lab));
    case "renameClient":
      return withMember(history, argsOf(approach, "renameClient")[0]);
    case "deleteProfile":
      return devicesIn(lab).filter(() =>
        site.profiles.get(argsOf(approach, "deleteProfile")[0])?.name.startsWith("hl "),
      );
    case "updateProfile":
      return [];
  }
}

/** Its own by the mark; one without any only to be marked, by who may adopt it. */
function ruleActors({ lab, site }: NetworkHistory, approach: OmadaApproach): readonly NetDeclared[] {
  const [id, { description, ...wish }] = argsOf(approach, "updateAcl");
  const before = site.acls.get(id);
  const own = marked(before?.description, rulesIn(lab));
  if (own.length > 0 || before === undefined) return own;
  const { id: _, index: __, description: ___, ...asItWas } = before;
  if (JSON.stringify(sorted(wish)) !== JSON.stringify(sorted(asItWas))) return [];
  return rulesIn(lab).filter((one) => one.spec.adoption === "Adopt" && description.includes(markOf(one.metadata.name)));
}

const sorted = (fields: object): unknown => Object.entries(fields).sort(([a], [b]) => a.localeCompare(b));

function withMember({ lab }: NetworkHistory, mac: string): readonly NetDeclared[] {
  return groupsIn(lab).filter(({ spec }) => (spec.members ?? []).some((one) => macText(one.mac) === macText(mac)));
}

/** Its own by the mark; one that is another's only to be marked, by who may adopt it. */
function reservationActors(history: NetworkHistory, approach: OmadaApproach): readonly NetDeclared[] {
  const [wish] = argsOf(approach, "setReservation");
  const before = history.site.reservations.get(wish.mac);
  const asking = marked(wish.description, withMember(history, wish.mac));
  if (before === undefined || asking.every((one) => before.description.includes(markOf(one.metadata.name))))
    return asking;
  const onlyMark = before.ip === wish.ip && before.networkId === wish.networkId && before.enabled === wish.enabled;
  return onlyMark ? asking.filter((one) => one.kind === "ClientGroup" && one.spec.adoption === "Adopt") : [];
}
