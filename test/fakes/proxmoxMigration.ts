import type { Move } from "../../controller/providers/port.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { label } from "./proxmoxGuest.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { refusal, type FakeWorld } from "./proxmoxWorld.ts";

const MOVE_MS = 4_000;

/** The call of the API that moves a guest: a container must be stopped, a VM that runs is moved as it runs. */
export function moveGuest(world: FakeWorld, vmid: number, { target, online }: Move, user: string): FakeTask {
  const guest = world.existing(vmid, "destroy");
  if (target === guest.node) throw refusal(400, "target: target is local node.");
  if (!world.nodes.has(target)) throw refusal(500, `no such cluster node '${target}'`);
  const what = guest.type === "lxc" ? "container without --online or --restart" : "VM without --online";
  if (guest.power === "Running" && (guest.type === "lxc" || !online))
    throw refusal(500, `can't migrate running ${what}`);
  if (guest.lock !== undefined) throw refusal(500, `${label(guest)} is locked (${guest.lock})`);
  guest.lock = "migrate";
  world.clock.after(MOVE_MS, () => {
    if (guest.lock === "migrate") guest.lock = undefined;
  });
  return world.work(guest, { type: guest.type === "lxc" ? "vzmigrate" : "qmigrate", user, ms: MOVE_MS }, () => {
    if (immovable(world, guest, target).length > 0) return "migration aborted";
    guest.node = target;
    guest.lock = undefined;
    return "OK";
  });
}

/** What keeps a guest where it is: its own word for it, or a node that is away. */
export function immovable(world: FakeWorld, guest: FakeGuest, target: string): readonly string[] {
  const node = world.nodes.get(target);
  if (node === undefined) return [`node ${target} is not in the cluster`];
  if (!node.online) return [`node ${target} is offline`];
  return guest.mounts
    .filter(({ volume }) => volume.startsWith("/"))
    .map(({ key, volume }) => `${key} is the directory ${volume} of its node`);
}
