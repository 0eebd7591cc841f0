import type { Clock } from "../../controller/base/clock.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { BridgeSeen, ContainerCreate, Permissions } from "../../controller/providers/port.ts";
import { kindOfReply } from "../../controller/providers/proxmox/refusals.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { applyWaiting, createdGuest, fakeGuest, keptFromDestroy, label, noConfig } from "./proxmoxGuest.ts";
import { HA_RESTART_MS, haStarts, requestHa } from "./proxmoxHa.ts";
import { FakeImages } from "./proxmoxImages.ts";
import { createFault } from "./proxmoxObstacles.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { FakeTasks, PERSON } from "./proxmoxTasks.ts";

export interface FakeNode {
  readonly name: string;
  online: boolean;
  bootTime: number;
}

/** How a task to come ends, and whether it does its work before. */
interface Ending {
  readonly type: string;
  readonly exit: string;
  readonly works: boolean;
}

const LOCK_WAIT_MS = 10_000;
/** The part of a task after which its effect shows; the task ends later. */
const EFFECT_AT = 0.8;

/** An answer of Proxmox other than 200, classed as the adapter classes it. */
export function refusal(status: number, text: string, method = "POST"): ProviderError {
  return new ProviderError(kindOfReply(method, status, text), text, { status });
}

/**
 * A Proxmox cluster in memory on the given clock: guests, tasks that take their time and one guest's tasks one after the
 * other, as the file lock does. The same actions serve the port and people; only the user differs.
 */
export class FakeWorld {
  readonly clock: Clock;
  readonly nodes = new Map<string, FakeNode>();
  readonly guests = new Map<number, FakeGuest>();
  readonly tasks: FakeTasks;
  readonly bridges: BridgeSeen[] = [{ name: "vmbr0", active: true, vlanAware: true, mtu: 1500 }];
  permissions: Permissions = new Map([["/", new Map([["VM.Audit", true]])]]);
  version = "9.1.6";
  quorate = true;
  /** Storages and templates that exist; undefined: any. */
  storages: Set<string> | undefined;
  templates: Set<string> | undefined;
  readonly fullStorages = new Set<string>();
  readonly images = new FakeImages();
  createMs = 5_000;
  destroyMs = 2_000;
  /** The node's clock minus ours. */
  skewMs = 0;
  readonly #base: number;
  readonly #holder = new Map<number, FakeTask>();
  readonly #waiting = new Map<number, (() => void)[]>();
  readonly #endings: Ending[] = [];

  constructor(clock: Clock, nodes: readonly string[] = ["pve1"]) {
    this.clock = clock;
    this.#base = clock.now() - clock.monotonic();
    this.tasks = new FakeTasks(() => this.time());
    for (const name of nodes) this.nodes.set(name, { name, online: true, bootTime: this.time() - 86_400_000 });
  }

  /** Clock of the nodes; our own wall clock may jump without them. */
  time(): number {
    return this.#base + this.clock.monotonic() + this.skewMs;
  }

  add(fields: Partial<FakeGuest> & { readonly vmid: number }): FakeGuest {
    const guest = fakeGuest({
      ...(fields.power === "Running" ? { startedAt: this.time() - 3_600_000 } : {}),
      ...fields,
    });
    this.guests.set(guest.vmid, guest);
    return guest;
  }

  guest(vmid: number): FakeGuest {
    const guest = this.guests.get(vmid);
    if (guest === undefined) throw new Error(`the fake has no guest ${String(vmid)}`);
    return guest;
  }

  /** The next task of this type ends with this text instead of doing its work. */
  failTask(type: string, exit: string): void {
    this.#endings.push({ type, exit, works: false });
  }

  /** The next task of this type does its work and ends with this text: `WARNINGS: 1`, `unexpected status`. */
  endTask(type: string, exit: string): void {
    this.#endings.push({ type, exit, works: true });
  }

  start(vmid: number, user = PERSON): FakeTask {
    const guest = this.existing(vmid, "start");
    if (guest.type === "lxc" && guest.power === "Running") throw refusal(500, `CT ${String(vmid)} already running`);
    return guest.ha === undefined ? this.startNow(guest, user) : requestHa(this, guest, "start", user);
  }

  /** `force`: kill after the timeout. */
  shutdown(vmid: number, how: { readonly timeoutSeconds: number; readonly force: boolean }, user = PERSON): FakeTask {
    const guest = this.existing(vmid, "shutdown");
    if (guest.power !== "Running") throw refusal(500, `${label(guest)} ${String(vmid)} not running`);
    return guest.ha === undefined ? this.shutdownNow(guest, how, user) : requestHa(this, guest, "stop", user);
  }

  create(wanted: ContainerCreate, user = PERSON): FakeTask {
    const id = String(wanted.vmid);
    const taken = this.guests.get(wanted.vmid);
    if (taken !== undefined) throw refusal(500, `${label(taken)} ${id} already exists on node '${taken.node}'`);
    const storages = [wanted.rootfs.storage, ...wanted.mounts.map((mount) => mount.storage)];
    const missing = storages.find((storage) => this.storages?.has(storage) === false);
    if (missing !== undefined) throw refusal(500, `storage '${missing}' does not exist`);
    const guest = createdGuest(wanted);
    guest.lock = "create";
    this.guests.set(guest.vmid, guest);
    const work = { type: "vzcreate", user, ms: this.createMs };
    return this.work(guest, work, () => {
      const fault = createFault(this, wanted);
      if (fault === undefined) guest.lock = undefined;
      return fault ?? "OK";
    });
  }

  destroy(vmid: number, user = PERSON): FakeTask {
    const guest = this.existing(vmid, "destroy");
    const refused = keptFromDestroy(guest);
    if (refused !== undefined) throw refusal(500, refused);
    guest.lock = "destroyed";
    return this.work(
      guest,
      { type: guest.type === "lxc" ? "vzdestroy" : "qmdestroy", user, ms: this.destroyMs },
      () => {
        this.guests.delete(vmid);
        return "OK";
      },
    );
  }

  /** It goes down by itself: no task, no trace. HA brings up again what it manages (contract 8). */
  crash(vmid: number): void {
    const guest = this.guest(vmid);
    this.halt(guest);
    haStarts(this, guest, HA_RESTART_MS);
  }

  run(guest: FakeGuest): void {
    applyWaiting(guest);
    guest.power = "Running";
    guest.startedAt = this.time();
  }

  halt(guest: FakeGuest): void {
    guest.power = "Stopped";
    guest.startedAt = undefined;
  }

  existing(vmid: number, what: "start" | "shutdown" | "destroy"): FakeGuest {
    const guest = this.guests.get(vmid);
    if (guest !== undefined) return guest;
    const id = String(vmid);
    if (what === "shutdown") throw refusal(500, `CT ${id} not running`);
    throw refusal(500, `Configuration file 'nodes/pve1/lxc/${id}.conf' does not exist`);
  }

  /**
   * A task on a guest: waits for the guest's other task, at most 10 s, shows its effect at 80 % of its time and ends
   * then. A host that goes down ends it without an effect.
   */
  work(
    guest: FakeGuest,
    at: { readonly type: string; readonly user: string; readonly ms: number },
    effect: () => string,
  ): FakeTask {
    const task = this.tasks.begin({ node: guest.node, type: at.type, id: String(guest.vmid), user: at.user });
    const ending = this.#endings.findIndex((one) => one.type === at.type);
    const planned = ending < 0 ? undefined : this.#endings.splice(ending, 1)[0];
    const begin = (): void => {
      if (task.exit !== undefined) return;
      this.#holder.set(guest.vmid, task);
      this.clock.after(at.ms * EFFECT_AT, () => {
        if (task.exit !== undefined) return;
        const moved = guest.node === task.node ? undefined : noConfig(guest, task.node);
        const exit = moved ?? (planned?.works === false ? planned.exit : effect());
        this.clock.after(at.ms * (1 - EFFECT_AT), () => {
          this.#end(guest, task, exit, exit === "OK" ? planned?.exit : undefined);
        });
      });
    };
    const holder = this.#holder.get(guest.vmid);
    if (holder === undefined || holder.exit !== undefined) begin();
    else this.#wait(guest, task, begin);
    return task;
  }

  #wait(guest: FakeGuest, task: FakeTask, begin: () => void): void {
    const waiting = this.#waiting.get(guest.vmid) ?? [];
    this.#waiting.set(guest.vmid, waiting);
    waiting.push(begin);
    this.clock.after(LOCK_WAIT_MS, () => {
      const at = waiting.indexOf(begin);
      if (at < 0) return;
      waiting.splice(at, 1);
      this.tasks.end(task, `can't lock file '/run/lock/lxc/pve-config-${String(guest.vmid)}.lock' - got timeout`);
    });
  }

  /** @param told what the log says instead of how it really ended. */
  #end(guest: FakeGuest, task: FakeTask, exit: string, told = exit): void {
    // A failed create leaves nothing behind.
    if (task.exit === undefined && task.type === "vzcreate" && exit !== "OK") this.guests.delete(guest.vmid);
    this.tasks.end(task, told);
    this.#waiting.get(guest.vmid)?.shift()?.();
  }

  startNow(guest: FakeGuest, user: string): FakeTask {
    return this.work(guest, { type: guest.type === "lxc" ? "vzstart" : "qmstart", user, ms: guest.startMs }, () => {
      if (guest.lock !== undefined) return `${label(guest)} is locked (${guest.lock})`;
      if (guest.template) return "you can't start a CT if it's a template";
      if (guest.power === "Running") return guest.type === "lxc" ? "OK" : `VM ${String(guest.vmid)} already running`;
      this.run(guest);
      return "OK";
    });
  }

  shutdownNow(
    guest: FakeGuest,
    how: { readonly timeoutSeconds: number; readonly force: boolean },
    user: string,
  ): FakeTask {
    const type = guest.type === "lxc" ? "vzshutdown" : "qmshutdown";
    const timeoutMs = how.timeoutSeconds * 1000;
    const obeys = guest.stopMs <= timeoutMs;
    return this.work(guest, { type, user, ms: Math.min(guest.stopMs, timeoutMs) }, () => {
      if (guest.lock !== undefined) return `${label(guest)} is locked (${guest.lock})`;
      if (!obeys && !how.force) return guest.type === "lxc" ? "container did not stop" : "VM quit/powerdown failed";
      this.halt(guest);
      return "OK";
    });
  }
}
