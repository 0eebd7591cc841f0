import { randomUUID } from "node:crypto";
import { denied, failure, textOf } from "./apiError.ts";
import { mergedBehaviour } from "./behaviours.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork, skiplock } from "./endpoints/lxcPower.ts";
import { on, requireQuorum, requireUnlocked, taskSeconds, vmidOf, type Call } from "./lab.ts";
import { existsText } from "./lxcCreate.ts";
import { destroy, requireDestroyable, requireNoClones } from "./lxcDestroy.ts";
import { requirePrivilege } from "./lxcRights.ts";
import { isDrive, madeDrive, type DriveMaking } from "./qemuDrives.ts";
import { qemuStartWorker } from "./qemuPower.ts";
import { requireQemuRights } from "./qemuRights.ts";
import { defaultBoot, requireSshKeys, storedQemuValue } from "./qemuValues.ts";
import { Aborted, type TaskHandle } from "./tasks.ts";
import { release } from "./volumes.ts";
import type { Guest } from "./world.ts";

const NOT_CONFIG = new Set([
  ...["node", "vmid", "pool", "start", "storage", "archive", "unique", "force", "bwlimit", "live-restore"],
  ...["import-working-storage", "ha-managed"],
]);

/** POST of a new VM (contract §5.1): what is checked first is an HTTP error, the rest happens in the task. */
export function createQemu(call: Call): string {
  const { lab, node, values } = call;
  const vmid = vmidOf(call);
  requireCreateRights(call, vmid);
  requireQuorum(lab.world);
  if (values["archive"] !== undefined) throw failure("restoring backups is beyond this simulator");
  const sent = Object.fromEntries(Object.entries(values).filter(([key]) => !NOT_CONFIG.has(key)));
  requireSshKeys(sent);
  requireQemuRights({ call, vmid, storage: values["storage"] }, {}, sent, []);
  const taken = lab.world.guest(vmid);
  if (taken !== undefined) throw failure(`unable to create VM ${String(vmid)} - ${existsText(taken)}`);
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
  return fork(call, "qmcreate", (task) => create(call, guest, sent, task));
}

function requireCreateRights(call: Call, vmid: number): void {
  const { values, permissions, caller, lab } = call;
  const { pool } = values;
  if (pool !== undefined && !lab.world.pools.has(pool)) throw denied(`pool '${pool}' does not exist`);
  const inPool = pool !== undefined && permissions.has(caller.user, `/pool/${pool}`, "VM.Allocate");
  if (!inPool && !permissions.has(caller.user, `/vms/${String(vmid)}`, "VM.Allocate")) throw denied();
  if (on(values, "start")) requirePrivilege(call, `/vms/${String(vmid)}`, "VM.PowerMgmt");
  if (on(values, "ha-managed")) requirePrivilege(call, "/", "Sys.Console");
}

async function create(
  call: Call,
  guest: Guest,
  sent: Readonly<Record<string, string>>,
  task: TaskHandle,
): Promise<void> {
  const { lab, node, values } = call;
  const { vmid } = guest;
  const making: DriveMaking = { lab, vmid, node, storage: values["storage"], log: task.log, made: [] };
  try {
    await lab.locks.holding(
      guest,
      1,
      async () => {
        await lab.pace.pause(taskSeconds(lab, "qmcreate"), task.signal);
        guest.config = newConfig(making, sent);
        lab.world.saveGuest(guest);
      },
      task.log,
    );
  } catch (error) {
    if (error instanceof Aborted) throw error;
    for (const volid of making.made) release(lab.world, volid);
    lab.world.guests.delete(String(vmid));
    throw failure(`unable to create VM ${String(vmid)} - ${textOf(error)}`);
  }
  joinIn(call, vmid);
  if (on(values, "start")) fork(call, "qmstart", qemuStartWorker(lab, { node, type: "qemu", vmid }, false));
}

/** The configuration with what the server adds. */
function newConfig(making: DriveMaking, sent: Readonly<Record<string, string>>): Record<string, string> {
  const config: Record<string, string> = {
    smbios1: `uuid=${randomUUID()}`,
    vmgenid: randomUUID(),
    meta: `creation-qemu=11.0.0,ctime=${String(making.lab.pace.seconds())}`,
  };
  for (const [key, value] of Object.entries(sent))
    config[key] = isDrive(key) ? madeDrive(making, key, value, config) : storedQemuValue(making.lab, key, value);
  config["boot"] ??= defaultBoot(config);
  return config;
}

/** Membership of a pool and of HA, where they were asked for. */
function joinIn(call: Call, vmid: number): void {
  const { world } = call.lab;
  const pool = world.pools.get(call.values["pool"] ?? "");
  if (pool !== undefined) {
    pool.vms.push(vmid);
    world.pools.touch(pool.poolid);
  }
  const sid = `vm:${String(vmid)}`;
  const state = on(call.values, "start") ? "started" : "stopped";
  if (on(call.values, "ha-managed")) world.ha.set(sid, { sid, vmid, type: "vm", state });
}

/** DELETE of a VM. */
export function destroyQemu(call: Call): string {
  const { lab, values } = call;
  const guest = guestOf(call, "qemu");
  const skip = skiplock(call);
  requireDestroyable(lab, guest, on(values, "purge"));
  if (guest.running) throw failure(`VM ${String(guest.vmid)} is running - destroy failed`);
  return fork(call, "qmdestroy", (task) =>
    lab.locks.holding(
      guest,
      lab.settings.lockWaitSeconds,
      async () => {
        if (!skip) requireUnlocked(guest);
        requireNoClones(lab, guest);
        if (on(values, "purge")) task.log(`purging VM ${String(guest.vmid)} from related configurations..`);
        await destroy(lab, guest, "qmdestroy", on(values, "purge"));
      },
      task.log,
    ),
  );
}
