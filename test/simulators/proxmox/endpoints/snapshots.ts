import { failure } from "../apiError.ts";
import { configView, digestOf } from "../guestSettings.ts";
import { requireGuest, requireUnlocked, taskSeconds, vmidOf, type Call, type Route } from "../lab.ts";
import { startWorker, type Target } from "../lxcPower.ts";
import { qemuStartWorker } from "../qemuPower.ts";
import { ANY_USER, flag, format, GUEST, needs, needsAny, required, text } from "../schema.ts";
import { Aborted, type TaskHandle } from "../tasks.ts";
import { snapshotFeature } from "../snapshotFeature.ts";
import { volumesIn } from "../volumes.ts";
import type { Guest, GuestType, Snapshot } from "../world.ts";
import { fork } from "./lxcPower.ts";
import { guestOf } from "./lxc.ts";

const TASKS: Readonly<Record<GuestType, { make: string; remove: string; back: string }>> = {
  lxc: { make: "vzsnapshot", remove: "vzdelsnapshot", back: "vzrollback" },
  qemu: { make: "qmsnapshot", remove: "qmdelsnapshot", back: "qmrollback" },
};
const RESERVED: Readonly<Record<GuestType, readonly string[]>> = {
  lxc: ["current", "vzdump"],
  qemu: ["current", "pending"],
};

function snapshotOf(guest: Guest, name: string): Snapshot {
  const found = guest.snapshots.find((each) => each.name === name);
  if (found === undefined) throw failure(`snapshot '${name}' does not exist`);
  return found;
}

function list(call: Call, type: GuestType): unknown[] {
  const guest = guestOf(call, type);
  const parent = guest.config["parent"];
  const snapshots = guest.snapshots.map(({ name, description, snaptime, parent: before, vmstate }) => ({
    name,
    description,
    snaptime,
    ...(before === undefined ? {} : { parent: before }),
    ...(type === "qemu" ? { vmstate: vmstate === true ? 1 : 0 } : {}),
  }));
  const current = {
    name: "current",
    description: "You are here!",
    running: guest.running ? 1 : 0,
    digest: digestOf(guest),
    ...(parent === undefined ? {} : { parent }),
  };
  return [...snapshots, current];
}

/** Runs a snapshot task with the file lock held and the configuration locked under that word. */
function locked(
  call: Call,
  type: GuestType,
  lock: string,
  run: (guest: Guest, task: TaskHandle) => Promise<void>,
): (task: TaskHandle) => Promise<void> {
  const target: Target = { node: call.node, type, vmid: vmidOf(call) };
  const { lab } = call;
  return (task) =>
    lab.locks.holding(
      target,
      lab.settings.lockWaitSeconds,
      async () => {
        const guest = requireGuest(lab.world, target.node, type, target.vmid);
        requireUnlocked(guest);
        const before = guest.config;
        guest.config = { ...before, lock };
        lab.world.saveGuest(guest);
        const unlock = (): void => {
          delete guest.config["lock"];
          lab.world.saveGuest(guest);
        };
        await run(guest, task).catch((error: unknown) => {
          if (!(error instanceof Aborted)) unlock();
          throw error;
        });
        unlock();
      },
      task.log,
    );
}

function make(call: Call, type: GuestType): string {
  const { snapname = "", description, vmstate } = call.values;
  if (RESERVED[type].includes(snapname)) throw failure(`unable to use snapshot name '${snapname}' (reserved name)`);
  return fork(
    call,
    TASKS[type].make,
    locked(call, type, "snapshot", async (guest, task) => {
      if (guest.snapshots.some((each) => each.name === snapname))
        throw failure(`snapshot name '${snapname}' already used`);
      if (!snapshotFeature(call.lab.world, guest)) throw failure("snapshot feature is not available");
      await call.lab.pace.pause(taskSeconds(call.lab, "vzsnapshot"), task.signal);
      const { lock: _, parent, ...config } = guest.config;
      const kept = description === undefined ? "" : type === "lxc" ? `${description}\n` : description;
      guest.snapshots.push({
        name: snapname,
        description: kept,
        snaptime: call.lab.pace.seconds(),
        config,
        ...(parent === undefined ? {} : { parent }),
        ...(vmstate === "1" && guest.running ? { vmstate: true } : {}),
      });
      guest.config["parent"] = snapname;
    }),
  );
}

function remove(call: Call, type: GuestType): string {
  const { snapname = "" } = call.values;
  return fork(
    call,
    TASKS[type].remove,
    locked(call, type, "snapshot-delete", async (guest, task) => {
      const gone = snapshotOf(guest, snapname);
      await call.lab.pace.pause(taskSeconds(call.lab, "vzdelsnapshot"), task.signal);
      guest.snapshots = guest.snapshots.filter((each) => each !== gone);
      for (const each of guest.snapshots) if (each.parent === snapname) relink(each, gone.parent);
      if (guest.config["parent"] !== snapname) return;
      if (gone.parent === undefined) delete guest.config["parent"];
      else guest.config["parent"] = gone.parent;
    }),
  );
}

function relink(snapshot: Snapshot, parent: string | undefined): void {
  if (parent === undefined) delete snapshot.parent;
  else snapshot.parent = parent;
}

function rollback(call: Call, type: GuestType): string {
  const { snapname = "", start } = call.values;
  const { lab } = call;
  const back = locked(call, type, "rollback", async (guest, task) => {
    const snapshot = snapshotOf(guest, snapname);
    requireMostRecent(call, guest, snapshot);
    if (guest.running) lab.runtime.end(guest, "stopped for a rollback");
    await lab.pace.pause(taskSeconds(lab, "vzrollback"), task.signal);
    guest.config = { ...snapshot.config, parent: snapname, lock: "rollback" };
    guest.pending = {};
    guest.pendingDelete = {};
    if (snapshot.vmstate === true) lab.runtime.begin(guest, lab.tasks.nextPid());
  });
  return fork(call, TASKS[type].back, async (task) => {
    await back(task);
    const target: Target = { node: call.node, type, vmid: vmidOf(call) };
    if (start === "1" && !requireGuest(lab.world, target.node, type, target.vmid).running)
      fork(
        call,
        type === "lxc" ? "vzstart" : "qmstart",
        type === "lxc" ? startWorker(lab, target, false) : qemuStartWorker(lab, target, false),
      );
  });
}

/** ZFS can only go back to its newest snapshot. */
function requireMostRecent(call: Call, guest: Guest, snapshot: Snapshot): void {
  const { storages } = call.lab.world;
  const volume = volumesIn(guest.type, guest.config).find(
    (volid) => storages.get(volid.split(":")[0] ?? "")?.type === "zfspool",
  );
  if (volume !== undefined && guest.snapshots.at(-1) !== snapshot)
    throw failure(`can't rollback, '${snapshot.name}' is not most recent snapshot on '${volume}'`);
}

function setDescription(call: Call, type: GuestType): null {
  const guest = guestOf(call, type);
  const snapshot = snapshotOf(guest, call.values["snapname"] ?? "");
  if (call.values["description"] !== undefined)
    snapshot.description = `${call.values["description"]}${type === "lxc" ? "\n" : ""}`;
  call.lab.world.saveGuest(guest);
  return null;
}

function readConfig(call: Call, type: GuestType): unknown {
  const guest = guestOf(call, type);
  const { name: _, config, vmstate: _state, ...about } = snapshotOf(guest, call.values["snapname"] ?? "");
  const { digest: _digest, ...view } = configView(guest, config);
  return { ...view, ...about };
}

const ONE = { ...GUEST, snapname: required(format("pve-configid", { maxLength: 40 })) };

/** Snapshots of one kind of guest (contract §4.9). */
export function snapshotRoutes(type: GuestType): readonly Route[] {
  const base = `/nodes/{node}/${type}/{vmid}/snapshot`;
  const snapshots = needs("/vms/{vmid}", "VM.Snapshot");
  const state = type === "qemu" ? { vmstate: flag } : {};
  return [
    {
      method: "GET",
      path: base,
      params: GUEST,
      access: needs("/vms/{vmid}", "VM.Audit"),
      protected: true,
      proxied: true,
      handle: (call) => list(call, type),
    },
    {
      method: "POST",
      path: base,
      params: { ...ONE, ...state, description: text() },
      access: snapshots,
      protected: true,
      proxied: true,
      handle: (call) => make(call, type),
    },
    {
      method: "GET",
      path: `${base}/{snapname}`,
      params: ONE,
      access: ANY_USER,
      handle: () => [{ cmd: "rollback" }, { cmd: "config" }],
    },
    {
      method: "DELETE",
      path: `${base}/{snapname}`,
      params: { ...ONE, force: flag },
      access: snapshots,
      protected: true,
      proxied: true,
      handle: (call) => remove(call, type),
    },
    {
      method: "GET",
      path: `${base}/{snapname}/config`,
      params: ONE,
      proxied: true,
      access: needsAny("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"),
      handle: (call) => readConfig(call, type),
    },
    {
      method: "PUT",
      path: `${base}/{snapname}/config`,
      params: { ...ONE, description: text() },
      access: snapshots,
      protected: true,
      proxied: true,
      handle: (call) => setDescription(call, type),
    },
    {
      method: "POST",
      path: `${base}/{snapname}/rollback`,
      params: { ...ONE, start: flag },
      protected: true,
      proxied: true,
      access: needsAny("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback"),
      handle: (call) => rollback(call, type),
    },
  ];
}
