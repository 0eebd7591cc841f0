import type { SelfGuest } from "../plan/lab.ts";
import type { GuestSeen } from "../providers/port.ts";
import type { Connection, Connections } from "./connections.ts";

/** What the process can tell of the machine it runs on (I6). */
export interface Clues {
  readonly hostname: string;
  /** Inside an LXC container, by the environment of its init or its cgroup. */
  readonly inContainer: boolean;
  /** systemUUIDs of the Kubernetes nodes, lower case; undefined: we may not list them. */
  readonly nodeUuids: readonly string[] | undefined;
}

/** Finds the guest the controller, or a node of its Kubernetes, runs in. Looks once per connection, reads only. */
export class SelfFinder {
  readonly #clues: () => Promise<Clues>;
  readonly #connections: Connections;
  readonly #found = new Map<string, SelfGuest>();
  readonly #looked = new WeakSet<Connection>();

  constructor(clues: () => Promise<Clues>, connections: Connections) {
    this.#clues = clues;
    this.#connections = connections;
  }

  of(namespace: string, clusters: readonly string[]): SelfGuest | undefined {
    return clusters.map((name) => this.#found.get(`${namespace}/${name}`)).find((found) => found !== undefined);
  }

  /** Looks through a cluster's guests, the first time it has been seen; true when something was found then. */
  async look(namespace: string, cluster: string, signal: AbortSignal): Promise<boolean> {
    const connection = this.#connections.of(namespace, cluster);
    const seen = connection?.port.seen();
    if (connection === undefined || seen === undefined || this.#looked.has(connection)) return false;
    const clues = await this.#clues();
    const guest = await this.#find(connection, [...seen.guests.values()], clues, signal);
    this.#looked.add(connection);
    if (guest === undefined) return false;
    const config = await connection.port.readConfig(guest, signal).catch(() => undefined);
    this.#found.set(`${namespace}/${cluster}`, {
      cluster,
      vmid: guest.vmid,
      onboot: config?.onboot,
      order: config?.startup.order,
    });
    return true;
  }

  async #find(
    connection: Connection,
    guests: readonly GuestSeen[],
    clues: Clues,
    signal: AbortSignal,
  ): Promise<GuestSeen | undefined> {
    if (clues.inContainer) {
      const own = guests.find(
        (guest) => guest.type === "lxc" && guest.power === "Running" && guest.name === clues.hostname,
      );
      if (own !== undefined) return own;
    }
    const uuids = clues.nodeUuids ?? [];
    if (uuids.length === 0) return undefined;
    for (const guest of guests.filter((g) => g.type === "qemu" && g.power === "Running")) {
      const config = await connection.port.readConfig(guest, signal).catch(() => undefined);
      if (config?.smbiosUuid !== undefined && uuids.includes(config.smbiosUuid)) return guest;
    }
    return undefined;
  }
}
