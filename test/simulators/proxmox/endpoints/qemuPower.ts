import { failure } from "../apiError.ts";
import { haTask } from "../haTasks.ts";
import { int, on, requireQuorum, taskSeconds, vmidOf, type Call, type Route } from "../lab.ts";
import type { Target } from "../lxcPower.ts";
import {
  qemuRebootWorker,
  qemuShutdownWorker,
  qemuStartWorker,
  qemuStopWorker,
  requireVmRunning,
} from "../qemuPower.ts";
import { choice, flag, format, GUEST, integer, needs, text } from "../schema.ts";
import type { Guest } from "../world.ts";
import { fork, skiplock } from "./lxcPower.ts";

const targetOf = (call: Call): Target => ({ node: call.node, type: "qemu", vmid: vmidOf(call) });

function start(call: Call): string {
  const skip = skiplock(call);
  requireQuorum(call.lab.world);
  return haTask(call, "qemu", "started") ?? fork(call, "qmstart", qemuStartWorker(call.lab, targetOf(call), skip));
}

function stop(call: Call): string {
  const how = { skiplock: skiplock(call), overrule: on(call.values, "overrule-shutdown") };
  return haTask(call, "qemu", "stopped") ?? fork(call, "qmstop", qemuStopWorker(call.lab, targetOf(call), how));
}

function shutdown(call: Call): string {
  skiplock(call);
  requireAwake(call, on(call.values, "forceStop"));
  const down = Number(/down=(\d+)/.exec(call.lab.world.guest(vmidOf(call))?.config["startup"] ?? "")?.[1] ?? 60);
  const how = { timeout: int(call.values, "timeout", down), forceStop: on(call.values, "forceStop") };
  return haTask(call, "qemu", "stopped") ?? fork(call, "qmshutdown", qemuShutdownWorker(call.lab, targetOf(call), how));
}

function reboot(call: Call): string {
  requireAwake(call, false);
  requireVmRunning(call.lab, targetOf(call));
  return fork(call, "qmreboot", qemuRebootWorker(call.lab, targetOf(call), int(call.values, "timeout", 60)));
}

/** A hard reset: the same process, and the guest boots anew. */
function reset(call: Call): string {
  const guest = requireVmRunning(call.lab, targetOf(call));
  return fork(call, "qmreset", async () => {
    await call.lab.pace.pause(taskSeconds(call.lab, "qmreset"));
    call.lab.runtime.begin(guest, guest.pid ?? call.lab.tasks.nextPid());
  });
}

/** A VM that stands still cannot follow a request to stop. */
function requireAwake(call: Call, forced: boolean): void {
  const guest = call.lab.world.guest(vmidOf(call));
  if (!forced && guest?.paused === true) throw failure("VM is paused - cannot shutdown");
}

function suspend(call: Call): string {
  const guest = requireVmRunning(call.lab, targetOf(call));
  const { lab } = call;
  skiplock(call);
  if (!on(call.values, "todisk")) return fork(call, "qmpause", () => pause(call, guest, true));
  return fork(call, "qmsuspend", async (task) => {
    await lab.pace.pause(taskSeconds(lab, "qmsuspend"), task.signal);
    lab.runtime.end(guest, "suspended to disk");
    guest.config["lock"] = "suspended";
    lab.world.saveGuest(guest);
  });
}

function resume(call: Call): string {
  const guest = requireVmRunning(call.lab, targetOf(call));
  skiplock(call);
  return fork(call, "qmresume", () => pause(call, guest, false));
}

async function pause(call: Call, guest: Guest, paused: boolean): Promise<void> {
  await call.lab.pace.pause(taskSeconds(call.lab, paused ? "qmpause" : "qmresume"));
  if (paused) guest.paused = true;
  else delete guest.paused;
  call.lab.world.saveGuest(guest);
}

const power = { method: "POST", access: needs("/vms/{vmid}", "VM.PowerMgmt"), protected: true, proxied: true } as const;
const at = (verb: string): string => `/nodes/{node}/qemu/{vmid}/status/${verb}`;
const timeout = integer({ minimum: 0 });
const START = {
  ...GUEST,
  "force-cpu": text(),
  machine: format("#/formats/qemu.machine"),
  migratedfrom: format("pve-node"),
  migration_network: format("CIDR"),
  migration_type: choice("secure", "insecure"),
  "nets-host-mtu": text({ pattern: "net\\d+=\\d+(,net\\d+=\\d+)*" }),
  skiplock: flag,
  stateuri: text(),
  targetstorage: format("storage-pair-list"),
  timeout,
  "with-conntrack-state": flag,
};
const STOP = {
  ...GUEST,
  keepActive: flag,
  migratedfrom: format("pve-node"),
  "overrule-shutdown": flag,
  skiplock: flag,
  timeout,
};

/** Power of virtual machines (contract §5.3). */
export const QEMU_POWER_ROUTES: readonly Route[] = [
  { ...power, path: at("start"), params: START, handle: start },
  { ...power, path: at("stop"), params: STOP, handle: stop },
  {
    ...power,
    path: at("shutdown"),
    params: { ...GUEST, forceStop: flag, keepActive: flag, skiplock: flag, timeout },
    handle: shutdown,
  },
  { ...power, path: at("reboot"), params: { ...GUEST, timeout }, handle: reboot },
  { ...power, path: at("reset"), params: { ...GUEST, skiplock: flag }, handle: reset },
  {
    ...power,
    path: at("suspend"),
    params: {
      ...GUEST,
      skiplock: flag,
      statestorage: format("pve-storage-id", { requires: "todisk" }),
      todisk: flag,
    },
    handle: suspend,
  },
  { ...power, path: at("resume"), params: { ...GUEST, nocheck: flag, skiplock: flag }, handle: resume },
];
