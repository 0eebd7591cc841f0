import type { ConfigChange, GuestConfig, Startup } from "../providers/port.ts";
import type { GuestAction } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import type { Lab, Member } from "./lab.ts";

/** A layer's order in Proxmox is this times its own, so that there is room below and between. */
export const ORDER_STEP = 10;
const UP_SECONDS = 30;

/** What Proxmox's own autostart should say for a guest (L9); undefined: not our word. */
export interface Autostart {
  readonly onboot: boolean;
  /** Undefined: left as it is. */
  readonly startup: Startup | undefined;
}

export function autostartOf(lab: Lab, member: Member): Autostart | undefined {
  switch (lab.homelab?.spec.proxmoxStartup) {
    case "NoAutostart":
      return { onboot: false, startup: undefined };
    case "Mirror":
      return mirrored(lab, member);
    case "Unmanaged":
    case undefined:
      return undefined;
  }
}

/** A host whose controller is dead still boots in about the right order. */
function mirrored(lab: Lab, member: Member): Autostart | undefined {
  const rank = lab.order.rank(member.layer);
  if (rank === undefined) return undefined;
  const vmids = (lab.byLayer.get(member.layer) ?? []).map((other) => other.object.spec.vmid);
  const last = member.object.spec.vmid === Math.max(...vmids);
  return {
    onboot: !member.held && member.wanted === "Running",
    startup: {
      order: ORDER_STEP * rank,
      ...(last ? { upSeconds: UP_SECONDS } : {}),
      downSeconds: member.object.spec.shutdown.timeoutSeconds,
    },
  };
}

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
