import type { FakeGuest } from "./proxmoxGuest.ts";
import { HA_AFTER_BOOT_MS, haStarts } from "./proxmoxHa.ts";
import { PERSON, type FakeTask } from "./proxmoxTasks.ts";
import type { FakeNode, FakeWorld } from "./proxmoxWorld.ts";

const STEP_MS = 500;

/**
 * Reboots a node: `clean` runs `stopall` first, else it just dies with all its tasks. It is away for `downMs`, comes
 * back with a new boot time and starts its onboot guests in order, as pve-guests does.
 */
export function rebootHost(
  world: FakeWorld,
  name: string,
  how: { readonly clean: boolean; readonly downMs: number },
): void {
  const node = nodeOf(world, name);
  const goDown = (): void => {
    hostDown(world, name);
    world.clock.after(how.downMs, () => {
      hostUp(world, name);
    });
  };
  if (!how.clean) goDown();
  else void stopall(world, node, PERSON, goDown);
}

/** Power cut: guests and tasks of the node end without a trace. */
export function hostDown(world: FakeWorld, name: string): void {
  nodeOf(world, name).online = false;
  for (const guest of guestsOf(world, name)) world.halt(guest);
  for (const task of world.tasks.running(name)) world.tasks.end(task, "unexpected status");
}

/** The node boots: left-over backup locks go, other locks stay, onboot guests start (contract 8). */
export function hostUp(world: FakeWorld, name: string): void {
  const node = nodeOf(world, name);
  node.online = true;
  node.bootTime = world.time();
  for (const guest of guestsOf(world, name)) {
    if (guest.lock === "backup") guest.lock = undefined;
    haStarts(world, guest, HA_AFTER_BOOT_MS);
  }
  if (guestsOf(world, name).some((guest) => guest.onboot)) startall(world, name);
}

/** One node task whose children are ordinary start tasks of the onboot guests, one order after the other. */
export function startall(world: FakeWorld, name: string, user = PERSON): FakeTask {
  const order = (guest: FakeGuest): number => guest.startup.order ?? Infinity;
  const guests = guestsOf(world, name)
    .filter((guest) => guest.onboot && guest.power === "Stopped" && !guest.template && guest.ha === undefined)
    .toSorted((a, b) => (order(a) === order(b) ? a.vmid - b.vmid : order(a) - order(b)));
  const task = world.tasks.begin({ node: name, type: "startall", id: "", user });
  inTurn(world, task, guests, {
    act: (guest) => world.start(guest.vmid, user),
    done: () => undefined,
  });
  return task;
}

/** One node task whose children shut the running guests down, in reverse order, one after the other. */
export function stopall(
  world: FakeWorld,
  node: FakeNode | string,
  user = PERSON,
  then = (): void => undefined,
): FakeTask {
  const name = typeof node === "string" ? node : node.name;
  const order = (guest: FakeGuest): number => guest.startup.order ?? Infinity;
  const guests = guestsOf(world, name)
    .filter((guest) => guest.power === "Running")
    .toSorted((a, b) => (order(a) === order(b) ? b.vmid - a.vmid : order(b) - order(a)));
  const task = world.tasks.begin({ node: name, type: "stopall", id: "", user });
  inTurn(world, task, guests, {
    act: (guest) => world.shutdown(guest.vmid, { timeoutSeconds: guest.startup.downSeconds ?? 180, force: true }, user),
    done: then,
  });
  return task;
}

/** Runs one child task per guest, each after the last one ended; children that can't begin are passed over. */
function inTurn(
  world: FakeWorld,
  parent: FakeTask,
  guests: readonly FakeGuest[],
  run: { readonly act: (guest: FakeGuest) => FakeTask; readonly done: () => void },
): void {
  const rest = [...guests];
  let child: FakeTask | undefined;
  const step = (): void => {
    if (parent.exit !== undefined) return;
    while (child === undefined || child.exit !== undefined) {
      const guest = rest.shift();
      if (guest === undefined) {
        world.tasks.end(parent);
        run.done();
        return;
      }
      try {
        child = run.act(guest);
      } catch {
        // Already in the asked state, or gone: the next one.
      }
    }
    world.clock.after(STEP_MS, step);
  };
  world.clock.after(STEP_MS, step);
}

function guestsOf(world: FakeWorld, name: string): readonly FakeGuest[] {
  return [...world.guests.values()].filter((guest) => guest.node === name);
}

function nodeOf(world: FakeWorld, name: string): FakeNode {
  const node = world.nodes.get(name);
  if (node === undefined) throw new Error(`the fake has no node ${name}`);
  return node;
}
