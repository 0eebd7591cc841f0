import { flagAt, numberAt, pick, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { PROFILE_DEFAULTS } from "./profiles.ts";
import { portVlans } from "./switchPorts.ts";
import { hasLink } from "./topology.ts";
import type { Device } from "./world.ts";

const INHERITED = [
  "dot1x",
  "lldpMedEnable",
  "topoNotifyEnable",
  "spanningTreeEnable",
  "loopbackDetectEnable",
  "loopbackDetectVlanBasedEnable",
  "portIsolationEnable",
  "flowControlEnable",
  "eeeEnable",
  "bandWidthCtrlType",
];

const NO_LIMIT = {
  egressEnable: false,
  egressLimit: 0,
  egressUnit: 1,
  ingressEnable: false,
  ingressLimit: 0,
  ingressUnit: 1,
};

/** What a port does right now. */
function status(lab: Lab, device: Device, port: number): Json {
  const link = hasLink(lab.world, { mac: device.mac, port }, lab.pace.now());
  const poe = port <= (MODELS[device.model]?.poePorts ?? 0) && link;
  return {
    id: port,
    port,
    linkStatus: link ? 1 : 0,
    linkSpeed: link ? 3 : 0,
    duplex: link ? 2 : 0,
    poe,
    poePower: poe ? 4.2 : 0,
    tx: 0,
    rx: 0,
    stpDiscarding: false,
  };
}

/** Settings that come from the profile unless the port overrides it. */
function inherited(lab: Lab, settings: Json): Json {
  const profile = lab.world.profiles.get(String(settings["profileId"]))?.data ?? {};
  const from = flagAt(settings, "profileOverrideEnable") === true ? { ...profile, ...settings } : profile;
  return { ...pick(PROFILE_DEFAULTS, INHERITED), ...pick(from, INHERITED) };
}

/** The VLANs that a port carries, however it came by them. */
function vlanKeys(lab: Lab, settings: Json): Json {
  const { native, tagged } = portVlans(lab, settings);
  return {
    ...(native === undefined ? {} : { nativeNetworkId: native }),
    networkTagsSetting: tagsSetting(lab, settings, tagged),
    tagNetworkIds: tagged,
    untagNetworkIds: native === undefined ? [] : [native],
  };
}

/** The whole document of a port: what the pages of the controller show, and the Open API does not. */
export function portDocument(lab: Lab, device: Device, port: number, settings: Json): Json {
  const { profileVlanOverrideEnable, ...own } = settings;
  const supportPoe = port <= (MODELS[device.model]?.poePorts ?? 0);
  return {
    id: `${device.mac}_${port}`.replaceAll("-", "").toLowerCase(),
    switchId: device.serial,
    switchMac: device.mac,
    site: device.site,
    port,
    ...own,
    ...(lab.version.portVlans ? { profileVlanOverrideEnable } : {}),
    ...inherited(lab, settings),
    ...vlanKeys(lab, settings),
    type: MODELS[device.model]?.ports[port - 1]?.sfp === true ? 3 : 1,
    maxSpeed: 3,
    profileName: lab.world.profiles.get(String(settings["profileId"]))?.data["name"] ?? "",
    supportPoe,
    poe: supportPoe ? (numberAt(settings, "poe") ?? 1) : 2,
    bandCtrl: NO_LIMIT,
    portStatus: status(lab, device, port),
    portCap: { supportPoe },
  };
}

/** Where the VLANs come from a profile, the setting says what they amount to. */
function tagsSetting(lab: Lab, settings: Json, tagged: readonly string[]): number {
  if (lab.version.portVlans && flagAt(settings, "profileVlanOverrideEnable") === true)
    return numberAt(settings, "networkTagsSetting") ?? 0;
  if (tagged.length === 0) return 1;
  const profile = lab.world.profiles.get(String(settings["profileId"]));
  return profile?.data["type"] === 0 ? 0 : 2;
}
