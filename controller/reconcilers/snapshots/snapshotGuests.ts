import { guestTypeOf } from "../../plan/guests/guestTypeOf.ts";
import { idOf, type Guest, type Lab } from "../../plan/lab.ts";
import { ownershipOf } from "../../plan/mark.ts";
import type { GuestRef, GuestSeen, ProxmoxPort } from "../../providers/port.ts";
import type { World } from "../../runtime/store.ts";
import type { Connections } from "../shared/connections.ts";
import type { LabSource } from "../lab/labSource.ts";
import { clusterOf } from "../shared/resolve.ts";

/** Where a guest is, or why it can't be told now. */
export type Place =
  | { readonly cluster: string; readonly port: ProxmoxPort; readonly ref: GuestRef; readonly seen: GuestSeen }
  /** `gone`: the host answers, and has no such guest. */
  | { readonly away: string; readonly gone: boolean };

export function placeOf(
  guest: Guest,
  { world, connections }: { readonly world: Pick<World, "list">; readonly connections: Connections },
): Place {
  const cluster = clusterOf(guest, guest.spec.clusterRef, world);
  if (typeof cluster === "string") return { away: cluster, gone: false };
  const { name } = cluster.metadata;
  const port = connections.of(guest.metadata.namespace, name)?.port;
  if (port?.reach().is !== "reachable") return { away: `ProxmoxCluster ${name} cannot be reached`, gone: false };
  const seen = port.seen()?.guests.get(guest.spec.vmid);
  if (seen === undefined) return { away: "Proxmox lists no such guest", gone: true };
  return { cluster: name, port, ref: { type: seen.type, node: seen.node, vmid: seen.vmid }, seen };
}

/** Why the policy may not touch the guest; undefined: it may (I3, I6). */
export function barredBy(guest: Guest, seen: GuestSeen, lab: Lab, labs: LabSource): string | undefined {
  const { namespace, name } = guest.metadata;
  const { management, vmid } = guest.spec;
  if (management !== "Full")
    return `management is ${management}; snapshots need Full, which puts our mark on the guest`;
  if (seen.type !== guestTypeOf(guest)) return "the guest is of the other type";
  const owner = ownershipOf(seen.tags, { namespace, name }, vmid, labs.claims(namespace).vmidsOf(vmid));
  if (owner.is !== "ours") return "the guest does not carry this object's mark";
  return lab.members.get(idOf(guest))?.suspended === true ? "the guest is suspended" : undefined;
}
