import type { GuestConfig, Startup } from "../providers/port.ts";
import type { GuestAction, GuestInput } from "./guestInput.ts";
import type { Lab, Member } from "./lab.ts";

const ORDER_STEP = 10;
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
  if (sight.is !== "present" || sight.config === undefined || ownership?.is !== "ours") return undefined;
  if (object.spec.management !== "Full") return undefined;
  const wanted = autostartOf(lab, member);
  if (wanted === undefined) return undefined;
  const onboot = wanted.onboot !== sight.config.onboot;
  const startup = wanted.startup !== undefined && !sameStartup(wanted.startup, sight.config);
  if (!onboot && !startup) return undefined;
  const mode = lab.homelab?.spec.proxmoxStartup ?? "";
  return {
    op: "SetStartup",
    effect: "configures",
    makesTask: false,
    because: `proxmoxStartup is ${mode}: onboot=${wanted.onboot ? "1" : "0"}${wanted.startup === undefined ? "" : `, order ${String(wanted.startup.order)}`}`,
    change: {
      ...(onboot ? { onboot: wanted.onboot } : {}),
      ...(startup && wanted.startup !== undefined ? { startup: wanted.startup } : {}),
    },
  };
}

function sameStartup(wanted: Startup, { startup }: GuestConfig): boolean {
  return (
    wanted.order === startup.order &&
    wanted.upSeconds === startup.upSeconds &&
    wanted.downSeconds === startup.downSeconds
  );
}
