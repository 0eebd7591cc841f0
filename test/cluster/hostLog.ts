import type { LogEntry } from "../simulators/proxmox/accessLog.ts";
import type { RunningSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";

/** A task as the simulated host knows it. */
export interface HostTask {
  readonly upid: string;
  readonly type: string;
  readonly id: string;
  readonly user: string;
  /** How it ended; absent while it runs. */
  readonly exit?: string;
}

/** The witness: what the simulated host was asked by our token, and which tasks came of it. */
export class HostLog {
  readonly #simulator: Pick<RunningSimulator, "admin" | "tokenId">;

  constructor(simulator: Pick<RunningSimulator, "admin" | "tokenId">) {
    this.#simulator = simulator;
  }

  /** Every request after that sequence number, oldest first; those that were cut before they were read name nobody. */
  async all(since = 0): Promise<readonly LogEntry[]> {
    return (await this.#simulator.admin("GET", `/log?since=${String(since)}`)) as readonly LogEntry[];
  }

  /** The number of the last request so far. */
  async mark(): Promise<number> {
    return (await this.all()).at(-1)?.sequence ?? 0;
  }

  /** Everything that was meant to change something. */
  async mutations(since = 0): Promise<readonly LogEntry[]> {
    return (await this.all(since)).filter((entry) => entry.method !== "GET");
  }

  /** Tasks of our token, of all types and guests or only these. */
  async tasks(type?: string, vmid?: number): Promise<readonly HostTask[]> {
    const all = (await this.#simulator.admin("GET", "/tasks")) as readonly HostTask[];
    return all.filter(
      (task) =>
        task.user === this.#simulator.tokenId &&
        (type === undefined || task.type === type) &&
        (vmid === undefined || task.id === String(vmid)),
    );
  }
}
