import type { Lab } from "./lab.ts";
import { shutdownWorker, startWorker } from "./lxcPower.ts";
import { qemuShutdownWorker, qemuStartWorker } from "./qemuPower.ts";
import type { TaskHandle, Worker } from "./tasks.ts";
import type { Guest } from "./world.ts";

export interface StartAll {
  readonly node: string;
  readonly user: string;
  /** Only these, or all. */
  readonly only: readonly number[] | undefined;
  readonly evenWithoutOnboot: boolean;
}

export interface StopAll {
  readonly node: string;
  readonly user: string;
  readonly only: readonly number[] | undefined;
  readonly forceStop: boolean;
  readonly timeout: string | undefined;
}

interface Startup {
  readonly order: number;
  readonly up: number;
  readonly down: number;
}

/** The `startup` of a guest; without order it comes last. */
function startup(guest: Guest): Startup {
  const value = guest.config["startup"] ?? "";
  const part = (name: string): number | undefined => {
    const found = new RegExp(`(?:^|,)${name}=(\\d+)`).exec(value)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const bare = /(?:^|,)(\d+)(?:,|$)/.exec(value)?.[1];
  const order = part("order") ?? (bare === undefined ? Infinity : Number(bare));
  return { order, up: part("up") ?? (guest.type === "lxc" ? 0 : 3), down: part("down") ?? 180 };
}

/** Guests of a node in groups of one order each, lowest first, within a group by vmid. */
function groups(lab: Lab, node: string, wanted: (guest: Guest) => boolean): Guest[][] {
  const byOrder = new Map<number, Guest[]>();
  for (const guest of lab.world.guests.values()) {
    if (guest.node !== node || guest.config["template"] === "1" || !wanted(guest)) continue;
    const { order } = startup(guest);
    byOrder.set(order, [...(byOrder.get(order) ?? []), guest]);
  }
  return [...byOrder.entries()].sort(([a], [b]) => a - b).map(([, guests]) => guests.sort((a, b) => a.vmid - b.vmid));
}

const managedByHa = (lab: Lab, guest: Guest): boolean =>
  lab.world.ha.has(`${guest.type === "lxc" ? "ct" : "vm"}:${String(guest.vmid)}`);

/** startall: children are ordinary start tasks with the user of this one (contract §8). */
export function startAllWorker(lab: Lab, how: StartAll): Worker {
  const wanted = (guest: Guest): boolean =>
    !guest.running &&
    !managedByHa(lab, guest) &&
    (how.only?.includes(guest.vmid) ?? true) &&
    (how.evenWithoutOnboot || how.only !== undefined || guest.config["onboot"] === "1");
  return async (task) => {
    for (const group of groups(lab, how.node, wanted)) {
      const started: Promise<unknown>[] = [];
      for (const guest of group) {
        started.push(lab.tasks.ended(startChild(lab, guest, how.user, task)));
        await lab.pace.pause(startup(guest).up, task.signal);
      }
      await Promise.all(started);
    }
  };
}

function startChild(lab: Lab, guest: Guest, user: string, task: TaskHandle): string {
  const lxc = guest.type === "lxc";
  const target = { node: guest.node, type: guest.type, vmid: guest.vmid };
  const worker = lxc ? startWorker(lab, target, false) : qemuStartWorker(lab, target, false);
  task.log(`Starting ${lxc ? "CT" : "VM"} ${String(guest.vmid)}`);
  return lab.tasks.fork({ node: guest.node, type: lxc ? "vzstart" : "qmstart", id: String(guest.vmid), user }, worker);
}

/** stopall: the reverse order, each guest with its own timeout. */
export function stopAllWorker(lab: Lab, how: StopAll): Worker {
  const wanted = (guest: Guest): boolean => guest.running && (how.only?.includes(guest.vmid) ?? true);
  return async (task) => {
    for (const group of groups(lab, how.node, wanted).reverse()) {
      await Promise.all(group.map((guest) => lab.tasks.ended(stopChild(lab, guest, how, task))));
    }
  };
}

function stopChild(lab: Lab, guest: Guest, how: StopAll, task: TaskHandle): string {
  const lxc = guest.type === "lxc";
  const target = { node: guest.node, type: guest.type, vmid: guest.vmid };
  const shutdown = {
    timeout: how.timeout === undefined ? startup(guest).down : Number(how.timeout),
    forceStop: how.forceStop,
  };
  const worker = lxc ? shutdownWorker(lab, target, shutdown) : qemuShutdownWorker(lab, target, shutdown);
  task.log(`Stopping ${lxc ? "CT" : "VM"} ${String(guest.vmid)} (timeout = ${String(shutdown.timeout)} seconds)`);
  const request = { node: guest.node, type: lxc ? "vzshutdown" : "qmshutdown", id: String(guest.vmid), user: how.user };
  return lab.tasks.fork(request, worker);
}
