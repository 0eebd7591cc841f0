import { failure } from "./apiError.ts";
import { findGuest, requireGuest, requireUnlocked, taskSeconds, type Lab } from "./lab.ts";
import { applyPending, requireBridges } from "./pendingChanges.ts";
import { Aborted, type TaskHandle, type Worker } from "./tasks.ts";
import { volumeProblem, volumesIn } from "./volumes.ts";
import type { Guest, GuestType } from "./world.ts";

/** A guest by where it should be. */
export interface Target {
  readonly node: string;
  readonly type: GuestType;
  readonly vmid: number;
}

export interface ShutdownHow {
  readonly timeout: number;
  readonly forceStop: boolean;
}

const MISSING_ARCH = "missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 729.";

function requireStartable(lab: Lab, guest: Guest): void {
  if (guest.config["template"] === "1") throw failure("you can't start a CT if it's a template");
  if (guest.type === "lxc" && guest.config["arch"] === undefined) throw failure(MISSING_ARCH);
  for (const volid of volumesIn(guest.type, guest.config)) {
    const problem = volumeProblem(lab.world, volid);
    if (problem !== undefined) throw failure(problem);
  }
  requireBridges(lab.world, guest);
}

/** The start itself, lock held: what can go wrong first, then the guest runs and only then the task ends. */
export async function bringUp(lab: Lab, guest: Guest, task: TaskHandle, seconds: number): Promise<void> {
  applyPending(lab.world, guest);
  requireStartable(lab, guest);
  const { startFails: refusal, startEnds } = lab.runtime.behaviour(guest);
  await lab.pace.pause(seconds / 2, task.signal);
  if (refusal !== undefined)
    throw failure(refusal === "" ? `startup for container '${String(guest.vmid)}' failed` : refusal);
  lab.runtime.begin(guest, lab.tasks.nextPid());
  if (startEnds === "killed") throw new Aborted("unexpected status");
  if (startEnds === "warning") task.warn("The AppArmor profile could not be loaded");
  await lab.pace.pause(seconds / 2, task.signal);
}

/** vzstart. */
export function startWorker(lab: Lab, target: Target, skiplock: boolean): Worker {
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, target.type, target.vmid);
        if (!skiplock) requireUnlocked(guest, "mounted");
        if (guest.running) {
          task.log("problem with monitor socket, but continuing anyway: got timeout");
          task.log("");
          return;
        }
        await bringUp(lab, guest, task, taskSeconds(lab, "vzstart"));
      },
      task.log,
    );
}

/** vzstop: a hard kill. */
export function stopWorker(lab: Lab, target: Target, how: { skiplock: boolean; overrule: boolean }): Worker {
  return async (task) => {
    if (how.overrule) await overrule(lab, target, "vzshutdown", task);
    await lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, target.type, target.vmid);
        if (!how.skiplock) requireUnlocked(guest);
        await lab.pace.pause(taskSeconds(lab, "vzstop"), task.signal);
        if (guest.running) lab.runtime.end(guest, "stopped by a task");
      },
      task.log,
    );
  };
}

/** Breaks off shutdown tasks that are in the way. */
export async function overrule(lab: Lab, target: Target, type: string, task: TaskHandle): Promise<void> {
  const waiting = lab.tasks.runningOf(target.node, type, String(target.vmid));
  if (waiting.length === 0) return;
  task.log(`overruled ${type} tasks: ${waiting.map((each) => each.upid).join(", ")}`);
  await Promise.all(waiting.map((each) => lab.tasks.abort(each.upid, "unexpected status")));
}

/** Asks the guest to stop and waits; true when it stopped by itself. */
export async function askToStop(lab: Lab, guest: Guest, timeout: number, task: TaskHandle): Promise<boolean> {
  const behaviour = lab.runtime.behaviour(guest);
  const deaf = behaviour.ignoreShutdown === true || guest.hung === true;
  const takes = lab.runtime.shutdownSeconds(guest);
  await lab.pace.pause(deaf ? timeout : Math.min(takes, timeout), task.signal);
  if (!guest.running) return true;
  if (deaf || takes > timeout) return false;
  lab.runtime.end(guest, "shut down");
  return true;
}

/** vzshutdown. */
export function shutdownWorker(lab: Lab, target: Target, how: ShutdownHow): Worker {
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, target.type, target.vmid);
        requireUnlocked(guest);
        const command = `command 'lxc-stop -n ${String(target.vmid)} --nokill --timeout ${String(how.timeout)}' failed`;
        task.signal.addEventListener(
          "abort",
          () => {
            task.log(`${command}: received interrupt`);
          },
          { once: true },
        );
        if (await askToStop(lab, guest, how.timeout, task)) return;
        if (how.forceStop) {
          lab.runtime.end(guest, "killed after the shutdown timeout");
          return;
        }
        task.log(`${command}: exit code 1`);
        throw failure("container did not stop");
      },
      task.log,
    );
}

/** vzreboot: shutdown, kill after the timeout, start, all in one lock. */
export function rebootWorker(lab: Lab, target: Target, timeout: number): Worker {
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, target.type, target.vmid);
        requireUnlocked(guest);
        if (guest.running && !(await askToStop(lab, guest, timeout, task)))
          lab.runtime.end(guest, "killed for a reboot");
        await bringUp(lab, guest, task, taskSeconds(lab, "vzstart"));
      },
      task.log,
    );
}

/** "CT 101 not running" and the like, before anything is forked. */
export function requireRunning(lab: Lab, target: Target, word: "CT" | "VM"): Guest {
  const guest = findGuest(lab.world, target.node, target.type, target.vmid);
  if (guest?.running !== true) throw failure(`${word} ${String(target.vmid)} not running`);
  return guest;
}
