import { denied, failure } from "./apiError.ts";
import { mergedBehaviour } from "./behaviours.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork, skiplock } from "./endpoints/lxcPower.ts";
import { on, requireQuorum, requireUnlocked, taskSeconds, vmidOf, type Call } from "./lab.ts";
import { existsText } from "./lxcCreate.ts";
import { destroy, requireDestroyable } from "./lxcDestroy.ts";
import { newVmConfig } from "./qemuConfig.ts";
import { qemuStartWorker } from "./qemuPower.ts";
import type { Guest } from "./world.ts";

/** POST of a new VM (contract §5.1). */
export function createQemu(call: Call): string {
  const { lab, node, values, permissions, caller } = call;
  const vmid = vmidOf(call);
  if (!permissions.has(caller.user, `/vms/${String(vmid)}`, "VM.Allocate")) throw denied();
  requireQuorum(lab.world);
  const taken = lab.world.guest(vmid);
  if (taken !== undefined) throw failure(`unable to create VM ${String(vmid)} - ${existsText(taken)}`);
  if (
    values["sshkeys"] !== undefined &&
    !/^(ssh-|ecdsa-|sk-)\S* \S{20,}/m.test(decodeURIComponent(values["sshkeys"]))
  ) {
    throw failure("SSH public key validation error");
  }
  const { config, log } = newVmConfig(call, vmid);
  const guest: Guest = {
    vmid,
    type: "qemu",
    node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: {},
    snapshots: [],
    running: false,
    behaviour: mergedBehaviour(lab.settings, vmid, values["name"]),
  };
  lab.world.guests.set(String(vmid), guest);
  return fork(call, "qmcreate", async (task) => {
    await lab.locks.holding(
      guest,
      1,
      async () => {
        await lab.pace.pause(taskSeconds(lab, "qmcreate"), task.signal);
        log.forEach(task.log);
        guest.config = config;
        lab.world.saveGuest(guest);
      },
      task.log,
    );
    if (on(values, "start")) fork(call, "qmstart", qemuStartWorker(lab, { node, type: "qemu", vmid }, false));
  });
}

/** DELETE of a VM. */
export function destroyQemu(call: Call): string {
  const { lab, values } = call;
  const guest = guestOf(call, "qemu");
  skiplock(call);
  requireDestroyable(lab, guest, on(values, "purge"));
  if (guest.running) throw failure(`VM ${String(guest.vmid)} is running - destroy failed`);
  return fork(call, "qmdestroy", (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        requireUnlocked(guest);
        if (on(values, "purge")) task.log(`purging VM ${String(guest.vmid)} from related configurations..`);
        await destroy(lab, guest, "qmdestroy", on(values, "purge"));
      },
      task.log,
    ),
  );
}
