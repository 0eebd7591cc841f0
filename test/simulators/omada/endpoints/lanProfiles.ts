import { ApiError, invalid } from "../apiError.ts";
import { newId, visibleAt } from "../entities.ts";
import { present, textAt, textsAt, type Json } from "../json.ts";
import { paged, searched } from "../pages.ts";
import { PROFILE_DEFAULTS, profileNamed, profileVlans } from "../profiles.ts";
import type { Lab } from "../lab.ts";
import { siteOf, type Call, type Route } from "../route.ts";
import { PROFILE_V1, PROFILE_V2 } from "../shapes/profile.ts";
import { listed, type Entity } from "../world.ts";

const INNER = ["networkId"];

/** A profile as v1 lists it, with its VLANs. */
export function profileV1(lab: Lab, profile: Entity): Json {
  const { native, tagged } = profileVlans(lab, profile);
  const { networkId: _inner, createByNewUI: _new, ...data } = profile.data;
  return {
    id: profile.id,
    ...data,
    ...(native === undefined ? {} : { nativeNetworkId: native }),
    tagNetworkIds: tagged,
    supportESEnable: true,
    networkConflict: false,
  };
}

/** The same without VLANs, as v2 lists it. */
function profileV2(profile: Entity): Json {
  const left = new Set([...INNER, "nativeNetworkId", "tagNetworkIds", "untagNetworkIds", "voiceNetworkId"]);
  const shown = Object.fromEntries(Object.entries(profile.data).filter(([key]) => !left.has(key)));
  return { id: profile.id, ...shown, prohibitModify: false, resource: 0 };
}

function profileAt(call: Call): Entity {
  const profile = call.lab.world.profiles.get(call.params["profileId"] ?? "");
  if (profile?.site !== siteOf(call).id) throw new ApiError(-33507);
  return profile;
}

/** The networks of a profile exist, and none is both untagged and tagged. */
function checkVlans(call: Call): void {
  const native = textAt(call.body, "nativeNetworkId");
  const tagged = textsAt(call.body, "tagNetworkIds");
  const site = siteOf(call).id;
  const known = (id: string): boolean => call.lab.world.networks.get(id)?.site === site;
  if (![...tagged, ...(native === undefined ? [] : [native])].every(known)) throw invalid();
  if (native !== undefined && tagged.includes(native)) throw invalid();
}

function create(call: Call): Json {
  const site = siteOf(call).id;
  checkVlans(call);
  const name = textAt(call.body, "name") ?? "";
  if (profileNamed(call.lab, site, name) !== undefined) throw new ApiError(-33506);
  const own = { ...present(call.body), flag: 2, type: 2, createByNewUI: call.lab.version.portVlans };
  const profile: Entity = {
    id: newId(),
    site,
    visibleAt: visibleAt(call.lab),
    data: { ...PROFILE_DEFAULTS, ...own },
  };
  call.lab.world.profiles.set(profile.id, profile);
  call.did(`profile ${name} created`);
  return { id: profile.id };
}

/** What a write leaves out is at its default again; the network of a generated one stays. */
function update(call: Call): undefined {
  const profile = profileAt(call);
  checkVlans(call);
  if (profile.data["flag"] === 0) throw invalid();
  const name = textAt(call.body, "name") ?? "";
  const other = profileNamed(call.lab, profile.site, name);
  if (other !== undefined && other !== profile) throw new ApiError(-33506);
  const { flag, type, networkId, createByNewUI, nativeNetworkId, tagNetworkIds } = profile.data;
  const kept = present({ flag, type, networkId, createByNewUI });
  const vlans = call.lab.version.portVlans ? present({ nativeNetworkId, tagNetworkIds }) : {};
  profile.data = { ...PROFILE_DEFAULTS, ...vlans, ...present(call.body), ...kept };
  call.lab.world.profiles.touch(profile.id);
  call.did(`profile ${name} changed`);
}

function remove(call: Call): undefined {
  const profile = profileAt(call);
  if (profile.data["flag"] !== 2) throw invalid();
  const used = call.lab.world
    .devicesOf(profile.site)
    .some((device) => Object.values(device.ports).some((port) => port["profileId"] === profile.id));
  // No source names the code for a profile that ports use; the write is refused.
  if (used) throw invalid();
  call.lab.world.profiles.delete(profile.id);
  call.did(`profile ${String(profile.data["name"])} deleted`);
}

function routes(version: 1 | 2): readonly Route[] {
  const path = `/openapi/v${version}/{omadacId}/sites/{siteId}/lan-profiles`;
  const body = version === 1 ? PROFILE_V1 : PROFILE_V2;
  const since = version === 1 ? {} : { profiles: ["6.2", "6.3"] as const };
  const view = (call: Call, profile: Entity): Json =>
    version === 1 ? profileV1(call.lab, profile) : profileV2(profile);
  return [
    {
      method: "GET",
      path,
      paged: true,
      ...since,
      handle: (call: Call): unknown => {
        const found = listed(call.lab.world.profiles, siteOf(call).id, call.lab.pace.now());
        const shown = found.map((profile) => view(call, profile) as Json & { name: string });
        return paged(call, searched(call.query, shown, ["name"]));
      },
    },
    { method: "POST", path, body, ...since, handle: create },
    { method: "PATCH", path: `${path}/{profileId}`, body, ...since, handle: update },
    { method: "DELETE", path: `${path}/{profileId}`, ...since, handle: remove },
  ];
}

/** Profiles of switch ports. */
export const PROFILE_ROUTES: readonly Route[] = [...routes(1), ...routes(2)];
