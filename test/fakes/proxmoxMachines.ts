import type { MachineCreate } from "../../controller/providers/port.ts";
import { fakeGuest, label } from "./proxmoxGuest.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { configureVm } from "./proxmoxVm.ts";
import { refusal, type FakeWorld } from "./proxmoxWorld.ts";

/** Makes a VM, or clones one; its vmid is taken from the call on (contract 5.1, 5.5). */
export function createMachine(world: FakeWorld, wanted: MachineCreate, user: string): FakeTask {
  const id = String(wanted.vmid);
  const taken = world.guests.get(wanted.vmid);
  if (wanted.is === "clone") return clone(world, wanted, user);
  if (taken !== undefined)
    throw refusal(500, `unable to create VM ${id} - ${label(taken)} ${id} already exists on node '${taken.node}'`);
  const { vmid, node, name, change } = wanted;
  const guest = fakeGuest({ type: "qemu", vmid, node, lock: "create" });
  world.guests.set(vmid, guest);
  return world.work(guest, { type: "qmcreate", user, ms: world.createMs }, () => {
    const missing = (change.disks ?? []).find((disk) => "storage" in disk && isMissing(world, disk.importFrom));
    if (missing !== undefined) {
      world.guests.delete(vmid);
      return `unable to create VM ${id} - volume '${"importFrom" in missing ? missing.importFrom : ""}' does not exist`;
    }
    configureVm(world, guest, { ...change, name });
    guest.lock = undefined;
    return "OK";
  });
}

function isMissing({ images }: FakeWorld, volume = ""): boolean {
  return volume.includes(":import/") && !images.has(volume);
}

type Clone = Extract<MachineCreate, { readonly is: "clone" }>;

/** Everything of the source is copied, its tags and addresses too; only the cards get other MACs. */
function clone(world: FakeWorld, { vmid, node, name, source, storage }: Clone, user: string): FakeTask {
  const from = world.guests.get(source.vmid);
  if (from === undefined)
    throw refusal(
      500,
      `Configuration file 'nodes/${source.node}/qemu-server/${String(source.vmid)}.conf' does not exist`,
    );
  if (world.guests.has(vmid)) throw refusal(500, `unable to create VM ${String(vmid)}: config file already exists`);
  const guest = fakeGuest({ type: "qemu", vmid, node, lock: "clone" });
  world.guests.set(vmid, guest);
  return world.work(from, { type: "qmclone", user, ms: world.createMs }, () => {
    const disks = from.vm.disks.map((disk) => {
      const at = storage ?? disk.volume.split(":")[0] ?? "";
      return { ...disk, volume: `${at}:vm-${String(vmid)}-disk-${disk.key}` };
    });
    const networks = from.networks.map((network, index) => ({
      ...network,
      mac: `BC:24:11:FF:${String(vmid % 90).padStart(2, "0")}:0${String(index % 10)}`,
    }));
    const { tags, description, cores, memoryMiB, nameservers, searchDomain, onboot } = from;
    Object.assign(guest, { tags: [...tags], description, cores, memoryMiB, nameservers, searchDomain, onboot });
    Object.assign(guest, { name, networks, vm: { ...from.vm, disks }, lock: undefined });
    return "OK";
  });
}
