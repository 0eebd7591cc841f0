import type { ClusterSeen, GuestSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";

/** What is new in the last look at a cluster. */
export interface News {
  /** Everybody is concerned: the first look, another reach, a node that came, went or booted. */
  readonly whole: boolean;
  /** Looks begin to fail, or to be answered again: for a while only the cluster itself is concerned (O3). */
  readonly doubt: boolean;
  /** Guests that look otherwise. */
  readonly vmids: ReadonlySet<number>;
  /** The look before; what was read of a guest since then is newer than that. Infinity: there was none. */
  readonly since: number;
  /** Proxmox has answered: what it shows is as of now. */
  readonly looked: boolean;
  /** The list got shorter: gone, or no longer shown to us (O4). */
  readonly shrank: boolean;
}

interface Last {
  readonly seen: ClusterSeen | undefined;
  readonly reach: string;
  readonly sure: boolean;
}

/** Remembers the last look at each cluster, to tell what is new in the next. */
export class ViewWatch {
  readonly #last = new WeakMap<Connection, Last>();

  news(connection: Connection): News {
    const before = this.#last.get(connection);
    const seen = connection.port.seen();
    const reach = JSON.stringify(connection.port.reach());
    const sure = connection.port.sure();
    this.#last.set(connection, { seen, reach, sure });
    const old = before?.seen;
    const first = old === undefined && seen !== undefined;
    return {
      whole: before?.reach !== reach || first || nodesChanged(old, seen),
      doubt: before !== undefined && before.sure !== sure,
      vmids: changedGuests(old, seen),
      since: old?.sequence ?? Infinity,
      looked: seen !== undefined && seen !== old,
      shrank: old !== undefined && seen !== undefined && seen.guests.size < old.guests.size,
    };
  }
}

/** Guests that look different in the new view; their vmids. */
function changedGuests(before: ClusterSeen | undefined, after: ClusterSeen | undefined): ReadonlySet<number> {
  const changed = new Set<number>();
  for (const vmid of [...(before?.guests.keys() ?? []), ...(after?.guests.keys() ?? [])]) {
    const old = before?.guests.get(vmid);
    const now = after?.guests.get(vmid);
    if (faceOf(old) !== faceOf(now) || nodeOf(before, old) !== nodeOf(after, now)) changed.add(vmid);
  }
  return changed;
}

/** What a change of tells that a guest is to be looked at. */
export function faceOf(guest: GuestSeen | undefined): string {
  if (guest === undefined) return "";
  return JSON.stringify([
    guest.type,
    guest.node,
    guest.name,
    guest.power,
    guest.startTime,
    guest.tags,
    guest.lock,
    guest.template,
    guest.ha,
  ]);
}

function nodeOf(seen: ClusterSeen | undefined, guest: GuestSeen | undefined): string {
  const node = guest === undefined ? undefined : seen?.nodes.get(guest.node);
  return node === undefined ? "" : `${String(node.online)}/${String(node.bootTime)}`;
}

/** Nodes that came, went, or booted. */
function nodesChanged(before: ClusterSeen | undefined, after: ClusterSeen | undefined): boolean {
  const face = (seen: ClusterSeen | undefined): string =>
    JSON.stringify(
      [...(seen?.nodes.values() ?? [])]
        .map((node) => [node.name, node.online, node.bootTime, node.rebooted, node.version])
        .sort(),
    );
  return face(before) !== face(after);
}
