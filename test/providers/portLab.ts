import { ProviderError } from "../../controller/base/outcome.ts";
import type { ContainerCreate, GuestRef, GuestSeen, ProxmoxPort } from "../../controller/providers/port.ts";

/** What the suite needs of a cluster, in memory or simulated. All guests are containers on `node`. */
export interface PortLab {
  readonly node: string;
  readonly storage: string;
  readonly template: string;
  /** A new connection; `allowed` guards its mutations. */
  open(allowed?: () => void): ProxmoxPort;
  /** A guest that is there from the begin. */
  addGuest(guest: { readonly vmid: number; readonly name: string; readonly running: boolean }): Promise<void>;
  /** What a person does, under another user. */
  personStarts(vmid: number): Promise<void>;
  personShutsDown(vmid: number): Promise<void>;
  personRetags(vmid: number, tags: readonly string[]): Promise<void>;
  personDestroys(vmid: number): Promise<void>;
  /** `root@pam`, or whoever a person is here. */
  readonly person: string;
  /** Puts Proxmox's lock word on a guest. */
  lock(vmid: number, word: string): Promise<void>;
  /** Lets time pass until the condition holds; fails after what would be a minute of the lab. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** One that can make VMs too. */
export interface VmLab extends PortLab {
  /** A VM with a disk scsi0 of 8 GiB and a card net0. */
  addVm(vm: { readonly vmid: number; readonly name: string; readonly running: boolean }): Promise<void>;
}

export const signal = new AbortController().signal;

/** One lab and one connection to it for each test: guest 601 runs, 602 is stopped. */
export class PortBench {
  #lab: PortLab | undefined;
  #port: ProxmoxPort | undefined;

  get lab(): PortLab {
    if (this.#lab === undefined) throw new Error("the lab is not built yet");
    return this.#lab;
  }

  get port(): ProxmoxPort {
    if (this.#port === undefined) throw new Error("the connection is not open yet");
    return this.#port;
  }

  async build(build: () => Promise<PortLab>): Promise<void> {
    this.#lab = await build();
    await this.#lab.addGuest({ vmid: 601, name: "web", running: true });
    await this.#lab.addGuest({ vmid: 602, name: "db", running: false });
    this.#port = this.#lab.open();
  }

  reopen(allowed: () => void): void {
    this.port.close();
    this.#port = this.lab.open(allowed);
  }

  async close(): Promise<void> {
    this.#port?.close();
    await this.#lab?.close();
  }

  ref(vmid: number, type: GuestRef["type"] = "lxc"): GuestRef {
    return { type, node: this.lab.node, vmid };
  }

  seen(vmid: number): GuestSeen | undefined {
    return this.port.seen()?.guests.get(vmid);
  }

  async ready(): Promise<void> {
    try {
      await this.lab.until("the first look", () => this.port.seen() !== undefined);
    } catch (cause) {
      throw new Error(`no look: ${JSON.stringify(this.port.reach())}`, { cause });
    }
  }

  /** Exit text of a task, once it ended. */
  async ended(upid: string): Promise<string> {
    let exit = "";
    await this.lab.until(`the end of ${upid}`, async () => {
      const state = await this.port.taskState(upid, signal);
      if (state.is === "ended") exit = state.exit;
      return state.is !== "running";
    });
    return exit;
  }
}

/** A small container that can be made in any lab. */
export function container(lab: PortLab, vmid: number): ContainerCreate {
  return {
    vmid,
    node: lab.node,
    template: lab.template,
    hostname: "made",
    unprivileged: true,
    memoryMiB: 256,
    swapMiB: 0,
    rootfs: { storage: lab.storage, sizeMiB: 1024 },
    mounts: [],
    networks: [{ name: "eth0", bridge: "vmbr0", ipv4: "dhcp" }],
    nameservers: [],
    features: { nesting: "1" },
    tags: ["hl.lab.made"],
  };
}

/** The refusal a call ends with; fails when it succeeds. */
export async function refusalOf(promise: Promise<unknown>): Promise<ProviderError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("it succeeded");
}
