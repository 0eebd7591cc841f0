import { failure, invalid } from "../apiError.ts";
import { haTask } from "../haTasks.ts";
import { findGuest, int, on, requireQuorum, vmidOf, type Call, type Route } from "../lab.ts";
import { rebootWorker, requireRunning, shutdownWorker, startWorker, stopWorker, type Target } from "../lxcPower.ts";
import { flag, GUEST, integer, needs } from "../schema.ts";
import type { Worker } from "../tasks.ts";

const targetOf = (call: Call): Target => ({ node: call.node, type: "lxc", vmid: vmidOf(call) });

/** skiplock is for root@pam alone. */
export function skiplock(call: Call): boolean {
  if (!on(call.values, "skiplock")) return false;
  if (call.caller.user !== "root@pam") throw invalid({ skiplock: "Only root may use this option." });
  return true;
}

export function fork(call: Call, type: string, worker: Worker): string {
  return call.lab.tasks.fork({ node: call.node, type, id: call.values["vmid"] ?? "", user: call.caller.user }, worker);
}

function start(call: Call): string {
  const target = targetOf(call);
  const skip = skiplock(call);
  if (findGuest(call.lab.world, target.node, "lxc", target.vmid)?.running === true) {
    throw failure(`CT ${String(target.vmid)} already running`);
  }
  requireQuorum(call.lab.world);
  return haTask(call, "lxc", "started") ?? fork(call, "vzstart", startWorker(call.lab, target, skip));
}

function stop(call: Call): string {
  const target = targetOf(call);
  const skip = skiplock(call);
  requireRunning(call.lab, target, "CT");
  const how = { skiplock: skip, overrule: on(call.values, "overrule-shutdown") };
  return haTask(call, "lxc", "stopped") ?? fork(call, "vzstop", stopWorker(call.lab, target, how));
}

function shutdown(call: Call): string {
  const target = targetOf(call);
  requireRunning(call.lab, target, "CT");
  const how = { timeout: int(call.values, "timeout", 60), forceStop: on(call.values, "forceStop") };
  return haTask(call, "lxc", "stopped") ?? fork(call, "vzshutdown", shutdownWorker(call.lab, target, how));
}

function reboot(call: Call): string {
  const target = targetOf(call);
  requireRunning(call.lab, target, "VM");
  return fork(call, "vzreboot", rebootWorker(call.lab, target, int(call.values, "timeout", 60)));
}

function suspend(call: Call): string {
  const target = targetOf(call);
  requireRunning(call.lab, target, "CT");
  return fork(call, "vzsuspend", () => Promise.reject(failure(checkpoint(target, "-s"))));
}

function resume(call: Call): string {
  const target = targetOf(call);
  if (findGuest(call.lab.world, target.node, "lxc", target.vmid)?.running === true) {
    throw failure(`CT ${String(target.vmid)} already running`);
  }
  return fork(call, "vzresume", () => Promise.reject(failure(checkpoint(target, "-r --foreground"))));
}

const checkpoint = (target: Target, how: string): string =>
  `command 'lxc-checkpoint -n ${String(target.vmid)} ${how} -D /var/lib/vz/dump' failed: exit code 1`;

const power = needs("/vms/{vmid}", "VM.PowerMgmt");
const at = (verb: string): string => `/nodes/{node}/lxc/{vmid}/status/${verb}`;
const common = { method: "POST", access: power, protected: true, proxied: true } as const;

/** Power of containers (contract §4.7). */
export const LXC_POWER_ROUTES: readonly Route[] = [
  { ...common, path: at("start"), params: { ...GUEST, debug: flag, skiplock: flag }, handle: start },
  { ...common, path: at("stop"), params: { ...GUEST, "overrule-shutdown": flag, skiplock: flag }, handle: stop },
  {
    ...common,
    path: at("shutdown"),
    params: { ...GUEST, forceStop: flag, timeout: integer({ minimum: 0 }) },
    handle: shutdown,
  },
  { ...common, path: at("reboot"), params: { ...GUEST, timeout: integer({ minimum: 0 }) }, handle: reboot },
  { ...common, path: at("suspend"), params: GUEST, handle: suspend },
  { ...common, path: at("resume"), params: GUEST, handle: resume },
];
