import type { Startup } from "../../providers/port.ts";
import type { Lab, Member } from "../lab.ts";
import { perBlock } from "../row.ts";

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
  const row = lab.byLayer.get(member.layer);
  const last = row !== undefined && member.object.spec.vmid === highestVmid(row);
  return {
    onboot: !member.held && member.wanted === "Running",
    startup: {
      order: ORDER_STEP * rank,
      ...(last ? { upSeconds: UP_SECONDS } : {}),
      downSeconds: member.object.spec.shutdown.timeoutSeconds,
    },
  };
}

const highestVmid = perBlock(
  (members: readonly Member[]) => Math.max(...members.map(({ object }) => object.spec.vmid)),
  (parts) => Math.max(...parts),
);
