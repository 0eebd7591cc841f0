import { newId } from "./entities.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { ofSite, type Entity } from "./world.ts";

/** What every profile has; off where off is possible. */
export const PROFILE_DEFAULTS: Json = {
  poe: 2,
  dot1x: 1,
  portIsolationEnable: false,
  lldpMedEnable: true,
  bandWidthCtrlType: 0,
  spanningTreeEnable: true,
  loopbackDetectEnable: true,
  loopbackDetectVlanBasedEnable: false,
  eeeEnable: false,
  flowControlEnable: false,
  fastLeaveEnable: false,
  igmpFastLeaveEnable: false,
  mldFastLeaveEnable: false,
  dot1pPriority: 0,
  trustMode: 0,
  topoNotifyEnable: false,
  dhcpL2RelaySettings: { enable: false },
  tagNetworkIds: [],
  untagNetworkIds: [],
};

/** The profile that comes with a network: untagged in it, nothing else. */
export function generatedProfile(lab: Lab, network: Entity): Entity {
  return {
    id: newId(),
    site: network.site,
    visibleAt: network.visibleAt,
    data: {
      ...PROFILE_DEFAULTS,
      name: network.data["name"],
      nativeNetworkId: network.id,
      untagNetworkIds: [network.id],
      networkId: network.id,
      flag: network.data["primary"] === true ? 0 : 1,
      type: 2,
      createByNewUI: lab.version.portVlans,
    },
  };
}

/** The built-in profiles: everything tagged in "All", nothing in "Disable". */
export function builtInProfiles(site: string, defaultNetwork: Entity): Entity[] {
  const all = { name: "All", type: 0, nativeNetworkId: defaultNetwork.id, untagNetworkIds: [defaultNetwork.id] };
  const disable = { name: "Disable", type: 1, poe: 0 };
  return [all, disable].map((data) => ({
    id: newId(),
    site,
    visibleAt: 0,
    data: { ...PROFILE_DEFAULTS, flag: 0, ...data },
  }));
}

/** VLANs of a profile: of "All" every other network, also those made later. */
export function profileVlans(lab: Lab, profile: Entity): { native: string | undefined; tagged: string[] } {
  const { data } = profile;
  const native = typeof data["nativeNetworkId"] === "string" ? data["nativeNetworkId"] : undefined;
  if (data["type"] !== 0) return { native, tagged: (data["tagNetworkIds"] as string[] | undefined) ?? [] };
  const others = ofSite(lab.world.networks, profile.site).filter((network) => network.id !== native);
  return { native, tagged: others.map((network) => network.id) };
}

export function profileNamed(lab: Lab, site: string, name: string): Entity | undefined {
  return ofSite(lab.world.profiles, site).find((profile) => profile.data["name"] === name);
}
