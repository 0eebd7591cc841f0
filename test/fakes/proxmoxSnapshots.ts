import type { SnapshotSeen, SnapshotWish } from "../../controller/providers/port.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { refusal, type FakeWorld } from "./proxmoxWorld.ts";

const SNAPSHOT_MS = 3_000;

export function snapshotsOf(guest: FakeGuest): readonly SnapshotSeen[] {
  return guest.snapshots.map((name) => ({ name, description: guest.snapshotTexts[name] ?? "" }));
}

/** Locks the guest while it runs; a name that is taken, a lock or a storage that cannot refuses the task or the call. */
export function makeSnapshot(world: FakeWorld, vmid: number, wish: SnapshotWish, user: string): FakeTask {
  const guest = unlocked(world, vmid);
  guest.lock = "snapshot";
  const type = guest.type === "lxc" ? "vzsnapshot" : "qmsnapshot";
  return world.work(guest, { type, user, ms: SNAPSHOT_MS }, () => {
    guest.lock = undefined;
    if (guest.snapshotFailure !== undefined) return guest.snapshotFailure;
    if (!guest.canSnapshot) return "snapshot feature is not available";
    if (guest.snapshots.includes(wish.name)) return `snapshot name '${wish.name}' already used`;
    guest.snapshots.push(wish.name);
    guest.snapshotTexts[wish.name] = wish.description;
    return "OK";
  });
}

export function removeSnapshot(world: FakeWorld, vmid: number, name: string, user: string): FakeTask {
  const guest = unlocked(world, vmid);
  guest.lock = "snapshot-delete";
  const type = guest.type === "lxc" ? "vzdelsnapshot" : "qmdelsnapshot";
  return world.work(guest, { type, user, ms: SNAPSHOT_MS }, () => {
    guest.lock = undefined;
    if (!guest.snapshots.includes(name)) return `snapshot '${name}' does not exist`;
    guest.snapshots = guest.snapshots.filter((other) => other !== name);
    return "OK";
  });
}

function unlocked(world: FakeWorld, vmid: number): FakeGuest {
  const guest = world.guest(vmid);
  if (guest.lock !== undefined) throw refusal(500, `CT is locked (${guest.lock})`);
  return guest;
}
