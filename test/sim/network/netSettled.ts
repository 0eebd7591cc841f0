import { guestsIn, homelabIn } from "../declared.ts";
import { deviceUnsettled } from "./deviceSettled.ts";
import { groupUnsettled, ruleUnsettled } from "./ruleSettled.ts";
import { controllersIn, idOf, isLeaving, isSuspended, netObjects, policiesOf, type NetDeclared } from "./netObjects.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { remainsOf } from "./remains.ts";
import { segmentUnsettled, wlanUnsettled } from "./shelfSettled.ts";
import type { Said } from "./said.ts";

/** What still differs between the site as it is and as the objects declare it, or between it and what they say. */
export function netUnsettled(history: NetworkHistory): readonly string[] {
  const { lab } = history;
  return [
    ...netObjects(lab).flatMap((one) => unsettled(history, one).map((text) => `${idOf(one)} ${text}`)),
    ...controllersIn(lab).flatMap(() => controllerWords(history)),
  ];
}

/** Ready of an object. */
export function saidBy({ lab }: NetworkHistory, { kind, metadata }: NetDeclared): Said {
  return { reason: lab.reason(kind, metadata.name), message: lab.message(kind, metadata.name) };
}

/** The guest that hosts the controller is not up, so nothing of the site is written, or even seen (L8). */
export function hostIsDown(history: NetworkHistory): boolean {
  const hostedBy = controllersIn(history.lab)[0]?.spec.hostedBy;
  if (hostedBy === undefined) return false;
  const host = guestsIn(history.lab).find(({ kind, name }) => kind === hostedBy.kind && name === hostedBy.name);
  return host === undefined || !history.truth.isHealthy(host);
}

function unsettled(history: NetworkHistory, one: NetDeclared): readonly string[] {
  const said = saidBy(history, one);
  if (said.reason === "ControllerGuestDown" || (!history.site.answers && hostIsDown(history)))
    return hostIsDown(history) ? [] : [`waits for a guest that is up: ${said.message}`];
  if (isLeaving(one)) return leaving(history, one, said);
  if (said.reason === "Suspended") return isSuspended(history.lab, one) ? [] : [`says it is suspended, and is not`];
  if (isSuspended(history.lab, one)) return [];
  switch (one.kind) {
    case "NetworkSegment":
      return segmentUnsettled(history, one, said);
    case "WirelessNetwork":
      return wlanUnsettled(history, one, said);
    case "AccessRule":
      return ruleUnsettled(history, one, said);
    case "NetworkDevice":
      return deviceUnsettled(history, one, said);
    case "ClientGroup":
      return groupUnsettled(history, one, said);
  }
}

/** An object being deleted is gone, unless something of the world stands in the way. */
function leaving(history: NetworkHistory, one: NetDeclared, { reason, message }: Said): readonly string[] {
  if (policiesOf(one).deletionPolicy !== "Delete") return ["has nothing to undo and stays"];
  const { users, underPath } = remainsOf(history, one);
  if (reason === "NetworkInUse") return users.length > 0 ? [] : [`says it is in use, and is not: ${message}`];
  if (reason === "WouldLockOut") return underPath ? [] : [`says it would lock out, and would not: ${message}`];
  return [`is still being deleted: ${reason}: ${message}`];
}

/** The connection says how it is. */
function controllerWords(history: NetworkHistory): readonly string[] {
  const { lab, site } = history;
  const reason = lab.reason("OmadaController", "omada");
  const incident = (lab.status("OmadaController", "omada") as Incident).lastIncident;
  if (!site.answers) return reason === "ControllerGuestDown" ? [] : [`the site is away, its controller says ${reason}`];
  const open = incident !== undefined && incident.recoverTime === undefined;
  if (open) return ["the site answers, and its incident is still open"];
  const homelab = homelabIn(lab);
  const wanted = homelab === undefined ? [] : ["Settled", "Suspended", "ControllerGuestDown"];
  return wanted.includes(reason) ? [] : [`the site answers, its controller says ${reason}`];
}

interface Incident {
  readonly lastIncident?: { readonly recoverTime?: string };
}
