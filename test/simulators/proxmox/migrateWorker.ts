import { failure, textOf } from "./apiError.ts";
import { properties } from "./guestSettings.ts";
import { requireGuest, requireUnlocked, taskSeconds, type Lab } from "./lab.ts";
import { askToStop, startWorker } from "./lxcPower.ts";
import { isCdrom, isDrive } from "./qemuDrives.ts";
import { Aborted, type TaskHandle } from "./tasks.ts";
import { requireStorage, volumesIn } from "./volumes.ts";
import type { Guest } from "./world.ts";

/** How a guest is moved. */
export interface Migration {
  readonly target: string;
  /** While it runs; containers cannot. */
  readonly live: boolean;
  /** Seconds a container gets to stop. */
  readonly timeout: number;
  readonly withLocalDisks: boolean;
  /** The storage its volumes go to, by the one they are on. */
  readonly storages: (storage: string) => string;
}

/** True where a device is not this host's alone. */
export function isMapped(guest: Guest, key: string): boolean {
  return /^(?:usb|hostpci)\d+$/.test(key) && properties("qemu", key, guest.config[key])["mapping"] !== undefined;
}

/** Keys of host devices that keep a VM where it is. */
export function localDevices(guest: Guest): string[] {
  return Object.keys(guest.config).filter(
    (key) =>
      /^(?:usb|hostpci|serial|parallel)\d+$/.test(key) && guest.config[key] !== "socket" && !isMapped(guest, key),
  );
}

/** vzmigrate, qmigrate: whatever stands against it is said in the log, and the task ends with `migration aborted`. */
export async function moveGuest(lab: Lab, guest: Guest, migration: Migration, task: TaskHandle): Promise<void> {
  const { running } = guest;
  const source = guest.node;
  await lab.locks.holding(
    guest,
    lab.settings.lockWaitSeconds,
    async () => {
      requireUnlocked(requireGuest(lab.world, source, guest.type, guest.vmid));
      guest.config["lock"] = "migrate";
      lab.world.saveGuest(guest);
      try {
        await move(lab, guest, migration, task);
      } catch (error) {
        if (error instanceof Aborted) throw error;
        delete guest.config["lock"];
        lab.world.saveGuest(guest);
        throw error;
      }
    },
    task.log,
  );
  if (guest.type === "qemu" || !running) return;
  const id = String(guest.vmid);
  const request = { node: guest.node, type: "vzstart", id, user: task.user };
  const started = lab.tasks.fork(request, startWorker(lab, { node: guest.node, type: "lxc", vmid: guest.vmid }, false));
  await lab.tasks.ended(started);
}

async function move(lab: Lab, guest: Guest, migration: Migration, task: TaskHandle): Promise<void> {
  const { target } = migration;
  const lxc = guest.type === "lxc";
  const what = lxc ? "CT" : "VM";
  task.log(`starting migration of ${what} ${String(guest.vmid)} to node '${target}'`);
  const obstacle = obstacleOf(lab, guest, migration);
  if (obstacle !== undefined) {
    task.log(`ERROR: migration aborted (duration 00:00:00): ${obstacle}`);
    throw failure("migration aborted");
  }
  if (lxc && guest.running) {
    task.log(`shutdown CT ${String(guest.vmid)}`);
    if (!(await askToStop(lab, guest, migration.timeout, task))) lab.runtime.end(guest, "killed to migrate");
  }
  for (const volid of volumesIn(guest.type, guest.config))
    task.log(`found local volume '${volid}' (in current VM config)`);
  await lab.pace.pause(taskSeconds(lab, lxc ? "vzmigrate" : "qmigrate"), task.signal);
  for (const [key, value] of Object.entries(guest.config))
    guest.config[key] = elsewhere(lab, guest, migration, key, value);
  delete guest.config["lock"];
  guest.node = target;
  lab.world.saveGuest(guest);
  task.log("migration finished successfully (duration 00:00:04)");
}

function obstacleOf(lab: Lab, guest: Guest, migration: Migration): string | undefined {
  const target = lab.world.nodes.get(migration.target);
  if (target?.online !== true)
    return `Can't connect to destination address using public key: ssh: connect to host ${migration.target}: No route to host`;
  if (guest.type === "lxc" && migration.live && guest.running) return "lxc live migration is currently not implemented";
  const bind = guest.type === "lxc" ? localDirectory(guest) : undefined;
  if (bind !== undefined) return `cannot migrate local bind mount point '${bind}'`;
  const devices = localDevices(guest);
  if (guest.type === "qemu" && devices.length > 0)
    return `can't migrate VM which uses local devices: ${devices.join(", ")}`;
  return storageObstacle(lab, guest, migration);
}

/** A mount of the host's own directory that nobody says is everywhere. */
function localDirectory(guest: Guest): string | undefined {
  return Object.keys(guest.config).find((key) => {
    const { volume = "", shared } = /^mp\d+$/.test(key) ? properties("lxc", key, guest.config[key]) : {};
    return volume.startsWith("/") && shared !== "1";
  });
}

function storageObstacle(lab: Lab, guest: Guest, migration: Migration): string | undefined {
  for (const [key, value] of Object.entries(guest.config)) {
    for (const volid of volumesIn(guest.type, { [key]: value })) {
      const obstacle = volumeObstacle(lab, guest, migration, { key, value, volid });
      if (obstacle !== undefined) return obstacle;
    }
  }
  return undefined;
}

/** A volume of a guest, and the key that names it. */
interface Named {
  readonly key: string;
  readonly value: string;
  readonly volid: string;
}

function volumeObstacle(lab: Lab, guest: Guest, migration: Migration, named: Named): string | undefined {
  const from = named.volid.split(":")[0] ?? "";
  const shared = lab.world.storages.get(from)?.shared === true;
  const local = shared ? undefined : localObstacle(lab, guest, migration, named);
  if (local !== undefined) return local;
  try {
    requireStorage(lab.world, shared ? from : migration.storages(from), migration.target);
  } catch (error) {
    return textOf(error);
  }
  return undefined;
}

function localObstacle(
  lab: Lab,
  guest: Guest,
  { withLocalDisks }: Migration,
  { key, value, volid }: Named,
): string | undefined {
  if (isDrive(key) && isCdrom(key, value))
    return `can't migrate local cdrom '${volid}' (Problem found while scanning volumes)`;
  if (guest.type === "qemu" && guest.running && !withLocalDisks)
    return `can't migrate local disk '${volid}': can't live migrate attached local disks without with-local-disks option`;
  const snapshots = snapshotObstacle(lab, guest, key, volid);
  const what = guest.type === "lxc" ? "volume" : "disk";
  return snapshots === undefined ? undefined : `can't migrate local ${what} '${volid}': ${snapshots}`;
}

/** Snapshots go with ZFS and BTRFS, and in qcow2 files of a VM that does not run; with nothing else that is local. */
function snapshotObstacle({ world }: Lab, guest: Guest, key: string, volid: string): string | undefined {
  if (!guest.snapshots.some(({ config }) => config[key]?.includes(volid))) return undefined;
  const replicated = [...world.replicationJobs.values()].some((job) => Number(job["guest"]) === guest.vmid);
  if (guest.type === "qemu" && guest.running)
    return replicated ? undefined : "online storage migration not possible if non-replicated snapshot exists";
  const { type = "" } = world.storages.get(volid.split(":")[0] ?? "") ?? {};
  if (["zfspool", "btrfs"].includes(type) || (guest.type === "qemu" && volid.endsWith(".qcow2"))) return undefined;
  return "non-migratable snapshot exists";
}

/** A local volume on another storage has another name there. */
function elsewhere(lab: Lab, guest: Guest, migration: Migration, key: string, value: string): string {
  const [volid] = volumesIn(guest.type, { [key]: value });
  const from = volid?.split(":")[0] ?? "";
  const to = migration.storages(from);
  const volume = volid === undefined ? undefined : lab.world.volumes.get(volid);
  if (volid === undefined || volume === undefined || to === from) return value;
  if (lab.world.storages.get(from)?.shared === true) return value;
  const moved = `${to}:${volid.slice(from.length + 1)}`;
  lab.world.volumes.delete(volid);
  lab.world.volumes.set(moved, { ...volume, volid: moved, storage: to });
  return value.replace(volid, moved);
}
