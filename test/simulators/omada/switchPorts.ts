import { ApiError, invalid } from "./apiError.ts";
import { configure } from "./deviceState.ts";
import { flagAt, numberAt, textAt, textsAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { profileVlans } from "./profiles.ts";
import type { Device, Entity } from "./world.ts";

/** Settings of a port that nobody has set. */
export function factoryPort(name: string, profile: Entity): Json {
  return {
    name,
    disable: false,
    profileId: profile.id,
    profileOverrideEnable: false,
    profileVlanOverrideEnable: false,
    tagIds: [],
    operation: "switching",
    linkSpeed: 0,
    duplex: 0,
    networkTagsSetting: 0,
    voiceNetworkEnable: false,
  };
}

export function portAt(device: Device, number: string | undefined): { readonly port: number; readonly settings: Json } {
  const port = /^\d+$/.test(number ?? "") ? Number(number) : 0;
  const settings = device.ports[port];
  if (settings === undefined) throw new ApiError(-39701);
  return { port, settings };
}

/** What a port carries in the end: its own VLANs where it may have them, else those of its profile. */
export function portVlans(lab: Lab, settings: Json): { native: string | undefined; tagged: string[] } {
  const profile = lab.world.profiles.get(String(settings["profileId"]));
  const inherited = profile === undefined ? { native: undefined, tagged: [] } : profileVlans(lab, profile);
  if (!lab.version.portVlans || flagAt(settings, "profileVlanOverrideEnable") !== true) return inherited;
  const native = textAt(settings, "nativeNetworkId") ?? inherited.native;
  return { native, tagged: taggedOf(lab, settings, native, profile?.site ?? "") };
}

/** 0 all tagged networks, 1 none, 2 those named. */
function taggedOf(lab: Lab, settings: Json, native: string | undefined, site: string): string[] {
  const kind = numberAt(settings, "networkTagsSetting") ?? 0;
  if (kind === 1) return [];
  if (kind === 2) return textsAt(settings, "tagNetworkIds");
  return [...lab.world.networks.values()]
    .filter((network) => network.site === site && network.id !== native)
    .map((network) => network.id);
}

/** Members of the web document that no write may carry back. */
const READ_ONLY = ["portStatus", "portCap", "id", "switchId", "switchMac", "site", "maxSpeed", "supportPoe", "type"];

/** Changes a port by what the body carries. Throws the refusals of contract §3.6. */
export function changePort(lab: Lab, device: Device, number: string | undefined, body: Json): void {
  const { settings } = portAt(device, number);
  if (READ_ONLY.some((key) => key in body)) throw invalid();
  const next = { ...settings, ...body };
  checkName(body);
  checkProfile(lab, device, next);
  if (flagAt(next, "profileOverrideEnable") === true && "nativeNetworkId" in body)
    if (flagAt(next, "profileVlanOverrideEnable") !== true) throw new ApiError(-39840);
  checkNetworks(lab, device, next);
  if ("poe" in body) checkPoe(device, next);
  Object.assign(settings, body);
  touched(lab, device);
}

/** The switch takes its new configuration. */
export function touched(lab: Lab, device: Device): void {
  configure(device, lab.pace.now(), lab.pace.ms(lab.settings.configureSeconds));
  lab.world.devices.touch(device.mac);
}

export function checkName(body: Json): void {
  const name = textAt(body, "name");
  if (name !== undefined && !/^[^ ?"]$|^[^ ?"][^?"]{0,126}[^ ?"]$/.test(name)) throw invalid();
}

/** The profile exists and can be worn by a port: one without an untagged network cannot, "Disable" aside. */
export function checkProfile(lab: Lab, device: Device, settings: Json): void {
  const profile = lab.world.profiles.get(String(settings["profileId"]));
  if (profile?.site !== device.site) throw new ApiError(-33507);
  if (profile.data["type"] === 1 || lab.version.portVlans) return;
  if (profileVlans(lab, profile).native === undefined) throw invalid();
}

function checkNetworks(lab: Lab, device: Device, settings: Json): void {
  const native = textAt(settings, "nativeNetworkId");
  const tagged = textsAt(settings, "tagNetworkIds");
  const known = (id: string): boolean => lab.world.networks.get(id)?.site === device.site;
  if (![...tagged, ...(native === undefined ? [] : [native])].every(known)) throw invalid();
  if (native !== undefined && tagged.includes(native)) throw invalid();
}

export function checkPoe(device: Device, settings: Json): void {
  if ((MODELS[device.model]?.poePorts ?? 0) === 0) throw new ApiError(-39747);
  if (flagAt(settings, "profileOverrideEnable") !== true) throw new ApiError(-39737);
}
