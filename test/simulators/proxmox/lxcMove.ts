import { ApiError, failure } from "./apiError.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { digestOf, formatOf, properties } from "./guestSettings.ts";
import { on, requireGuest, requireUnlocked, taskSeconds, type Call } from "./lab.ts";
import { requirePrivilege } from "./lxcRights.ts";
import { letGo } from "./pendingChanges.ts";
import { printProperties } from "./propertyString.ts";
import type { TaskHandle } from "./tasks.ts";
import { allocate, holds, release, requireStorage } from "./volumes.ts";
import type { Guest } from "./world.ts";

const MISSING = "property is missing and it is not optional";
const STALE = "detected modified configuration - file changed by other user? Try again.";

/** POST that moves a volume of a stopped container to another storage, or gives it to another container (contract §4.8). */
export function moveVolume(call: Call): string {
  const { values } = call;
  const guest = guestOf(call, "lxc");
  const key = values["volume"] ?? "";
  requireUnlocked(guest);
  if (values["digest"] !== undefined && values["digest"] !== digestOf(guest)) throw failure(STALE);
  if (guest.config[key] === undefined) throw new ApiError(500, "format error\n", { volume: MISSING, mp: MISSING });
  if (guest.running) throw failure("cannot move volumes of a running container");
  if (values["target-vmid"] !== undefined) return reassign(call, guest, key);
  const storage = values["storage"] ?? "";
  if (storage === "") throw failure("either set storage or target-vmid, but not both");
  const state = requireStorage(call.lab.world, storage, call.node);
  requirePrivilege(call, `/storage/${storage}`, "Datastore.AllocateSpace");
  if (!holds(state, "rootdir")) throw failure(`storage '${storage}' does not allow content type 'rootdir' (Container)`);
  return forked(call, String(guest.vmid), guest, async (task) => {
    await call.lab.pace.pause(taskSeconds(call.lab, "move_volume"), task.signal);
    moveNow(call, guest, key, storage);
  });
}

function forked(call: Call, id: string, guest: Guest, run: (task: TaskHandle) => Promise<void>): string {
  const { lab, node, caller } = call;
  return lab.tasks.fork({ node, type: "move_volume", id, user: caller.user }, (task) =>
    lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => run(task), task.log),
  );
}

function moveNow(call: Call, guest: Guest, key: string, storage: string): void {
  const { world, pace } = call.lab;
  const value = guest.config[key] ?? "";
  const parts = properties("lxc", key, value);
  const from = parts["volume"] ?? "";
  const bytes = world.volumes.get(from)?.size ?? 0;
  const { volid } = allocate(world, { storage, vmid: guest.vmid, type: "lxc", bytes }, pace.seconds());
  guest.config[key] = printProperties(formatOf("lxc", key) ?? {}, { ...parts, volume: volid });
  if (on(call.values, "delete")) release(world, from);
  else letGo(world, guest, "mp0", value);
  world.saveGuest(guest);
}

/** The volume gets the other container's name; nothing is copied. */
function reassign(call: Call, guest: Guest, key: string): string {
  const { lab, values } = call;
  const other = requireGuest(lab.world, call.node, "lxc", Number(values["target-vmid"]));
  const into = values["target-volume"] ?? key;
  requirePrivilege(call, `/vms/${String(other.vmid)}`, "VM.Config.Disk");
  requireUnlocked(other);
  if (values["target-digest"] !== undefined && values["target-digest"] !== digestOf(other)) throw failure(STALE);
  if (key === "rootfs") throw failure("cannot reassign the root file system");
  if (other.config[into] !== undefined)
    throw failure(`target volume '${into}' is already in use for container '${String(other.vmid)}'`);
  const [from, to] = [String(guest.vmid), String(other.vmid)];
  return forked(call, `${from}-${key}>${to}-${into}`, guest, async (task) => {
    task.log(`moving volume '${key}' from container '${from}' to '${to}'`);
    await lab.pace.pause(taskSeconds(lab, "move_volume"), task.signal);
    const parts = properties("lxc", key, guest.config[key]);
    const old = parts["volume"] ?? "";
    const wanted = { storage: old.split(":")[0] ?? "", vmid: other.vmid, type: "lxc" } as const;
    const bytes = lab.world.volumes.get(old)?.size ?? 0;
    release(lab.world, old);
    const { volid } = allocate(lab.world, { ...wanted, bytes }, lab.pace.seconds());
    Reflect.deleteProperty(guest.config, key);
    task.log(`removing volume '${key}' from container '${from}' config`);
    other.config[into] = printProperties(formatOf("lxc", into) ?? {}, { ...parts, volume: volid });
    task.log(`target container '${to}' updated with '${into}'`);
    lab.world.saveGuest(guest);
    lab.world.saveGuest(other);
  });
}
