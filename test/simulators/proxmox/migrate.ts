import { failure, invalid } from "./apiError.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { fork } from "./endpoints/lxcPower.ts";
import { haMigrate } from "./haTasks.ts";
import { int, on, requireQuorum, requireUnlocked, type Call, type Lab } from "./lab.ts";
import { isMapped, localDevices, moveGuest, type Migration } from "./migrateWorker.ts";
import { isCdrom, isDrive } from "./qemuDrives.ts";
import { isCloudInit, volumesIn } from "./volumes.ts";
import type { Guest, GuestType } from "./world.ts";

/** POST that moves a container: stopped, moved, started again (contract §4.8). */
export function migrateLxc(call: Call): string {
  const { values } = call;
  const guest = requireMovable(call, "lxc");
  const ha = haMigrate(call, guest, values["target"] ?? "");
  if (ha !== undefined) return ha;
  requireUnlocked(guest);
  const live = on(values, "online");
  if (guest.running && !live && !on(values, "restart"))
    throw failure("can't migrate running container without --online or --restart");
  return forkMigration(call, guest, {
    target: values["target"] ?? "",
    live,
    timeout: int(values, "timeout", 180),
    withLocalDisks: true,
    storages: storagePairs(values["target-storage"]),
  });
}

/** POST that moves a VM: live when it runs, by copying its disks when it does not (contract §5.5). */
export function migrateQemu(call: Call): string {
  const { values } = call;
  const guest = requireMovable(call, "qemu");
  const ha = haMigrate(call, guest, values["target"] ?? "");
  if (ha !== undefined) return ha;
  requireUnlocked(guest);
  if (guest.running && !on(values, "online")) throw failure("can't migrate running VM without --online");
  return forkMigration(call, guest, {
    target: values["target"] ?? "",
    live: on(values, "online"),
    timeout: 180,
    withLocalDisks: on(values, "with-local-disks"),
    storages: storagePairs(values["targetstorage"]),
  });
}

function requireMovable(call: Call, type: GuestType): Guest {
  const { lab, node } = call;
  const target = call.values["target"] ?? "";
  if (target === node) throw invalid({ target: "target is local node." });
  requireQuorum(lab.world);
  if (!lab.world.nodes.has(target)) throw failure(`no such cluster node '${target}'`);
  return guestOf(call, type);
}

function forkMigration(call: Call, guest: Guest, migration: Migration): string {
  return fork(call, guest.type === "lxc" ? "vzmigrate" : "qmigrate", (task) =>
    moveGuest(call.lab, guest, migration, task),
  );
}

/** `a:b,c:d`, `b` alone or `1` for the same name: where a storage's volumes go. */
function storagePairs(value: string | undefined): (storage: string) => string {
  const pairs = (value ?? "").split(/[,; ]+/).filter((pair) => pair !== "" && pair !== "1");
  const named = new Map(pairs.filter((pair) => pair.includes(":")).map((pair) => pair.split(":") as [string, string]));
  const all = pairs.find((pair) => !pair.includes(":"));
  return (storage) => named.get(storage) ?? all ?? storage;
}

/** GET of what stands against moving a container. */
export function lxcMigrationView(call: Call): unknown {
  const guest = guestOf(call, "lxc");
  return { running: guest.running ? 1 : 0, "allowed-nodes": targets(call), "not-allowed-nodes": {} };
}

/** GET of what stands against moving a VM. */
export function qemuMigrationView(call: Call): unknown {
  const { lab } = call;
  const guest = guestOf(call, "qemu");
  const allowed = targets(call).filter((name) => missingStorages(lab, guest, name).length === 0);
  const refused = targets(call)
    .filter((name) => !allowed.includes(name))
    .map((name) => [name, { unavailable_storages: missingStorages(lab, guest, name) }] as const);
  return {
    running: guest.running ? 1 : 0,
    ...(guest.running ? {} : { allowed_nodes: allowed, not_allowed_nodes: Object.fromEntries(refused) }),
    local_disks: localDisks(lab, guest),
    local_resources: localDevices(guest),
    "mapped-resources": Object.keys(guest.config).filter((key) => isMapped(guest, key)),
    "mapped-resource-info": {},
    "has-dbus-vmstate": 0,
  };
}

function targets(call: Call): string[] {
  return [...call.lab.world.nodes.values()]
    .filter((each) => each.online && each.name !== call.node)
    .map((each) => each.name);
}

function missingStorages(lab: Lab, guest: Guest, node: string): string[] {
  const used = volumesIn(guest.type, guest.config).map((volid) => volid.split(":")[0] ?? "");
  return [...new Set(used)].filter((name) => lab.world.storages.get(name)?.nodes?.includes(node) === false);
}

function localDisks(lab: Lab, guest: Guest): unknown[] {
  return Object.entries(guest.config)
    .filter(([key]) => isDrive(key) || key.startsWith("unused"))
    .flatMap(([key, value]) => volumesIn("qemu", { [key]: value }).map((volid) => ({ key, value, volid })))
    .filter(({ volid }) => lab.world.storages.get(volid.split(":")[0] ?? "")?.shared !== true)
    .map(({ key, value, volid }) => ({
      volid,
      drivename: key,
      size: lab.world.volumes.get(volid)?.size ?? 0,
      // The drive of cloud-init too, though it keeps nothing where it is.
      cdrom: isCdrom(key, value) || isCloudInit(value) ? 1 : 0,
      is_unused: key.startsWith("unused") ? 1 : 0,
    }));
}
