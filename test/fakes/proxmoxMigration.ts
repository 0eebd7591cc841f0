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

/** What keeps a guest where it is: a node that is away, what only its own node has, snapshots while it runs. */
export function immovable(world: FakeWorld, guest: FakeGuest, target: string): readonly string[] {
  const node = world.nodes.get(target);
  if (node === undefined) return [`node ${target} is not in the cluster`];
  if (!node.online) return [`node ${target} is offline`];
  const { snapshots } = guest;
  const live = guest.type === "qemu" && guest.power === "Running" && snapshots.length > 0;
  const missing = volumesOf(guest).filter((name) => world.storages?.has(name) === false);
  return [
    ...guest.mounts
      .filter(({ volume }) => volume.startsWith("/"))
      .map(({ key, volume }) => `${key} is ${volume} of its node, which stays there`),
    ...(live ? [`a VM that runs on local disks is not moved with snapshots (${snapshots.join(", ")})`] : []),
    ...missing.map((name) => `storage '${name}' is not available on node ${target}`),
  ];
}

function volumesOf({ rootfs, mounts, vm }: FakeGuest): readonly string[] {
  const all = [...(rootfs === undefined ? [] : [rootfs]), ...mounts, ...vm.disks].map(({ volume }) => volume);
  return [...new Set(all.filter((volume) => !volume.startsWith("/")).map((volume) => volume.split(":")[0] ?? ""))];
}
