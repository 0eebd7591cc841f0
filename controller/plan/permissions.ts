import type { Container } from "../api/index.ts";
import type { Permissions } from "../providers/port.ts";
import { isToMove } from "./handledNode.ts";
import type { Lab, Member } from "./lab.ts";

/** A privilege and where it is needed. */
export interface Need {
  readonly privilege: string;
  readonly path: string;
  /** Any one of these does as well. */
  readonly or?: readonly string[];
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
  const missing = needs.filter(
    ({ privilege, path, or = [] }) => ![privilege, ...or].some((name) => allows(permissions, path, name)),
  );
  return [...new Map(missing.map((need) => [`${need.privilege} ${need.path}`, need])).values()];
}

/** "VM.PowerMgmt on /vms/101". */
export function needText({ privilege, path }: Need): string {
  return `${privilege} on ${path}`;
}

/** What the declared objects need of a cluster's token and it lacks; each once, at most `most` (contract 9.1). */
export function missingPermissions(
  lab: Lab,
  cluster: string,
  known: { readonly permissions: Permissions; readonly version: string | undefined },
  most = 256,
): readonly Need[] {
  const members = [...lab.members.values()].filter((member) => member.cluster === cluster);
  const nodes = lab.hosts.filter((host) => host.cluster === cluster).map((host) => host.name);
  const needs = [
    ...nodes.map((node) => ({ privilege: "Sys.Audit", path: `/nodes/${node}` })),
    ...members.flatMap((member) => needsOf(member, lab, known.version)),
    ...segmentNeeds(lab, cluster),
  ];
  return lacking(known.permissions, needs).slice(0, most);
}

/** Each of these privileges on the path. */
export function on(path: string, ...privileges: readonly string[]): readonly Need[] {
  return privileges.map((privilege) => ({ privilege, path }));
}

export function guestPath(vmid: number): string {
  return `/vms/${String(vmid)}`;
}

function needsOf(member: Member, lab: Lab, version: string | undefined): readonly Need[] {
  const { object } = member;
  const { management, vmid } = object.spec;
  const path = guestPath(vmid);
  const seeing = [...on(path, "VM.Audit"), ...agentNeeds(member, version)];
  if (management === "Observe") return seeing;
  if (management === "Power") return [...seeing, ...on(path, "VM.PowerMgmt")];
  const owned = [
    ...seeing,
    ...on(path, "VM.PowerMgmt", "VM.Config.Options"),
    ...(lab.snapshotted?.has(member.id) === true ? on(path, "VM.Snapshot") : []),
    ...(isToMove(object) ? migrationNeeds(vmid) : []),
    ...(object.spec.deletionPolicy === "Delete" ? destructionNeeds(vmid) : []),
  ];
  if (object.kind === "VirtualMachine")
    // Only of a VM the startup order is the datacenter's (contract 9.2).
    return [...owned, ...(lab.homelab?.spec.proxmoxStartup === "Mirror" ? on("/", "Sys.Modify") : [])];
  return [...owned, ...(willBeCreated(member) ? creationNeeds(object, lab) : [])];
}

/** A VM's addresses come from its agent, and only probes without a host of their own ask for them. */
function agentNeeds({ object, agent }: Member, version: string | undefined): readonly Need[] {
  if (object.kind !== "VirtualMachine" || agent !== true || (object.spec.probes ?? []).length === 0) return [];
  const since9 = version !== undefined && Number.parseInt(version, 10) >= 9;
  return on(guestPath(object.spec.vmid), since9 ? "VM.GuestAgent.Audit" : "VM.Monitor");
}

/** Never here before, and asked for: what was seen once is not created again by itself (I5). */
function willBeCreated(member: Member): boolean {
  const { object } = member;
  if (object.kind !== "Container" || object.spec.template === undefined || object.spec.rootfs === undefined)
    return false;
  const fresh = member.power === "Absent" && object.status?.seenVmid !== object.spec.vmid;
  return fresh && !member.leaving && !member.suspended;
}

/** What a create call needs (contract 4.1, 9.1). */
export function creationNeeds({ spec }: Container, { segments }: Pick<Lab, "segments">): readonly Need[] {
  const storages = [spec.rootfs?.storage, ...(spec.mounts ?? []).map((mount) => mount.storage)];
  const [template] = spec.template?.split(":") ?? [];
  const wires = (spec.networks ?? []).flatMap((network) => {
    const segment = segments.get(network.segmentRef?.name ?? "")?.spec;
    const bridge = segment === undefined ? network.bridge : segment.proxmox?.bridge;
    const vlan = segment === undefined ? network.vlan : segment.vlan;
    return bridge === undefined ? [] : [bridgePath(bridge, vlan)];
  });
  const config = ["VM.Config.CPU", "VM.Config.Memory", "VM.Config.Disk", "VM.Config.Network", "VM.Config.Options"];
  return [
    ...on(guestPath(spec.vmid), "VM.Allocate", ...config),
    ...storages.flatMap((storage) =>
      storage === undefined ? [] : on(`/storage/${storage}`, "Datastore.AllocateSpace"),
    ),
    ...(template === undefined
      ? []
      : [{ privilege: "Datastore.Audit", path: `/storage/${template}`, or: ["Datastore.AllocateSpace"] }]),
    ...wires.flatMap((path) => on(path, "SDN.Use")),
    ...(spec.unprivileged === false ? on("/", "Sys.Modify") : []),
  ];
}

/** Backup jobs are read before, to see what would be lost, and only Sys.Audit on / shows them (contract 7.4). */
export function destructionNeeds(vmid: number): readonly Need[] {
  return [...on(guestPath(vmid), "VM.Allocate"), ...on("/", "Sys.Audit")];
}

/** Only where spec.node was changed: the lab's token needs it for nothing else. */
export function migrationNeeds(vmid: number): readonly Need[] {
  return on(guestPath(vmid), "VM.Migrate");
}

/** A bridge is listed only for who may use or audit it: without that nobody can tell whether it exists (contract 6.1). */
function segmentNeeds(lab: Lab, cluster: string): readonly Need[] {
  const only = lab.clusters.size === 1;
  return [...lab.segments.values()]
    .flatMap(({ spec }) => spec.proxmox ?? [])
    .filter(({ clusterRef }) => (clusterRef === undefined ? only : clusterRef.name === cluster))
    .map(({ bridge }) => bridgeNeed(bridge));
}

export function bridgeNeed(bridge: string): Need {
  return { privilege: "SDN.Audit", path: bridgePath(bridge), or: ["SDN.Use"] };
}

/** Using a bridge with a tag is a privilege of its own. */
export function bridgePath(bridge: string, vlan?: number): string {
  const path = `/sdn/zones/localnetwork/${bridge}`;
  return vlan === undefined ? path : `${path}/${String(vlan)}`;
}
