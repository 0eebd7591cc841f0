import type { Homelab } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Lab, Member } from "../lab.ts";
import { autostartOf, ORDER_STEP } from "./autostart.ts";

/** Who starts the guests after a power cut, and in which order: condition BootOrderHonoured (L9). */
export function bootOrderClaim(homelab: Homelab, lab: Lab): Claim {
  const mode = homelab.spec.proxmoxStartup;
  const self = selfTrouble(lab, mode);
  if (self !== undefined) return claim("False", "ControllerNotStarted", self);
  const members = [...lab.members.values()].filter((member) => !member.leaving && !isSelf(lab, member));
  if (members.some((member) => member.onboot === undefined && member.power !== "Absent")) return unread(homelab);
  switch (mode) {
    case "Unmanaged":
      return unmanaged(members);
    case "NoAutostart":
      return noAutostart(members);
    case "Mirror":
      return mirrored(lab, members);
  }
}

/** Nobody starts the controller after a power cut, or not before the others. */
function selfTrouble({ self }: Lab, mode: Homelab["spec"]["proxmoxStartup"]): string | undefined {
  if (self === undefined) return undefined;
  const own = `the controller's own guest ${self.vmid}`;
  if (self.onboot === false)
    return `${own} has onboot=0: after a power cut nobody starts it, and so nothing. Set onboot=1 for ${self.vmid} in Proxmox`;
  if (mode !== "Mirror" || self.onboot === undefined) return undefined;
  if (self.order !== undefined && self.order < ORDER_STEP) return undefined;
  const order = self.order === undefined ? "no startup order, so it starts last" : `startup order ${self.order}`;
  return `${own} has ${order}, and must start before all members: give it order=1 in Proxmox`;
}

function isSelf({ self }: Lab, member: Member): boolean {
  return self !== undefined && member.cluster === self.cluster && member.object.spec.vmid === self.vmid;
}

/** After a start of the controller the written word stands until every configuration was read (L10). */
function unread(homelab: Homelab): Claim {
  const before = homelab.status?.conditions?.find(({ type }) => type === "BootOrderHonoured");
  if (before !== undefined) return claim(before.status, before.reason, before.message);
  return claim("Unknown", "Unknown", "the guests' onboot has not been read yet");
}

function controllerStarts(): Claim {
  return claim("True", "ControllerStarts", "Proxmox starts none of the members itself; the controller does, in order");
}

function unmanaged(members: readonly Member[]): Claim {
  const starts = vmidsOf(members.filter((member) => member.onboot === true));
  if (starts === "") return controllerStarts();
  return claim(
    "False",
    "ProxmoxStartsGuests",
    `Proxmox starts ${starts} itself at boot (onboot=1), in its own order, before anybody looks. ` +
      "Set spec.proxmoxStartup: NoAutostart, or Mirror where the controller runs inside, or onboot=0 on these",
  );
}

function noAutostart(members: readonly Member[]): Claim {
  const starts = vmidsOf(members.filter((member) => member.onboot === true));
  if (starts === "") return controllerStarts();
  return claim(
    "False",
    "ProxmoxStartsGuests",
    `Proxmox still starts ${starts} itself at boot (onboot=1): onboot is written only on marked guests that are not protected, suspended or under ` +
      "management: Power or Observe. Set onboot=0 on these in Proxmox",
  );
}

function mirrored(lab: Lab, members: readonly Member[]): Claim {
  const off = vmidsOf(
    members.filter((member) => member.onboot !== undefined && autostartOf(lab, member)?.onboot !== member.onboot),
  );
  if (off === "") return claim("True", "Mirrored", "Proxmox's own start order mirrors the layers");
  return claim(
    "False",
    "NotMirrored",
    `onboot is not as the layers want it on ${off}: it is written only on marked guests that are not protected, suspended or under management: Power or Observe`,
  );
}

function vmidsOf(members: readonly Member[]): string {
  return members
    .map((member) => member.object.spec.vmid)
    .sort((a, b) => a - b)
    .join(", ");
}

function claim(status: Claim["status"], reason: string, message: string): Claim {
  return { type: "BootOrderHonoured", status, reason, message };
}
