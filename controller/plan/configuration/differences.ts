import type { GuestConfig, GuestSeen } from "../../providers/port.ts";
import type { Guest, Lab } from "../lab.ts";
import { containerNetworks } from "./containerNetworks.ts";
import { containerSettings } from "./containerSettings.ts";
import { containerVolumes } from "./containerVolumes.ts";
import { differs, TOLD, type Difference } from "./difference.ts";

/** Every declared field whose value is not what is stored, with the way it goes away (A5, A11). */
export function differencesOf(
  object: Guest,
  config: GuestConfig,
  guest: Pick<GuestSeen, "node">,
  lab: Pick<Lab, "segments">,
): readonly Difference[] {
  if (object.kind !== "Container") return [];
  return [
    // A guest found elsewhere is not brought back by a write (A10).
    ...differs("node", object.spec.node, guest.node, TOLD),
    ...containerSettings(object, config),
    ...containerVolumes(object, config),
    ...containerNetworks(object, config, lab),
  ];
}
