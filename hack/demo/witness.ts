import type { RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import { HOST } from "./demoManifests.ts";

/** A request as the simulator answered it. */
export interface Call {
  readonly sequence: number;
  /** Milliseconds since the epoch, when it came in. */
  readonly time: number;
  readonly user: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** What happened inside a simulated guest. */
export interface Inside {
  readonly time: number;
  readonly vmid: number;
  readonly what: string;
}

export interface GuestTruth {
  readonly vmid: number;
  readonly running: boolean;
  readonly config: Readonly<Record<string, string>>;
}

/** The simulated host's own log and memory: what really happened, whatever the controller says of it. */
export class Witness {
  readonly #simulator: RunningSimulator;

  constructor(simulator: RunningSimulator) {
    this.#simulator = simulator;
  }

  /** Everything the controller asked, oldest first. */
  async calls(): Promise<readonly Call[]> {
    const all = (await this.#simulator.admin("GET", "/log")) as readonly Call[];
    return all.filter((call) => call.user === this.#simulator.tokenId);
  }

  /** When the controller first asked for this verb since `sinceMs`; undefined when it never did. */
  async asked(verb: "start" | "shutdown" | "stop", vmid: number, sinceMs = 0): Promise<number | undefined> {
    const path = `/nodes/${HOST}/lxc/${String(vmid)}/status/${verb}`;
    const call = (await this.calls()).find((one) => one.method === "POST" && one.path === path && one.time >= sinceMs);
    return call?.time;
  }

  async insides(): Promise<readonly Inside[]> {
    return (await this.#simulator.admin("GET", "/events")) as readonly Inside[];
  }

  /** When this first happened inside the guest since `sinceMs`. */
  async happened(what: string, vmid: number, sinceMs = 0): Promise<number | undefined> {
    const inside = (await this.insides()).find((one) => one.vmid === vmid && one.what === what && one.time >= sinceMs);
    return inside?.time;
  }

  async guests(): Promise<readonly GuestTruth[]> {
    return (await this.#simulator.admin("GET", "/guests")) as readonly GuestTruth[];
  }

  /** The guest dies without a task, as when its first process crashes. */
  async crash(vmid: number): Promise<void> {
    await this.#simulator.admin("POST", `/guests/${String(vmid)}/crash`);
  }

  /** A person presses Stop in the user interface of Proxmox. */
  async stopByHand(vmid: number, user: string): Promise<void> {
    await this.#simulator.admin("POST", `/guests/${String(vmid)}/stop`, { user });
  }

  async upSince(): Promise<number> {
    const { nodes } = (await this.#simulator.admin("GET", "/state")) as { nodes: readonly { bootedAt: number }[] };
    return nodes[0]?.bootedAt ?? 0;
  }
}
