import type { Permissions } from "../providers/port.ts";

/** A privilege and where it is needed. */
export interface Need {
  readonly privilege: string;
  readonly path: string;
  /** Any one of these does as well. */
  readonly or?: readonly string[];
  /** All of these together do as well. */
  readonly unless?: readonly Need[];
}

/** True when the privilege holds on the path: the nearest listed ancestor decides, and from above only if it propagates. */
export function allows(permissions: Permissions, path: string, privilege: string): boolean {
  const own = permissions.get(path);
  if (own !== undefined) return own.has(privilege);
  const parts = path.split("/").filter((part) => part !== "");
  for (let length = parts.length - 1; length >= 0; length--) {
    const above = permissions.get(`/${parts.slice(0, length).join("/")}`);
    if (above !== undefined) return above.get(privilege) === true;
  }
  return false;
}

/** Those of the needs that the token lacks; each once. */
export function lacking(permissions: Permissions, needs: readonly Need[]): readonly Need[] {
  const missing = needs.filter((need) => !isMet(permissions, need));
  return [...new Map(missing.map((need) => [`${need.privilege} ${need.path}`, need])).values()];
}

function isMet(permissions: Permissions, { privilege, path, or = [], unless }: Need): boolean {
  if ([privilege, ...or].some((name) => allows(permissions, path, name))) return true;
  return unless?.every((need) => isMet(permissions, need)) === true;
}

/** "VM.PowerMgmt on /vms/101". */
export function needText({ privilege, path }: Need): string {
  return `${privilege} on ${path}`;
}

/** Each of these privileges on the path. */
export function on(path: string, ...privileges: readonly string[]): readonly Need[] {
  return privileges.map((privilege) => ({ privilege, path }));
}

export function guestPath(vmid: number): string {
  return `/vms/${String(vmid)}`;
}

export function bridgeNeed(bridge: string): Need {
  return { privilege: "SDN.Audit", path: bridgePath(bridge), or: ["SDN.Use"] };
}

/** Using a bridge with a tag is a privilege of its own. */
export function bridgePath(bridge: string, vlan?: number): string {
  const path = `/sdn/zones/localnetwork/${bridge}`;
  return vlan === undefined ? path : `${path}/${String(vlan)}`;
}
