import type { Log } from "../../controller/base/log.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { MutationName, ProxmoxPort } from "../../controller/providers/port.ts";
import { Calls, type Fault } from "./calls.ts";
import { FakeWorld, refusal } from "./proxmoxWorld.ts";

/** One mutation that reached the cluster, whether or not the caller heard of it. */
export interface FakeMutation {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly call: MutationName;
  readonly vmid: number;
  /** False when Proxmox refused it. */
  readonly done: boolean;
  readonly upid?: string;
  readonly detail?: unknown;
}

/** A mutation on its way: sent, or about to take effect. */
export type FakeApproach = Pick<FakeMutation, "call" | "vmid" | "detail"> & { readonly is: "sent" | "arrives" };

export type FakeFault = Fault<keyof ProxmoxPort | "look">;

export interface FakePortOptions {
  /** Throws when the lease is not held; called right before each mutation takes effect (P1). */
  readonly allowed?: () => void;
  readonly identity?: string;
  readonly pollIntervalSeconds?: number;
  readonly log?: Log;
  readonly firstSequence?: number;
}

/** A Proxmox cluster in memory that can be called, and every way for a call to go wrong. */
export class FakeCluster extends FakeWorld {
  readonly mutations: FakeMutation[] = [];
  readonly #calls = new Calls<FakeFault["on"]>();
  /** Sees every mutation of the ports before it changes anything. */
  witness: ((approach: FakeApproach) => void) | undefined;
  /** False: nothing answers. */
  reachable = true;
  /** True: the token is refused. */
  unauthorized = false;
  /** Milliseconds each answer takes; effect and snapshot are at the begin. */
  latencyMs = 0;

  /** Calls per name of the port, `look` for polls. */
  get calls(): Map<string, number> {
    return this.#calls.counts;
  }

  get faults(): FakeFault[] {
    return this.#calls.faults;
  }

  /** Loses the answer of, or refuses, the next call of this name. */
  fault(on: FakeFault["on"], when: FakeFault["when"], error: ProviderError): void {
    this.#calls.fault(on, when, error);
  }

  /** Runs right before the next call of this name is answered: what people do at the worst moment. */
  meanwhile(on: FakeFault["on"], run: () => void): void {
    this.#calls.meanwhile(on, run);
  }

  /** Counts a call and takes the fault meant for it. */
  enter(on: FakeFault["on"]): FakeFault | undefined {
    return this.#calls.enter(on);
  }

  /** Throws when nothing answers: the cluster, or the node that shall carry out the call. */
  reach(node?: string): void {
    const up = [...this.nodes.values()].some((one) => one.online);
    if (!this.reachable || !up) throw new ProviderError("unreachable", "connection refused");
    if (node === undefined) return;
    const target = this.nodes.get(node);
    if (target === undefined) throw refusal(500, `hostname lookup '${node}' failed`);
    if (!target.online) throw refusal(595, "No route to host", "GET");
  }
}
