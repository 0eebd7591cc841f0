import { pendingView } from "../guestSettings.ts";
import { int, on, requireQuorum, taskSeconds, vmidOf, type Call, type Route } from "../lab.ts";
import { haTask } from "../haTasks.ts";
import type { Target } from "../lxcPower.ts";
import { agentInterfaces, agentPing } from "../qemuAgent.ts";
import { createQemu, destroyQemu } from "../qemuLife.ts";
import { updateQemu } from "../qemuConfig.ts";
import {
  qemuRebootWorker,
  qemuShutdownWorker,
  qemuStartWorker,
  qemuStopWorker,
  requireVmRunning,
} from "../qemuPower.ts";
import { QEMU_CONFIG } from "../qemuSchema.ts";
import {
  ANY_USER,
  DIGEST,
  flag,
  format,
  GUEST,
  integer,
  needs,
  needsAny,
  NODE,
  text,
  VMID,
  type Params,
} from "../schema.ts";
import { agentEnabled, haView, qemuStatus } from "../statusView.ts";
import { guestOf, readConfig, visibleGuests } from "./lxc.ts";
import { fork, skiplock } from "./lxcPower.ts";

const targetOf = (call: Call): Target => ({ node: call.node, type: "qemu", vmid: vmidOf(call) });

function current(call: Call): unknown {
  const guest = guestOf(call, "qemu");
  const agent = agentEnabled(guest) ? { agent: 1 } : {};
  return { ...qemuStatus(call.lab, guest, true), ...agent, ha: haView(call.lab, guest) };
}

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
  const down = Number(/down=(\d+)/.exec(call.lab.world.guest(vmidOf(call))?.config["startup"] ?? "")?.[1] ?? 60);
  const how = { timeout: int(call.values, "timeout", down), forceStop: on(call.values, "forceStop") };
  return haTask(call, "qemu", "stopped") ?? fork(call, "qmshutdown", qemuShutdownWorker(call.lab, targetOf(call), how));
}

function reboot(call: Call): string {
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

function pauseOrResume(type: string): (call: Call) => string {
  return (call) => {
    requireVmRunning(call.lab, targetOf(call));
    return fork(call, type, () => call.lab.pace.pause(taskSeconds(call.lab, type)));
  };
}

const BASE = "/nodes/{node}/qemu";
const ONE = `${BASE}/{vmid}`;
const audit = needs("/vms/{vmid}", "VM.Audit");
const power = { method: "POST", access: needs("/vms/{vmid}", "VM.PowerMgmt"), protected: true, proxied: true } as const;
const agent = {
  access: needsAny("/vms/{vmid}", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"),
  protected: true,
  proxied: true,
} as const;
const timeout = integer({ minimum: 0 });
const UPDATE: Params = {
  ...GUEST,
  ...QEMU_CONFIG,
  delete: format("pve-configid-list"),
  digest: DIGEST,
  revert: format("pve-configid-list"),
  force: { ...flag, requires: "delete" },
  skiplock: flag,
};
const CONFIG_PRIVILEGES = ["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"].map(
  (what) => `VM.Config.${what}`,
);
const write = { access: needsAny("/vms/{vmid}", ...CONFIG_PRIVILEGES), protected: true, proxied: true } as const;

/** Virtual machines, as far as a controller of power needs them (contract §5). */
export const QEMU_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    params: { ...NODE, full: flag },
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: (call) => visibleGuests(call, "qemu").map((guest) => qemuStatus(call.lab, guest, on(call.values, "full"))),
  },
  {
    method: "POST",
    path: BASE,
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: createQemu,
    params: {
      ...NODE,
      ...QEMU_CONFIG,
      vmid: VMID,
      pool: format("pve-poolid"),
      start: flag,
      storage: format("pve-storage-id"),
    },
  },
  {
    method: "GET",
    path: `${ONE}/config`,
    access: audit,
    proxied: true,
    handle: (call) => readConfig(call, "qemu"),
    params: { ...GUEST, current: flag, snapshot: format("pve-configid", { maxLength: 40 }) },
  },
  { method: "PUT", path: `${ONE}/config`, params: UPDATE, ...write, handle: (call) => updateQemu(call) },
  {
    method: "GET",
    path: `${ONE}/pending`,
    params: GUEST,
    access: audit,
    proxied: true,
    handle: (call) => pendingView(guestOf(call, "qemu")),
  },
  {
    method: "GET",
    path: `${ONE}/status/current`,
    params: GUEST,
    access: audit,
    protected: true,
    proxied: true,
    handle: current,
  },
  {
    method: "DELETE",
    path: ONE,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    protected: true,
    proxied: true,
    handle: destroyQemu,
    params: { ...GUEST, "destroy-unreferenced-disks": flag, purge: flag, skiplock: flag },
  },
  {
    ...power,
    path: `${ONE}/status/start`,
    params: { ...GUEST, skiplock: flag, timeout, "force-cpu": text() },
    handle: start,
  },
  {
    ...power,
    path: `${ONE}/status/stop`,
    params: { ...GUEST, keepActive: flag, "overrule-shutdown": flag, skiplock: flag, timeout },
    handle: stop,
  },
  {
    ...power,
    path: `${ONE}/status/shutdown`,
    params: { ...GUEST, forceStop: flag, keepActive: flag, skiplock: flag, timeout },
    handle: shutdown,
  },
  { ...power, path: `${ONE}/status/reboot`, params: { ...GUEST, timeout }, handle: reboot },
  { ...power, path: `${ONE}/status/reset`, params: { ...GUEST, skiplock: flag }, handle: reset },
  { ...power, path: `${ONE}/status/suspend`, params: { ...GUEST, skiplock: flag }, handle: pauseOrResume("qmpause") },
  { ...power, path: `${ONE}/status/resume`, params: { ...GUEST, skiplock: flag }, handle: pauseOrResume("qmresume") },
  {
    method: "POST",
    path: `${ONE}/agent/ping`,
    params: GUEST,
    ...agent,
    handle: agentPing,
  },
  { method: "GET", path: `${ONE}/agent/network-get-interfaces`, params: GUEST, ...agent, handle: agentInterfaces },
];
