import { failure } from "./apiError.ts";
import { on, requireGuest, requireQuorum, requireUnlocked, taskSeconds, vmidOf, type Call, type Lab } from "./lab.ts";
import { release, volumesIn } from "./volumes.ts";
import type { Guest } from "./world.ts";

/** DELETE of a container: what forbids it is an HTTP error, the rest happens in the task. */
export function destroyLxc(call: Call): string {
  const { lab, node, values } = call;
  const vmid = vmidOf(call);
  const guest = requireGuest(lab.world, node, "lxc", vmid);
  requireDestroyable(lab, guest, on(values, "purge"));
  if (guest.running && !on(values, "force"))
    throw failure(`unable to destroy CT ${String(vmid)} - container is running`);
  requireQuorum(lab.world);
  return lab.tasks.fork({ node, type: "vzdestroy", id: String(vmid), user: call.caller.user }, (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        if (guest.running) {
          task.log(`forced to stop CT ${String(vmid)} before destroying!`);
          lab.runtime.end(guest, "stopped to be destroyed");
        }
        requireUnlocked(requireGuest(lab.world, node, "lxc", vmid));
        requireNoClones(lab, guest);
        if (on(values, "purge")) task.log(`purging CT ${String(vmid)} from related configurations..`);
        await destroy(lab, guest, "vzdestroy", on(values, "purge"));
      },
      task.log,
    ),
  );
}

/** Protection, locks, HA and replication forbid it. */
export function requireDestroyable(lab: Lab, guest: Guest, purge: boolean): void {
  const word = guest.type === "lxc" ? "CT" : "VM";
  const vmid = String(guest.vmid);
  if (guest.config["protection"] === "1") throw failure(`can't remove ${word} ${vmid} - protection mode enabled`);
  if (guest.type === "lxc") requireUnlocked(guest);
  const job = [...lab.world.replicationJobs.values()].find((each) => Number(each["guest"]) === guest.vmid);
  if (job !== undefined) {
    throw failure(`There is a replication job '${String(job["id"])}' for guest '${vmid}' - Please remove that first.`);
  }
  if (!purge && lab.world.ha.has(`${guest.type === "lxc" ? "ct" : "vm"}:${vmid}`)) {
    throw failure(`unable to remove ${word} ${vmid} - used in HA resources and purge parameter not set.`);
  }
}

/** A template's volume that linked clones stand on stays. */
export function requireNoClones(lab: Lab, guest: Guest): void {
  for (const volid of volumesIn(guest.type, guest.config)) {
    const base = volid.slice(volid.indexOf(":") + 1);
    const used = base.startsWith("base") && [...lab.world.volumes.keys()].some((other) => other.includes(`${base}/`));
    if (used) throw failure(`base volume '${base}' is still in use by linked clones`);
  }
}

/** Volumes first, the configuration (and with it the vmid) at the very end. */
export async function destroy(lab: Lab, guest: Guest, type: string, purge: boolean): Promise<void> {
  const { world } = lab;
  const volumes = [...volumesIn(guest.type, guest.config), ...volumesIn(guest.type, guest.pending)];
  guest.config = { ...guest.config, lock: "destroyed" };
  world.saveGuest(guest);
  await lab.pace.pause(taskSeconds(lab, type));
  for (const volid of volumes) if (new RegExp(`[-:/]${String(guest.vmid)}[-/]`).test(volid)) release(world, volid);
  world.guests.delete(String(guest.vmid));
  for (const [key, acl] of world.acls) if (acl.path === `/vms/${String(guest.vmid)}`) world.acls.delete(key);
  for (const pool of world.pools.values()) {
    pool.vms = pool.vms.filter((vmid) => vmid !== guest.vmid);
    world.pools.touch(pool.poolid);
  }
  if (purge) purgeFromJobs(lab, guest);
}

function purgeFromJobs(lab: Lab, guest: Guest): void {
  lab.world.ha.delete(`${guest.type === "lxc" ? "ct" : "vm"}:${String(guest.vmid)}`);
  for (const [id, job] of lab.world.backupJobs) {
    const listed = String(job["vmid"] ?? "").split(",");
    if (!listed.includes(String(guest.vmid))) continue;
    job["vmid"] = listed.filter((vmid) => vmid !== String(guest.vmid)).join(",");
    lab.world.backupJobs.touch(id);
  }
}
