import type { NetworkSegment, WirelessNetwork } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { WlanWish } from "../../providers/omadaPort.ts";
import type { DeviceSeen, SiteSeen, WlanSeen } from "../../providers/omadaSeen.ts";
import { stalled, waiting } from "../outcomes.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Remains } from "./deletion.ts";
import type { Draft, NetStep } from "./netInput.ts";
import { uncarried } from "./uplinks.ts";
import { placeOf, wirelessChanges } from "./wirelessChanges.ts";
import { declaredPoints, groupOf, placesObstacle, placesOf, type PlacesInput } from "./wirelessPlaces.ts";

/** What a WirelessNetwork goes by besides the site. */
export interface WirelessInput extends PlacesInput {
  /** The segment its spec names; a sentence when there is none that can be used. */
  readonly segment: NetworkSegment | string | undefined;
  /** The Secret's resourceVersion; a sentence when there is no passphrase in it; undefined when none is named. */
  readonly secret: { readonly version: string } | string | undefined;
  readonly others: readonly WirelessNetwork[];
}

const RECHECK_MS = 300_000;

/** By the id on record while the name still matches, else by name in the group (I9). */
function wlanOf(
  wlan: WirelessNetwork,
  seen: SiteSeen,
): { readonly found: WlanSeen; readonly ours: boolean } | undefined {
  const bound = wlan.status?.omada;
  const byId = (seen.wlans ?? []).find(({ id }) => id === bound?.wlanId);
  if (byId !== undefined && byId.ssid === bound?.name) return { found: byId, ours: true };
  const group = groupOf(wlan, seen);
  const byName = (seen.wlans ?? []).find(({ groupId, ssid }) => groupId === group?.id && ssid === wlan.spec.ssid);
  return byName === undefined ? undefined : { found: byName, ours: wlan.status?.creating !== undefined };
}

export function wirelessDraft(wlan: WirelessNetwork, seen: SiteSeen, input: WirelessInput): Draft {
  const what = `SSID ${wlan.spec.ssid}`;
  const fine = `${what} is in Omada as declared`;
  const found = wlanOf(wlan, seen);
  const facts = secretFact(wlan);
  if (found === undefined)
    return {
      found: "absent",
      what,
      drift: [],
      fine,
      facts,
      obstacle: obstacleOf(wlan, seen, input) ?? passphraseMissing(wlan, input),
      step: creation(wlan, seen, input, what),
    };
  const bound = boundOf(wlan, found.found);
  const now = { seen: found.found, place: placeOf(found.found, seen) };
  const secretVersion = typeof input.secret === "object" ? input.secret.version : undefined;
  const { drift, wish, withPassphrase } = wirelessChanges(wlan, now, { vlan: vlanOf(input), secretVersion });
  const { id, groupId } = found.found;
  const changes = Object.keys(wish).length > 0 || withPassphrase;
  const done =
    withPassphrase && typeof input.secret === "object" ? { done: { secretVersion: input.secret.version } } : {};
  // Each change carries it where it is at hand: without a web session Omada refuses one that does not.
  const write = {
    call: "updateWlan",
    ref: { groupId, id },
    wish,
    withPassphrase: secretVersion !== undefined,
  } as const;
  const step: NetStep = { write, what, drift, ...done };
  const places = placesOf(wlan, found.found, seen, input);
  return {
    found: found.ours ? "ours" : "unowned",
    what,
    bound,
    // What is there is taken to have the passphrase of the Secret: adoption changes nothing (I4).
    adopted: typeof input.secret === "object" ? { secretVersion: input.secret.version } : {},
    drift: [...drift, ...places.drift],
    fine: `${fine}${places.untold}`,
    facts,
    obstacle: obstacleOf(wlan, seen, input),
    step: changes ? step : places.step,
    trouble: places.trouble,
  };
}

function secretFact({ status }: WirelessNetwork): { readonly secretVersion?: string } {
  return status?.secretVersion === undefined ? {} : { secretVersion: status.secretVersion };
}

function boundOf({ status }: WirelessNetwork, { id, ssid }: WlanSeen): object & Record<string, unknown> {
  const created = status?.omada?.created === true || (status?.creating !== undefined && status.omada === undefined);
  return { omada: { wlanId: id, name: ssid, ...(created ? { created } : {}) } };
}

function obstacleOf(wlan: WirelessNetwork, seen: SiteSeen, input: WirelessInput): Outcome | undefined {
  if (isDeleting(wlan)) return undefined;
  return (
    specFault(wlan, seen, input) ??
    placesObstacle(wlan, seen, input) ??
    segmentGap(seen, input.segment, declaredPoints(wlan, seen, input))
  );
}

function specFault({ spec, ...wlan }: WirelessNetwork, seen: SiteSeen, { elders }: WirelessInput): Outcome | undefined {
  const rival = elders.find((one) => one.spec.ssid === spec.ssid && one.spec.wlanGroup === spec.wlanGroup);
  if (rival !== undefined)
    return stalled(
      "NetworkNotOwned",
      `WirelessNetwork ${rival.metadata.name} declares SSID ${spec.ssid} and comes first; correct one of them`,
    );
  if (groupOf({ spec, ...wlan }, seen) === undefined) {
    const names = (seen.wlanGroups ?? []).map(({ name }) => name).join(", ");
    return stalled("SpecInvalid", `the site has no WLAN group ${spec.wlanGroup ?? ""}, only ${names}`, RECHECK_MS);
  }
  if (bytesOf(spec.ssid) <= 32) return undefined;
  return stalled("SpecInvalid", `ssid ${spec.ssid} is longer than 32 bytes in UTF-8; shorten it`);
}

/** Length in UTF-8. */
function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The VLAN is there and reaches the access points before an SSID uses it (N2). */
function segmentGap(
  seen: SiteSeen,
  segment: WirelessInput["segment"],
  points: readonly DeviceSeen[] | undefined,
): Outcome | undefined {
  if (typeof segment === "string") return waiting("SegmentMissing", segment);
  if (segment === undefined) return undefined;
  const { spec, metadata } = segment;
  if (spec.vlan === undefined) {
    if (spec.omada !== undefined) return undefined;
    const cure = "name another segment, or write its omada side";
    return stalled(
      "SpecInvalid",
      `NetworkSegment ${metadata.name} is untagged and not in Omada, so no SSID can lead there; ${cure}`,
    );
  }
  const vlan = String(spec.vlan);
  const network = seen.networks?.find((one) => one.vlan === spec.vlan);
  if (network === undefined)
    return spec.omada === undefined
      ? undefined
      : waiting("SegmentMissing", `waits for NetworkSegment ${metadata.name}: VLAN ${vlan} is not in Omada yet`);
  const gap = accessPointGap(seen, network.id, points);
  if (gap === undefined) return undefined;
  return waiting("VlanNotCarried", `VLAN ${vlan} does not reach the access points yet: ${gap}`);
}

/** A VLAN is carried by the uplinks before an SSID uses it: to each access point that is named, else to any (N2). */
function accessPointGap(
  seen: SiteSeen,
  networkId: string,
  named: readonly DeviceSeen[] | undefined,
): string | undefined {
  const points = named ?? [...seen.devices.values()].filter(({ role }) => role === "AccessPoint");
  const gaps = points.flatMap((point) => uncarried(seen, point, networkId) ?? []);
  return gaps.length > 0 && (named !== undefined || gaps.length === points.length) ? gaps[0] : undefined;
}

function passphraseMissing({ spec }: WirelessNetwork, { secret }: WirelessInput): Outcome | undefined {
  if (spec.security.mode === "Open") return undefined;
  if (typeof secret === "string") return stalled("SecretMissing", secret, 60_000);
  if (secret !== undefined) return undefined;
  return stalled(
    "SpecInvalid",
    `creating SSID ${spec.ssid} needs security.passphraseRef: its mode is ${spec.security.mode}`,
  );
}

/** Where its clients shall land; undefined: not managed (A11). An untagged segment is the site's default network. */
function vlanOf({ segment }: WirelessInput): WlanWish["vlan"] {
  return typeof segment === "object" ? (segment.spec.vlan ?? "Default") : undefined;
}

function creation(wlan: WirelessNetwork, seen: SiteSeen, input: WirelessInput, what: string): NetStep | undefined {
  const group = groupOf(wlan, seen);
  if (group === undefined) return undefined;
  const { spec } = wlan;
  const vlan = vlanOf(input);
  const wish: Omit<WlanWish, "passphrase"> = {
    ssid: spec.ssid,
    bands: spec.bands ?? ["2.4GHz", "5GHz"],
    security: spec.security.mode,
    ...(spec.hidden === undefined ? {} : { hidden: spec.hidden }),
    ...(spec.isolation === undefined ? {} : { guest: spec.isolation }),
    ...(vlan === undefined || vlan === "Default" ? {} : { vlan }),
  };
  const done = typeof input.secret === "object" ? { done: { secretVersion: input.secret.version } } : {};
  return { write: { call: "createWlan", groupId: group.id, wish }, what, ...done };
}

export function wirelessRemains(wlan: WirelessNetwork, seen: SiteSeen, { others }: WirelessInput): Remains {
  const what = `SSID ${wlan.spec.ssid}`;
  const found = wlanOf(wlan, seen);
  if (found === undefined) return { what };
  const heir = others.find(
    ({ spec, metadata }) => spec.ssid === found.found.ssid && metadata.deletionTimestamp === undefined,
  );
  const users = (seen.acls ?? []).filter(({ source }) => source.type === "ssid" && source.ids.includes(found.found.id));
  const { id, groupId } = found.found;
  return {
    what,
    heir: heir === undefined ? undefined : `WirelessNetwork ${heir.metadata.name}`,
    stays: found.ours ? undefined : "it is not known to be this object's, and nothing is deleted on a match by name",
    inUse: users.length === 0 ? undefined : users.map(({ description }) => `rule ${description}`).join(", "),
    step: { write: { call: "deleteWlan", ref: { groupId, id } }, what },
  };
}
