import type { Container } from "../../api/index.ts";
import type { Permissions } from "../../providers/port.ts";
import { isToMove } from "./handledNode.ts";
import type { Guest, Lab, Member } from "../lab.ts";
import { vmCreationNeeds } from "./machineNeeds.ts";
import { bridgeNeed, bridgePath, guestPath, lacking, on, type Need } from "../need.ts";

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
    ...members.flatMap((member) => needsOf(member, lab, { ...known, nodes })),
    ...segmentNeeds(lab, cluster),
  ];
  return lacking(known.permissions, needs).slice(0, most);
}

interface ClusterKnown {
  readonly version: string | undefined;
  readonly nodes: readonly string[];
}

function needsOf(member: Member, lab: Lab, { version, nodes }: ClusterKnown): readonly Need[] {
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
  const mirrored = object.kind === "VirtualMachine" && lab.homelab?.spec.proxmoxStartup === "Mirror";
  return [
    ...owned,
    // Only of a VM the startup order is the datacenter's (contract 9.2).
    ...(mirrored ? on("/", "Sys.Modify") : []),
    ...(isNew(member) ? makingNeeds(object, lab, nodes) : []),
  ];
}

/** Nothing where the spec does not ask for it to be made. */
function makingNeeds(object: Guest, lab: Lab, nodes: readonly string[]): readonly Need[] {
  if (object.kind === "VirtualMachine") return vmCreationNeeds(object, lab, nodes);
  return object.spec.template === undefined || object.spec.rootfs === undefined ? [] : creationNeeds(object, lab);
}

/** A VM's addresses come from its agent, and only probes without a host of their own ask for them. */
function agentNeeds({ object, agent }: Member, version: string | undefined): readonly Need[] {
  if (object.kind !== "VirtualMachine" || agent !== true || (object.spec.probes ?? []).length === 0) return [];
  const since9 = version !== undefined && Number.parseInt(version, 10) >= 9;
  return on(guestPath(object.spec.vmid), since9 ? "VM.GuestAgent.Audit" : "VM.Monitor");
}

/** Never here before: what was seen once is not created again by itself (I5). */
function isNew(member: Member): boolean {
  const { object } = member;
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
