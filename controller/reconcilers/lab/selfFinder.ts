import { ProviderError } from "../../base/outcome.ts";
import type { SelfGuest } from "../../plan/lab.ts";
import type { GuestConfig, GuestSeen } from "../../providers/port.ts";
import type { Connection, Connections } from "../shared/connections.ts";

/** What the process can tell of the machine it runs on (I6). */
export interface Clues {
  readonly hostname: string;
  /** Inside an LXC container, by the environment of its init or its cgroup. */
  readonly inContainer: boolean;
  /** systemUUIDs of the Kubernetes nodes, lower case; undefined: we may not list them. */
  readonly nodeUuids: readonly string[] | undefined;
}

/** Finds the guests the controller and its Kubernetes run in. Looks once per connection, reads only (I6). */
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

  /**
   * Looks through a cluster's guests, the first time it has been seen; true when something was found then. Where Proxmox
   * fails to answer nothing is concluded, and the next pass looks again.
   */
  async look(namespace: string, cluster: string, signal: AbortSignal): Promise<boolean> {
    const connection = this.#connections.of(namespace, cluster);
    const seen = connection?.port.seen();
    if (connection === undefined || seen === undefined || this.#looked.has(connection)) return false;
    const running = [...seen.guests.values()].filter((guest) => guest.power === "Running");
    const clues = await this.#clues();
    let guests: readonly GuestSeen[];
    let config: GuestConfig | undefined;
    try {
      guests = [...byName(running, clues), ...(await byUuid(running, clues, connection, signal))];
      config = guests[0] === undefined ? undefined : await configOf(guests[0], connection, signal);
    } catch (error) {
      if (error instanceof ProviderError) return false;
      throw error;
    }
    this.#looked.add(connection);
    const [first, ...others] = guests;
    if (first === undefined) return false;
    this.#found.set(`${namespace}/${cluster}`, {
      cluster,
      vmid: first.vmid,
      others: others.map((guest) => guest.vmid),
      onboot: config?.onboot,
      order: config?.startup.order,
    });
    return true;
  }
}

/** The container of our host name. Two of the same name leave it open which is ours. */
function byName(running: readonly GuestSeen[], { inContainer, hostname }: Clues): readonly GuestSeen[] {
  if (!inContainer) return [];
  const own = running.filter((guest) => guest.type === "lxc" && firstLabel(guest.name) === firstLabel(hostname));
  return own.length === 1 ? own : [];
}

/** Proxmox may show the name with the domain or without. */
function firstLabel(name: string): string {
  return name.toLowerCase().split(".")[0] ?? "";
}

/** Every VM that is a node of our Kubernetes. */
async function byUuid(
  running: readonly GuestSeen[],
  { nodeUuids = [] }: Clues,
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly GuestSeen[]> {
  if (nodeUuids.length === 0) return [];
  const found: GuestSeen[] = [];
  for (const guest of running.filter(({ type }) => type === "qemu")) {
    const config = await configOf(guest, connection, signal);
    if (config?.smbiosUuid !== undefined && nodeUuids.includes(config.smbiosUuid)) found.push(guest);
  }
  return found;
}

/** Undefined when we may not read it or it is just gone: then it cannot be told. */
async function configOf(guest: GuestSeen, { port }: Connection, signal: AbortSignal): Promise<GuestConfig | undefined> {
  try {
    return await port.readConfig(guest, signal);
  } catch (error) {
    if (error instanceof ProviderError && (error.kind === "permission" || error.kind === "missing")) return undefined;
    throw error;
  }
}
