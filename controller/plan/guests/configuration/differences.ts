import type { GuestConfig, GuestSeen } from "../../../providers/port.ts";
import type { GuestInput } from "../guestInput.ts";
import type { Guest, Lab } from "../../lab.ts";
import { containerSettings } from "./containerSettings.ts";
import { containerVolumes } from "./containerVolumes.ts";
import { differs, TOLD, type Difference } from "./difference.ts";
import { interfaces } from "./interfaces.ts";
import { vmDisks } from "./vmDisks.ts";
import { vmSettings } from "./vmSettings.ts";

/** Every declared field whose value is not what is stored, with the way it goes away (A5, A11). */
export function differencesOf(
  object: Guest,
  config: GuestConfig,
  guest: Pick<GuestSeen, "node">,
  lab: Pick<Lab, "segments">,
): readonly Difference[] {
  return [
    // A guest found elsewhere is not brought back by a write (A10).
    ...differs("node", object.spec.node, guest.node, TOLD),
    ...own(object, config),
    ...interfaces(object, config, lab),
  ];
}

/** The differences of a pass, with what it found out about who made them. */
export function differencesIn({ object, sight, lab }: GuestInput): readonly Difference[] {
  if (sight.is !== "present" || sight.config === undefined) return [];
  const { changes = [] } = sight;
  return differencesOf(object, sight.config, sight.guest, lab).map((difference) => {
    const changed = changes.find(({ field, actual }) => field === difference.field && actual === difference.actual);
    return changed === undefined ? difference : { ...difference, changed };
  });
}

/** What only a container, or only a VM, has. */
function own(object: Guest, config: GuestConfig): readonly Difference[] {
  if (object.kind === "Container") return [...containerSettings(object, config), ...containerVolumes(object, config)];
  const { vm } = config;
  return vm === undefined ? [] : [...vmSettings(object, config, vm), ...vmDisks(object, config, vm)];
}
