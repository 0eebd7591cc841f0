import { randomUUID } from "node:crypto";
import { failure, textOf } from "./apiError.ts";
import { mergedBehaviour } from "./behaviours.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork } from "./endpoints/lxcPower.ts";
import { formatOf, properties, randomMac, sizeText } from "./guestSettings.ts";
import { requireQuorum, requireUnlocked, taskSeconds, type Call } from "./lab.ts";
import { requirePrivilege } from "./lxcRights.ts";
import { printProperties } from "./propertyString.ts";
import { isCdrom, isDrive } from "./qemuDrives.ts";
import { Aborted, type TaskHandle } from "./tasks.ts";
import { allocate, isCloudInit, isFileBased, release, requireStorage } from "./volumes.ts";
import type { Guest, Volume, World } from "./world.ts";

/** What a clone is made from and into. */
interface Cloning {
  readonly call: Call;
  readonly source: Guest;
  readonly config: Readonly<Record<string, string>>;
  readonly made: Guest;
  readonly full: boolean;
  readonly volumes: string[];
  readonly log: (line: string) => void;
}

/** POST of a clone of a VM: full, or linked to a template's disks (contract §5.5). */
export function cloneQemu(call: Call): string {
  const { lab, node, values } = call;
  const source = guestOf(call, "qemu");
  const newid = Number(values["newid"]);
  requireQuorum(lab.world);
  const { config, full } = requireCloneable(call, source, newid);
  const made: Guest = {
    vmid: newid,
    type: "qemu",
    node: values["target"] ?? node,
    config: { lock: "clone" },
    pending: {},
    pendingDelete: {},
    snapshots: [],
    running: false,
    behaviour: mergedBehaviour(lab.settings, newid, values["name"]),
  };
  lab.world.guests.set(String(newid), made);
  return fork(call, "qmclone", (task) =>
    lab.locks.holding(
      source,
      lab.settings.lockWaitSeconds,
      () => cloneNow({ call, source, config, made, full, volumes: [], log: task.log }, task),
      task.log,
    ),
  );
}

async function cloneNow(cloning: Cloning, task: TaskHandle): Promise<void> {
  const { call, source, made } = cloning;
  const { lab } = call;
  task.log(`creating a clone of VM ${String(source.vmid)} with ID ${String(made.vmid)}`);
  try {
    await lab.pace.pause(taskSeconds(lab, "qmclone"), task.signal);
    made.config = clonedConfig(cloning);
  } catch (error) {
    for (const volid of cloning.volumes) release(lab.world, volid);
    lab.world.guests.delete(String(made.vmid));
    if (error instanceof Aborted) throw error;
    throw failure(`clone failed: ${textOf(error)}`);
  }
  lab.world.saveGuest(made);
  const pool = lab.world.pools.get(call.values["pool"] ?? "");
  if (pool !== undefined) lab.world.pools.set(pool.poolid, { ...pool, vms: [...pool.vms, made.vmid] });
}

function requireCloneable(
  call: Call,
  source: Guest,
  newid: number,
): { readonly config: Readonly<Record<string, string>>; readonly full: boolean } {
  const { lab, node, values } = call;
  const { storage, target, snapname } = values;
  if (target !== undefined && !lab.world.nodes.has(target)) throw failure(`no such cluster node '${target}'`);
  if (storage !== undefined) requireCloneStorage(call, storage, target ?? node);
  requireUnlocked(source);
  const config = configOf(source, snapname);
  const full = values["full"] === undefined ? source.config["template"] !== "1" : values["full"] === "1";
  const odd = ["storage", "format"].find((key) => values[key] !== undefined);
  if (!full && odd !== undefined) throw failure(`parameter '${odd}' not allowed for linked clones`);
  if (lab.world.guest(newid) !== undefined)
    throw failure(`unable to create VM ${String(newid)}: config file already exists`);
  requireDisks(lab.world, config, full, target !== undefined && target !== node);
  return { config, full };
}

function configOf(source: Guest, snapname: string | undefined): Readonly<Record<string, string>> {
  if (snapname === undefined) return source.config;
  const snapshot = source.snapshots.find((each) => each.name === snapname);
  if (snapshot === undefined) throw failure(`snapshot '${snapname}' does not exist`);
  return snapshot.config;
}

function requireCloneStorage(call: Call, storage: string, node: string): void {
  const state = requireStorage(call.lab.world, storage, node);
  requirePrivilege(call, `/storage/${storage}`, "Datastore.AllocateSpace");
  if (node !== call.node && !state.shared) throw failure(`can't clone to non-shared storage '${storage}'`);
}

function requireDisks(world: World, config: Readonly<Record<string, string>>, full: boolean, away: boolean): void {
  for (const [key, value] of Object.entries(config).filter(([key, each]) => isDisk(key, each))) {
    const volid = value.split(",")[0] ?? "";
    if (away && world.storages.get(volid.split(":")[0] ?? "")?.shared !== true)
      throw failure(`can't clone VM to node (VM uses local storage '${volid}')`);
    if (!full && !isCloudInit(value) && !isBase(volid))
      throw failure(`Linked clone feature is not supported for drive '${key}'`);
  }
}

const isDisk = (key: string, value: string): boolean =>
  isDrive(key) && !isCdrom(key, value) && value.split(",")[0] !== "none";

const isBase = (volid: string): boolean => /[:/]base-\d+-disk-\d+(?:\.\w+)?$/.test(volid);

function clonedConfig(cloning: Cloning): Record<string, string> {
  const { call, source, config: from } = cloning;
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(from).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (["lock", "parent", "template"].includes(key) || key.startsWith("unused")) continue;
    if (/^net\d+$/.test(key)) config[key] = value.replace(/=(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}/, `=${randomMac()}`);
    else config[key] = isDisk(key, value) ? clonedDisk(cloning, key, value) : value;
  }
  const smbios = properties("qemu", "smbios1", from["smbios1"]);
  config["smbios1"] = printProperties(formatOf("qemu", "smbios1") ?? {}, { ...smbios, uuid: randomUUID() });
  if (from["vmgenid"] !== undefined) config["vmgenid"] = randomUUID();
  config["name"] = call.values["name"] ?? `Copy-of-VM-${source.config["name"] ?? String(source.vmid)}`;
  if (call.values["description"] !== undefined) config["description"] = call.values["description"];
  return config;
}

function clonedDisk(cloning: Cloning, key: string, value: string): string {
  const drive = properties("qemu", key, value);
  const volid = drive["file"] ?? "";
  const whole = cloning.full || isCloudInit(value);
  cloning.log(`create ${whole ? "full" : "linked"} clone of drive ${key} (${volid})`);
  const volume = clonedVolume(cloning, volid, isCloudInit(value));
  const file = whole ? volume.volid : linked(cloning.call.lab.world, volid, volume);
  cloning.volumes.push(file);
  const size = drive["size"] === undefined ? {} : { size: sizeText(volume.size) };
  return printProperties(formatOf("qemu", key) ?? {}, { ...drive, file, ...size });
}

function clonedVolume(cloning: Cloning, volid: string, cloud: boolean): Volume {
  const { call, made } = cloning;
  const { world, pace } = call.lab;
  const from = world.volumes.get(volid);
  const storage = call.values["storage"] ?? volid.split(":")[0] ?? "";
  const wanted = { storage, vmid: made.vmid, type: "qemu", bytes: from?.size ?? 0 } as const;
  const named = cloud ? { name: `vm-${String(made.vmid)}-cloudinit` } : {};
  return allocate(world, { ...wanted, ...named, ...formatFor(cloning, storage, from) }, pace.seconds());
}

function formatFor(cloning: Cloning, storage: string, from: Volume | undefined): { format?: "raw" | "qcow2" | "vmdk" } {
  const state = cloning.call.lab.world.storages.get(storage);
  const wanted = cloning.call.values["format"] ?? from?.format;
  return isFileBased(state) && (wanted === "qcow2" || wanted === "vmdk") ? { format: wanted } : {};
}

/** A linked clone's volume carries its base in its name. */
function linked(world: World, base: string, volume: Volume): string {
  const volid = `${base}/${volume.volid.slice(volume.volid.indexOf(":") + 1)}`;
  release(world, volume.volid);
  world.volumes.set(volid, { ...volume, volid });
  return volid;
}
