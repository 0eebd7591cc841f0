import { ApiError } from "./apiError.ts";
import { configure } from "./deviceState.ts";
import { newId, visibleAt } from "./entities.ts";
import { networkDraft } from "./networkDraft.ts";
import { checkNetwork } from "./networkRules.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { generatedProfile } from "./profiles.ts";
import { ofSite, type Entity } from "./world.ts";

/** Makes a network and the profile of its name. Throws what the real one refuses. */
export function createNetwork(lab: Lab, site: string, body: Json): Entity {
  const draft = networkDraft(body);
  checkNetwork(lab, site, draft);
  if (ofSite(lab.world.profiles, site).some((profile) => profile.data["name"] === draft["name"]))
    throw new ApiError(-33506);
  const network: Entity = { id: newId(), site, visibleAt: visibleAt(lab), data: { ...draft, primary: false } };
  lab.world.networks.set(network.id, network);
  const profile = generatedProfile(lab, network);
  lab.world.profiles.set(profile.id, profile);
  deliver(lab, network);
  return network;
}

export function networkAt(lab: Lab, site: string, id: string | undefined): Entity {
  const network = lab.world.networks.get(id ?? "");
  if (network?.site !== site) throw new ApiError(-33503);
  return network;
}

/** Replaces what a network is; its profile keeps the name of the network. */
export function updateNetwork(lab: Lab, network: Entity, body: Json): void {
  const draft = networkDraft(body);
  checkNetwork(lab, network.site, draft, network);
  const profile = ofSite(lab.world.profiles, network.site).find((each) => each.data["networkId"] === network.id);
  if (profile !== undefined) {
    profile.data["name"] = draft["name"];
    lab.world.profiles.touch(profile.id);
  }
  network.data = { ...draft, primary: network.data["primary"] };
  lab.world.networks.touch(network.id);
  deliver(lab, network);
}

export function deleteNetwork(lab: Lab, network: Entity): void {
  if (network.data["primary"] === true) throw new ApiError(-33505);
  const { world } = lab;
  const native = (ports: Record<number, Json>): boolean =>
    Object.values(ports).some((port) => {
      const profile = world.profiles.get(String(port["profileId"]));
      return port["nativeNetworkId"] === network.id || profile?.data["nativeNetworkId"] === network.id;
    });
  if (world.devicesOf(network.site).some((device) => device.kind === "switch" && native(device.ports)))
    throw new ApiError(-33566);
  world.networks.delete(network.id);
  for (const profile of ofSite(world.profiles, network.site)) {
    if (profile.data["networkId"] === network.id) world.profiles.delete(profile.id);
  }
  deliver(lab, network);
}

/** The gateway and the switches take a new configuration. */
function deliver(lab: Lab, network: Entity): void {
  for (const device of lab.world.devicesOf(network.site)) {
    if (device.kind === "ap") continue;
    configure(device, lab.pace.now(), lab.pace.ms(lab.settings.configureSeconds));
    lab.world.devices.touch(device.mac);
  }
}
