import type { Clock } from "../../controller/base/clock.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { PERSON, type FakeTask, type FakeTasks } from "./proxmoxTasks.ts";

/** The cluster it manages. */
interface World {
  readonly clock: Clock;
  readonly tasks: FakeTasks;
  readonly guests: ReadonlyMap<number, FakeGuest>;
  readonly nodes: ReadonlyMap<string, { readonly online: boolean }>;
  startNow(guest: FakeGuest, user: string): unknown;
  shutdownNow(
    guest: FakeGuest,
    how: { readonly timeoutSeconds: number; readonly force: boolean },
    user: string,
  ): unknown;
}

export const HA_RESTART_MS = 15_000;
export const HA_AFTER_BOOT_MS = 20_000;
const REQUEST_MS = 1_000;
const CRM_MS = 8_000;

/** HA takes the request at once and acts a while later, as root (contract 8). */
export function requestHa(world: World, guest: FakeGuest, want: "start" | "stop", user: string): FakeTask {
  const task = world.tasks.begin({ node: guest.node, type: `ha${want}`, id: String(guest.vmid), user });
  guest.ha = want === "start" ? "started" : "stopped";
  world.clock.after(REQUEST_MS, () => {
    world.tasks.end(task);
  });
  if (want === "start") haStarts(world, guest, CRM_MS);
  else
    world.clock.after(CRM_MS, () => {
      if (isHere(world, guest) && guest.ha === "stopped" && guest.power === "Running")
        world.shutdownNow(guest, { timeoutSeconds: 60, force: true }, PERSON);
    });
  return task;
}

/** HA starts what is to be started and does not run a while later, as root. */
export function haStarts(world: World, guest: FakeGuest, afterMs: number): void {
  if (guest.ha !== "started") return;
  world.clock.after(afterMs, () => {
    if (isHere(world, guest) && guest.ha === "started" && guest.power === "Stopped") world.startNow(guest, PERSON);
  });
}

function isHere(world: World, guest: FakeGuest): boolean {
  return world.guests.get(guest.vmid) === guest && world.nodes.get(guest.node)?.online === true;
}
