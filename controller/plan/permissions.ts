import type { Permissions } from "../providers/port.ts";
import { startable } from "./boot.ts";
import type { Lab, Member } from "./lab.ts";

/** A privilege and where it is needed. */
export interface Need {
  readonly privilege: string;
  readonly path: string;
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

/** What the declared objects need of a cluster's token and it lacks; each once, at most `most`. */
export function missingPermissions(lab: Lab, cluster: string, permissions: Permissions, most = 256): readonly Need[] {
  const members = [...lab.members.values()].filter((member) => member.cluster === cluster);
  const nodes = lab.hosts.filter((host) => host.cluster === cluster).map((host) => host.name);
  const needs = [
    ...nodes.map((node) => ({ privilege: "Sys.Audit", path: `/nodes/${node}` })),
    ...members.flatMap((member) => needsOf(member, lab)),
  ];
  const missing = needs.filter((need) => !allows(permissions, need.path, need.privilege));
  return [...new Map(missing.map((need) => [`${need.privilege} ${need.path}`, need])).values()].slice(0, most);
}

function needsOf(member: Member, lab: Lab): Need[] {
  const path = `/vms/${String(member.object.spec.vmid)}`;
  const need = (...privileges: string[]): Need[] => privileges.map((privilege) => ({ privilege, path }));
  const { management } = member.object.spec;
  if (management === "Observe") return need("VM.Audit");
  if (management === "Power") return need("VM.Audit", "VM.PowerMgmt");
  return [
    ...need("VM.Audit", "VM.PowerMgmt", "VM.Config.Options"),
    ...creationNeeds(member, need),
    ...mirrorNeeds(member, lab),
  ];
}

/** Creating, and destroying by policy, need VM.Allocate; the options of the create call theirs (contract 9.1). */
function creationNeeds(member: Member, need: (...privileges: string[]) => Need[]): Need[] {
  const { object } = member;
  if (object.kind !== "Container") return [];
  const creates =
    member.power === "Absent" &&
    object.spec.template !== undefined &&
    object.spec.rootfs !== undefined &&
    startable(member);
  const destroys = object.spec.deletionPolicy === "Delete";
  const creation = creates ? need("VM.Config.CPU", "VM.Config.Memory", "VM.Config.Disk", "VM.Config.Network") : [];
  const storages = creates
    ? storagesOf(object.spec).map((storage) => ({ privilege: "Datastore.AllocateSpace", path: `/storage/${storage}` }))
    : [];
  return [...(creates || destroys ? need("VM.Allocate") : []), ...creation, ...storages];
}

function storagesOf(spec: {
  readonly rootfs?: { readonly storage: string };
  readonly mounts?: readonly { readonly storage?: string }[];
}): string[] {
  return [spec.rootfs?.storage, ...(spec.mounts ?? []).map((mount) => mount.storage)].filter(
    (storage) => storage !== undefined,
  );
}

/** A VM's startup order needs Sys.Modify on / (contract 5.2). */
function mirrorNeeds(member: Member, lab: Lab): Need[] {
  const mirrors = lab.homelab?.spec.proxmoxStartup === "Mirror" && member.object.kind === "VirtualMachine";
  return mirrors ? [{ privilege: "Sys.Modify", path: "/" }] : [];
}
