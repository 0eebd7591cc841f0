import type { ConfigChange, GuestConfig, Startup } from "../../providers/port.ts";
import { autostartOf, type Autostart } from "../layers/autostart.ts";
import type { GuestAction } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import type { Lab } from "../lab.ts";

/** The write that makes it so, or undefined when it is so already or cannot be known. */
export function startupAction({ lab, member, sight, ownership, object }: GuestInput): GuestAction | undefined {
  if (ownership?.is !== "ours" || object.spec.management !== "Full") return undefined;
  const wanted = autostartOf(lab, member);
  const config = sight.is === "present" ? sight.config : undefined;
  if (wanted === undefined || config === undefined) return undefined;
  const change = changeOf(wanted, config);
  if (Object.keys(change).length === 0) return undefined;
  return { op: "SetStartup", effect: "configures", makesTask: false, because: becauseOf(lab, wanted), change };
}

/** Only what differs is sent (A5). */
function changeOf({ onboot, startup }: Autostart, config: GuestConfig): ConfigChange {
  return {
    ...(onboot === config.onboot ? {} : { onboot }),
    ...(startup === undefined || isSameStartup(startup, config.startup) ? {} : { startup }),
  };
}

function isSameStartup(a: Startup, b: Startup): boolean {
  return a.order === b.order && a.upSeconds === b.upSeconds && a.downSeconds === b.downSeconds;
}

function becauseOf(lab: Lab, { onboot, startup }: Autostart): string {
  const order = startup?.order === undefined ? "" : `, order ${startup.order}`;
  return `proxmoxStartup is ${lab.homelab?.spec.proxmoxStartup ?? ""}: onboot=${onboot ? "1" : "0"}${order}`;
}
