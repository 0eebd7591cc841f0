import { denied, failure, invalid, textOf } from "./apiError.ts";
import { mergedBehaviour } from "./behaviours.ts";
import { type Config } from "./guestSettings.ts";
import { on, requireQuorum, taskSeconds, vmidOf, type Call, type Lab } from "./lab.ts";
import { startWorker } from "./lxcPower.ts";
import { requireBridgeUse, requireLxcRights, requirePrivilege } from "./lxcRights.ts";
import { allocated, storedValue } from "./lxcValues.ts";
import { requireMtu } from "./pendingChanges.ts";
import { properties } from "./guestSettings.ts";
import { Aborted, type TaskHandle } from "./tasks.ts";
import { holds, release, requireStorage, volumeProblem, volumeSpec } from "./volumes.ts";
import type { Guest } from "./world.ts";

const NOT_CONFIG = new Set([
  "node",
  "vmid",
  "ostemplate",
  "storage",
  "password",
  "ssh-public-keys",
  "pool",
  "start",
  "force",
  "restore",
  "unique",
  "ignore-unpack-errors",
  "bwlimit",
  "ha-managed",
]);

interface Creation {
  readonly vmid: number;
  readonly node: string;
  readonly user: string;
  readonly template: string;
  readonly storage: string;
  /** Keys of the configuration as they were sent. */
  readonly sent: Config;
  readonly unprivileged: boolean;
  readonly start: boolean;
  readonly pool: string | undefined;
}

/** POST of a new container (contract §4.1): all checks that are an HTTP error, then the task. */
export function createLxc(call: Call): string {
  const { lab, values, node } = call;
  requireQuorum(lab.world);
  const creation = creationOf(call);
  if (on(values, "restore")) requireRestoreStorage(call);
  const { pool } = creation;
  if (pool !== undefined && !lab.world.pools.has(pool)) throw denied(`pool '${pool}' does not exist`);
  requireCreateRight(call, creation);
  const taken = lab.world.guest(creation.vmid);
  if (taken !== undefined) throw failure(existsText(taken));
  if (values["ssh-public-keys"] !== undefined && !/^(ssh-|ecdsa-|sk-)\S* \S+/m.test(values["ssh-public-keys"])) {
    throw failure("SSH public key validation error");
  }
  requirePlaces(call, creation);
  requireTemplate(call, creation.template);
  requireRights(call, creation);
  requireWorkable(call, creation);
  const guest = placeholder(creation);
  lab.world.guests.set(String(creation.vmid), guest);
  const request = { node, type: "vzcreate", id: String(creation.vmid), user: call.caller.user };
  return lab.tasks.fork(request, (task) => create(lab, creation, guest, task));
}

export function existsText(guest: Guest): string {
  return `${guest.type === "lxc" ? "CT" : "VM"} ${String(guest.vmid)} already exists on node '${guest.node}'`;
}

function creationOf(call: Call): Creation {
  const { values, lab } = call;
  const sent = Object.fromEntries(Object.entries(values).filter(([key]) => !NOT_CONFIG.has(key)));
  const unprivileged = values["unprivileged"] ?? (Number.parseInt(lab.settings.version, 10) >= 9 ? "1" : "0");
  return {
    vmid: vmidOf(call),
    node: call.node,
    user: call.caller.user,
    template: values["ostemplate"] ?? "",
    storage: values["storage"] ?? "local",
    sent,
    unprivileged: unprivileged === "1",
    start: on(values, "start"),
    pool: values["pool"],
  };
}

function requireRestoreStorage(call: Call): void {
  const storage = call.values["storage"] ?? "local";
  const state = requireStorage(call.lab.world, storage, call.node);
  if (!holds(state, "rootdir"))
    throw invalid({ storage: `storage '${storage}' does not support container directories` });
  throw failure("restoring backups is beyond this simulator");
}

function requireCreateRight(call: Call, creation: Creation): void {
  const { permissions, caller } = call;
  const inPool = creation.pool !== undefined && permissions.has(caller.user, `/pool/${creation.pool}`, "VM.Allocate");
  if (!inPool && !permissions.has(caller.user, `/vms/${String(creation.vmid)}`, "VM.Allocate")) throw denied();
}

function requireTemplate(call: Call, template: string): void {
  if (!template.includes(":")) return;
  const storage = template.split(":")[0] ?? "";
  requireStorage(call.lab.world, storage, call.node);
  const { permissions, caller } = call;
  if (!permissions.hasAny(caller.user, `/storage/${storage}`, ["Datastore.AllocateSpace", "Datastore.Audit"])) {
    throw denied(`/storage/${storage}, Datastore.AllocateSpace|Datastore.Audit`);
  }
  if (!template.includes(":vztmpl/"))
    throw failure(`unable to use volume ${template} - content type needs to be 'vztmpl'`);
}

/** The storages that are asked for are there, hold containers, and may be used. */
function requirePlaces(call: Call, creation: Creation): void {
  const volumes = Object.entries(creation.sent).filter(([key]) => /^(rootfs|mp\d+)$/.test(key));
  const hasRootfs = creation.sent["rootfs"] !== undefined;
  if (!hasRootfs && volumes.length > 0) throw failure("mount points configured, but 'rootfs' not set - aborting");
  const wanted = hasRootfs ? volumes : [["rootfs", creation.storage] as const];
  for (const [key, value] of wanted) {
    const spec = hasRootfs ? volumeSpec(properties("lxc", key, value)["volume"] ?? "", creation.storage) : undefined;
    if (spec?.is !== "path") requirePlace(call, spec?.storage ?? creation.storage);
  }
}

function requirePlace(call: Call, storage: string): void {
  const state = requireStorage(call.lab.world, storage, call.node);
  if (call.caller.user !== "root@pam") requirePrivilege(call, `/storage/${storage}`, "Datastore.AllocateSpace");
  if (!holds(state, "rootdir"))
    throw invalid({ storage: `storage '${storage}' does not support container directories` });
}

function requireRights(call: Call, creation: Creation): void {
  const change = { call, vmid: creation.vmid, current: {}, unprivileged: creation.unprivileged };
  requireLxcRights(change, creation.sent);
  if (call.caller.user === "root@pam") return;
  if (!creation.unprivileged) requirePrivilege(call, "/", "Sys.Modify");
  for (const [key, value] of Object.entries(creation.sent)) {
    if (/^net\d+$/.test(key)) requireBridgeUse(call, key, value);
  }
}

function requireWorkable(call: Call, creation: Creation): void {
  const script = creation.sent["hookscript"];
  if (script !== undefined) throw failure(`script '${script}' does not exist`);
  for (const [key, value] of Object.entries(creation.sent)) {
    if (/^net\d+$/.test(key)) requireMtu(call.lab.world, call.node, key, value);
  }
}

function placeholder(creation: Creation): Guest {
  return {
    vmid: creation.vmid,
    type: "lxc",
    node: creation.node,
    config: { lock: "create" },
    pending: {},
    pendingDelete: {},
    snapshots: [],
    behaviour: {},
    running: false,
  };
}

async function create(lab: Lab, creation: Creation, guest: Guest, task: TaskHandle): Promise<void> {
  const made: string[] = [];
  const { vmid } = creation;
  try {
    await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => unpack(lab, creation, guest, task, made));
  } catch (error) {
    if (error instanceof Aborted) throw error;
    for (const volid of made) release(lab.world, volid);
    lab.world.guests.delete(String(vmid));
    throw failure(`unable to create CT ${String(vmid)} - ${textOf(error)}`);
  }
  if (!creation.start) return;
  const target = { node: creation.node, type: "lxc" as const, vmid };
  lab.tasks.fork(
    { node: creation.node, type: "vzstart", id: String(vmid), user: creation.user },
    startWorker(lab, target, false),
  );
}

async function unpack(lab: Lab, creation: Creation, guest: Guest, task: TaskHandle, made: string[]): Promise<void> {
  const { vmid, node, template } = creation;
  if (!template.includes(":")) throw failure(`can't find file '${template}'`);
  if (!lab.world.volumes.has(template)) {
    task.log(`volume '${template}' does not exist`);
    throw failure(`volume '${template}' does not exist`);
  }
  const owner = { vmid, node, defaultStorage: creation.storage };
  const config: Record<string, string> = { ...creation.sent };
  config["rootfs"] ??= `${creation.storage}:4`;
  requireExisting(lab, creation, config);
  for (const key of Object.keys(config)
    .filter((name) => /^(rootfs|mp\d+)$/.test(name))
    .sort(byRootFirst)) {
    const stored = allocated(lab, key, config[key] ?? "", owner);
    if (stored !== config[key]) made.push(stored.split(",")[0] ?? "");
    config[key] = stored;
  }
  await lab.pace.pause(taskSeconds(lab, "vzcreate"), task.signal);
  task.log(`extracting archive '/var/lib/vz/template/cache/${template.split("/").at(-1) ?? ""}'`);
  task.log("Total bytes read: 2068480 (2.0MiB, 195MiB/s)");
  if (config["arch"] === undefined) task.log("Detected container architecture: amd64");
  guest.config = finished(lab, creation, config);
  guest.behaviour = mergedBehaviour(lab.settings, vmid, guest.config["hostname"]);
  lab.world.saveGuest(guest);
  joinPool(lab, creation);
}

/** Volumes that are named instead of asked for are there. */
function requireExisting(lab: Lab, creation: Creation, config: Config): void {
  for (const [key, value] of Object.entries(config)) {
    if (!/^(rootfs|mp\d+)$/.test(key)) continue;
    const spec = volumeSpec(properties("lxc", key, value)["volume"] ?? "", creation.storage);
    const problem = spec.is === "existing" ? volumeProblem(lab.world, spec.volid) : undefined;
    if (problem !== undefined) throw failure(problem);
  }
}

const byRootFirst = (a: string, b: string): number =>
  a === "rootfs" ? -1 : b === "rootfs" ? 1 : Number(a.slice(2)) - Number(b.slice(2));

function finished(lab: Lab, creation: Creation, sent: Config): Record<string, string> {
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(sent)) config[key] = storedValue(lab, key, value);
  if (creation.unprivileged) config["unprivileged"] = "1";
  else delete config["unprivileged"];
  const ostype = /vztmpl\/([a-z]+)/.exec(creation.template)?.[1] ?? "debian";
  const defaults = {
    hostname: `CT${String(creation.vmid)}`,
    memory: "512",
    swap: "512",
    arch: "amd64",
    ostype: ["alpine", "ubuntu", "fedora"].includes(ostype) ? ostype : "debian",
  };
  return { ...defaults, ...config };
}

function joinPool(lab: Lab, creation: Creation): void {
  const pool = creation.pool === undefined ? undefined : lab.world.pools.get(creation.pool);
  if (pool === undefined) return;
  pool.vms.push(creation.vmid);
  lab.world.pools.touch(pool.poolid);
}
