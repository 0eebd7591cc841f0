import { ProviderError } from "../../controller/base/outcome.ts";
import type { GuestRef, MutationName, ProxmoxPort } from "../../controller/providers/port.ts";
import type { FakeCluster, FakeFault, FakeMutation } from "./proxmoxCluster.ts";
import { configure, configureByTask, resize } from "./proxmoxConfig.ts";
import { createMachine } from "./proxmoxMachines.ts";
import { fetchImage } from "./proxmoxImages.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { moveGuest } from "./proxmoxMigration.ts";
import { makeSnapshot, removeSnapshot } from "./proxmoxSnapshots.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { refusal } from "./proxmoxWorld.ts";

/** A connection, as far as its mutations need it. */
interface Caller {
  readonly world: FakeCluster;
  readonly identity: string;
  readonly view: { hurry(): void };
  existing(ref: GuestRef): FakeGuest;
  call<T>(on: FakeFault["on"], node: string | undefined, run: (sequence: number) => T): Promise<T>;
}

type Mutations = Pick<ProxmoxPort, MutationName>;

/** The mutations of a fake connection. Each is logged when it reaches the cluster, also when its answer is then lost. */
export function fakeMutations(port: Caller, allowed: () => void): Mutations {
  const { world } = port;
  const send = async <T>(
    at: {
      readonly call: FakeMutation["call"];
      readonly vmid: number;
      readonly node: string;
      readonly detail?: unknown;
    },
    act: () => T,
  ): Promise<T> => {
    const note = (done: boolean, upid?: string): void => {
      world.mutations.push({
        at: world.clock.monotonic(),
        call: at.call,
        vmid: at.vmid,
        done,
        ...(upid === undefined ? {} : { upid }),
        ...(at.detail === undefined ? {} : { detail: at.detail }),
      });
    };
    const approach = { call: at.call, vmid: at.vmid, ...(at.detail === undefined ? {} : { detail: at.detail }) };
    if (world.witness !== undefined && permits(allowed)) world.witness({ ...approach, is: "sent" });
    try {
      return await port.call(at.call, at.node, () => {
        allowed();
        world.witness?.({ ...approach, is: "arrives" });
        try {
          const result = act();
          note(true, typeof result === "string" ? result : undefined);
          return result;
        } catch (error) {
          note(false);
          throw error;
        }
      });
    } catch (error) {
      throw error instanceof ProviderError && error.status >= 590 ? refusal(error.status, error.message) : error;
    } finally {
      port.view.hurry();
    }
  };
  /** A missing guest is refused by the world, in the words of that call. */
  const checked = (ref: GuestRef, act: () => FakeTask): string => {
    if (world.guests.has(ref.vmid)) port.existing(ref);
    return act().upid;
  };
  const user = port.identity;
  return {
    start: (ref) => send({ call: "start", ...ref }, () => checked(ref, () => world.start(ref.vmid, user))),
    shutdown: (ref, how) =>
      send({ call: "shutdown", ...ref, detail: how }, () => checked(ref, () => world.shutdown(ref.vmid, how, user))),
    create: (container) =>
      send(
        { call: "create", vmid: container.vmid, node: container.node, detail: container },
        () => world.create(container, user).upid,
      ),
    createMachine: (machine) =>
      send(
        { call: "createMachine", vmid: machine.vmid, node: machine.node, detail: machine },
        () => createMachine(world, machine, user).upid,
      ),
    // Of no guest.
    download: (image) =>
      send({ call: "download", vmid: 0, node: image.node, detail: image }, () => fetchImage(world, image, user).upid),
    destroy: (ref) => send({ call: "destroy", ...ref }, () => checked(ref, () => world.destroy(ref.vmid, user))),
    migrate: (ref, move) =>
      send({ call: "migrate", ...ref, detail: move }, () => checked(ref, () => moveGuest(world, ref.vmid, move, user))),
    createSnapshot: (ref, snapshot) =>
      send({ call: "createSnapshot", ...ref, detail: snapshot }, () =>
        checked(ref, () => makeSnapshot(world, ref.vmid, snapshot, user)),
      ),
    deleteSnapshot: (ref, name) =>
      send({ call: "deleteSnapshot", ...ref, detail: name }, () =>
        checked(ref, () => removeSnapshot(world, ref.vmid, name, user)),
      ),
    configure: (ref, change, digest) =>
      send({ call: "configure", ...ref, detail: change }, () => {
        configure(world, port.existing(ref), change, digest);
      }),
    configureByTask: (ref, change, digest) =>
      send(
        { call: "configureByTask", ...ref, detail: change },
        () => configureByTask(world, port.existing(ref), { change, digest }, user).upid,
      ),
    resize: (ref, growth, digest) =>
      send(
        { call: "resize", ...ref, detail: growth },
        () => resize(world, port.existing(ref), { ...growth, digest }, user).upid,
      ),
  };
}

function permits(allowed: () => void): boolean {
  try {
    allowed();
    return true;
  } catch {
    return false;
  }
}
