import { failure } from "./apiError.ts";
import { findGuest, requireGuest, requireUnlocked, taskSeconds, type Lab } from "./lab.ts";
import { askToStop, overrule, type ShutdownHow, type Target } from "./lxcPower.ts";
import { applyPending, requireBridges } from "./pendingChanges.ts";
import type { TaskHandle, Worker } from "./tasks.ts";
import { volumeProblem, volumesIn } from "./volumes.ts";
import type { Guest } from "./world.ts";

/** The guest, or the other text for a missing VM (contract §5). */
export function requireVm(lab: Lab, target: Target): Guest {
  const guest = findGuest(lab.world, target.node, "qemu", target.vmid);
  if (guest !== undefined) return guest;
  throw failure(`unable to find configuration file for VM ${String(target.vmid)} on node '${target.node}'`);
}

export function requireVmRunning(lab: Lab, target: Target): Guest {
  const guest = requireVm(lab, target);
  if (!guest.running) throw failure(`VM ${String(target.vmid)} not running`);
  return guest;
}

async function bringUpVm(lab: Lab, guest: Guest, task: TaskHandle): Promise<void> {
  const seconds = taskSeconds(lab, "qmstart");
  if (guest.config["template"] === "1") throw failure("you can't start a vm if it's a template");
  applyPending(lab.world, guest);
  guest.cloudInit = { ...guest.config };
  for (const volid of volumesIn("qemu", guest.config)) {
    const problem = volumeProblem(lab.world, volid);
    if (problem !== undefined) throw failure(problem);
  }
  requireBridges(lab.world, guest);
  await lab.pace.pause(seconds / 2, task.signal);
  const refusal = lab.runtime.behaviour(guest).startFails;
  if (refusal !== undefined) throw failure(refusal === "" ? "start failed: QEMU exited with code 1" : refusal);
  lab.runtime.begin(guest, lab.tasks.nextPid());
  await lab.pace.pause(seconds / 2, task.signal);
}

/** qmstart; that it runs already is only found here. */
export function qemuStartWorker(lab: Lab, target: Target, skiplock: boolean): Worker {
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, "qemu", target.vmid);
        if (!skiplock) requireUnlocked(guest, "suspended");
        if (guest.running) throw failure(`VM ${String(target.vmid)} already running`);
        if (guest.config["lock"] === "suspended") delete guest.config["lock"];
        await bringUpVm(lab, guest, task);
      },
      task.log,
    );
}

/** qmstop; a stopped VM is no failure. */
export function qemuStopWorker(lab: Lab, target: Target, how: { skiplock: boolean; overrule: boolean }): Worker {
  return async (task) => {
    if (how.overrule) await overrule(lab, target, "qmshutdown", task);
    await lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireVm(lab, target);
        if (!how.skiplock) requireUnlocked(guest);
        if (guest.running) await lab.pace.pause(taskSeconds(lab, "qmstop"), task.signal);
        if (guest.running) lab.runtime.end(guest, "stopped by a task");
      },
      task.log,
    );
  };
}

/** qmshutdown. */
export function qemuShutdownWorker(lab: Lab, target: Target, how: ShutdownHow): Worker {
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireVm(lab, target);
        requireUnlocked(guest);
        if (!guest.running || (await askToStop(lab, guest, how.timeout, task))) return;
        if (!how.forceStop) throw failure("VM quit/powerdown failed - got timeout");
        task.log("VM quit/powerdown failed - terminating now with SIGTERM");
        lab.runtime.end(guest, "killed after the shutdown timeout");
      },
      task.log,
    );
}

/** qmreboot: a shutdown; the start is a second task afterwards. */
export function qemuRebootWorker(lab: Lab, target: Target, timeout: number): Worker {
  return async (task) => {
    await qemuShutdownWorker(lab, target, { timeout, forceStop: false })(task);
    const request = { node: target.node, type: "qmstart", id: String(target.vmid), user: "root@pam" };
    lab.tasks.fork(request, qemuStartWorker(lab, target, false));
  };
}
