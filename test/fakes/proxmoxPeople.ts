import { requestHa } from "./proxmoxHa.ts";
import { PERSON, type FakeTask } from "./proxmoxTasks.ts";
import type { FakeWorld } from "./proxmoxWorld.ts";
import { label, type FakeGuest } from "./proxmoxGuest.ts";
import { refusal } from "./proxmoxWorld.ts";

/** A hard stop, as the Stop button does. */
export function stop(world: FakeWorld, vmid: number, user = PERSON): FakeTask {
  const guest = world.guest(vmid);
  if (guest.power !== "Running") throw refusal(500, `${label(guest)} ${String(vmid)} not running`);
  if (guest.ha !== undefined) return requestHa(world, guest, "stop", user);
  return world.work(guest, { type: guest.type === "lxc" ? "vzstop" : "qmstop", user, ms: 1_000 }, () => {
    world.halt(guest);
    return "OK";
  });
}

/** Proxmox's own reboot: down in the middle, up at the end of one task. */
export function reboot(world: FakeWorld, vmid: number, user = PERSON): FakeTask {
  const guest = world.guest(vmid);
  const ms = guest.stopMs + guest.startMs;
  const type = guest.type === "lxc" ? "vzreboot" : "qmreboot";
  const task = world.work(guest, { type, user, ms }, () => {
    world.run(guest);
    return "OK";
  });
  world.clock.after(ms / 3, () => {
    if (task.exit === undefined) world.halt(guest);
  });
  return task;
}

/** Holds the `backup` lock for so long. */
export function backup(world: FakeWorld, vmid: number, ms: number, user = PERSON): FakeTask {
  const guest = world.guest(vmid);
  const task = world.tasks.begin({ node: guest.node, type: "vzdump", id: String(vmid), user });
  guest.lock = "backup";
  world.clock.after(ms, () => {
    if (task.exit !== undefined) return;
    guest.lock = undefined;
    world.tasks.end(task);
  });
  return task;
}

/** A task that writes a guest's configuration in one way or another: resize, qmconfig, vzrollback. */
export function rewrite(
  world: FakeWorld,
  vmid: number,
  {
    type,
    user = PERSON,
    log = [],
  }: { readonly type: string; readonly user?: string; readonly log?: readonly string[] },
  effect: (guest: FakeGuest) => void,
): FakeTask {
  const guest = world.guest(vmid);
  const task = world.work(guest, { type, user, ms: 1_000 }, () => {
    effect(guest);
    return "OK";
  });
  task.log = log;
  return task;
}

/** Moves a guest to another node; a running one is restarted there. */
export function migrate(world: FakeWorld, vmid: number, target: string, user = PERSON): FakeTask {
  const guest = world.guest(vmid);
  guest.lock = "migrate";
  return world.work(guest, { type: guest.type === "lxc" ? "vzmigrate" : "qmigrate", user, ms: 4_000 }, () => {
    guest.node = target;
    guest.lock = undefined;
    if (guest.power === "Running" && guest.type === "lxc") world.run(guest);
    return "OK";
  });
}
