import { denied, failure } from "../apiError.ts";
import { mergedBehaviour } from "../behaviours.ts";
import { pendingView } from "../guestSettings.ts";
import { int, on, requireQuorum, requireUnlocked, taskSeconds, vmidOf, type Call, type Route } from "../lab.ts";
import { haTask } from "../haTasks.ts";
import { destroy, requireDestroyable } from "../lxcDestroy.ts";
import { existsText } from "../lxcCreate.ts";
import type { Target } from "../lxcPower.ts";
import { newVmConfig, updateQemu } from "../qemuConfig.ts";
import {
  qemuRebootWorker,
  qemuShutdownWorker,
  qemuStartWorker,
  qemuStopWorker,
  requireVm,
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
import type { Guest } from "../world.ts";
import { guestOf, readConfig, visibleGuests } from "./lxc.ts";
import { fork, skiplock } from "./lxcPower.ts";

const targetOf = (call: Call): Target => ({ node: call.node, type: "qemu", vmid: vmidOf(call) });

function create(call: Call): string {
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
    if (on(values, "start")) fork(call, "qmstart", qemuStartWorker(lab, targetOf(call), false));
  });
}

function remove(call: Call): string {
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

/** The agent answers once the guest has booted; before, each question takes three seconds to fail (contract §5.4). */
async function requireAgent(call: Call): Promise<Guest> {
  const guest = requireVm(call.lab, targetOf(call));
  if (!agentEnabled(guest)) throw failure("No QEMU guest agent configured");
  if (!guest.running) throw failure(`VM ${String(guest.vmid)} is not running`);
  if (call.lab.runtime.hasBooted(guest)) return guest;
  await call.lab.pace.pause(3);
  throw failure("QEMU guest agent is not running");
}

async function agentInterfaces(call: Call): Promise<unknown> {
  const guest = await requireAgent(call);
  const mac =
    /(?:virtio|e1000|vmxnet3|rtl8139|macaddr)=([0-9A-F:]{17})/i.exec(guest.config["net0"] ?? "")?.[1]?.toLowerCase() ??
    "";
  const address = (ip: string, prefix: number): unknown => ({ "ip-address": ip, "ip-address-type": "ipv4", prefix });
  return {
    result: [
      { name: "lo", "hardware-address": "00:00:00:00:00:00", "ip-addresses": [address("127.0.0.1", 8)] },
      { name: "eth0", "hardware-address": mac, "ip-addresses": [address(call.lab.runtime.address(guest), 8)] },
    ],
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
    handle: create,
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
    handle: (call) => {
      const guest = guestOf(call, "qemu");
      return { ...qemuStatus(call.lab, guest, true), ha: haView(call.lab, guest) };
    },
  },
  {
    method: "DELETE",
    path: ONE,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    protected: true,
    proxied: true,
    handle: remove,
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
    handle: async (call) => {
      await requireAgent(call);
      return { result: {} };
    },
  },
  { method: "GET", path: `${ONE}/agent/network-get-interfaces`, params: GUEST, ...agent, handle: agentInterfaces },
];
