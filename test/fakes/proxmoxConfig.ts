import { createHash } from "node:crypto";
import type { ConfigChange, Growth, Mount, NetworkInterface, NewMount } from "../../controller/providers/port.ts";
import { printTags } from "../../controller/providers/proxmox/wire.ts";
import { configOf, label, type FakeGuest } from "./proxmoxGuest.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { configureVm, resizeVm } from "./proxmoxVm.ts";
import { refusal, type FakeWorld } from "./proxmoxWorld.ts";

/** A write of a container's configuration, with what Proxmox applies at once and what it lets wait (contract 4.4). */
export function configure(world: FakeWorld, guest: FakeGuest, change: ConfigChange, digest: string): void {
  requireSame(guest, digest);
  if (Object.keys(change).length === 0) throw refusal(500, "no options specified");
  if (guest.type === "qemu") {
    configureVm(world, guest, change);
    return;
  }
  requireAllowed(guest, change);
  applyAtOnce(guest, change);
  for (const [key, apply] of later(change)) {
    guest.waiting.delete(key);
    if (guest.power === "Running") guest.waiting.set(key, apply);
    else apply(guest);
  }
  for (const mount of change.mounts ?? []) setMount(world, guest, mount);
  for (const network of change.networks ?? []) setNetwork(world, guest, network);
}

/** A write of a VM by a task; a lock and another digest are told at once, the rest in the task (contract 5.2). */
export function configureByTask(
  world: FakeWorld,
  guest: FakeGuest,
  { change, digest }: { readonly change: ConfigChange; readonly digest: string },
  user: string,
): FakeTask {
  requireSame(guest, digest);
  return world.work(guest, { type: "qmconfig", user, ms: 2_000 }, () => {
    try {
      configureVm(world, guest, change);
      return "OK";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  });
}

/** The task that grows a volume. What is wrong with it is said at once (contract 4.8). */
export function resize(
  world: FakeWorld,
  guest: FakeGuest,
  { disk, sizeMiB, digest }: Growth & { readonly digest: string },
  user: string,
): FakeTask {
  requireSame(guest, digest);
  if (guest.type === "qemu") return resizeVm(world, guest, { disk, sizeMiB }, user);
  const volume = disk === "rootfs" ? guest.rootfs : guest.mounts.find(({ key }) => key === disk);
  if (volume === undefined) throw refusal(500, "format error");
  const now = volume.sizeMiB ?? 0;
  if (sizeMiB < now) throw refusal(500, "unable to shrink disk size");
  if (sizeMiB === now) throw refusal(500, "disk is already at specified size");
  return world.work(guest, { type: "resize", user, ms: 1_000 }, () => {
    const [storage = ""] = volume.volume.split(":");
    if (world.fullStorages.has(storage)) return `zfs error: cannot set property for '${volume.volume}': out of space`;
    const grown = { ...volume, sizeMiB };
    if (disk === "rootfs") guest.rootfs = grown;
    else guest.mounts = guest.mounts.map((one) => (one.key === disk ? grown : one));
    return "OK";
  });
}

function requireSame(guest: FakeGuest, digest: string): void {
  if (guest.lock !== undefined) throw refusal(500, `${label(guest)} is locked (${guest.lock})`);
  if (configOf(guest).digest !== digest)
    throw refusal(
      500,
      guest.type === "lxc"
        ? "detected modified configuration - file changed by other user? Try again."
        : "checksum mismatch (file change by other user?)",
    );
}

/** What no token may do, and what the protection flag keeps (contract 4.4, 9.2). */
function requireAllowed(guest: FakeGuest, { features, mounts = [] }: ConfigChange): void {
  const changed = [...new Set([...Object.keys(features ?? {}), ...Object.keys(guest.features)])].filter(
    (name) => features !== undefined && features[name] !== guest.features[name],
  );
  const rest = guest.unprivileged ? changed.filter((name) => name !== "nesting") : changed;
  if (rest.length > 0)
    throw refusal(
      403,
      "Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)",
    );
  for (const mount of mounts) {
    if (guest.protection)
      throw refusal(500, `can't update CT ${String(guest.vmid)} drive '${mount.key}' - protection mode enabled`);
    if ("volume" in mount && mount.volume.startsWith("/"))
      throw refusal(403, "Permission check failed (mount point type bind is only allowed for root@pam)");
  }
}

function applyAtOnce(guest: FakeGuest, change: ConfigChange): void {
  if (change.tags !== undefined) guest.tags = printTags(change.tags).split(";").filter(Boolean);
  if (change.name !== undefined) guest.name = change.name;
  if (change.description !== undefined) guest.description = change.description === "" ? undefined : change.description;
  const { onboot, startup, cores, cpuLimit, cpuWeight, memoryMiB, swapMiB } = change;
  const plain = { onboot, startup, cores, cpuLimit, cpuWeight, memoryMiB, swapMiB };
  Object.assign(guest, Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)));
}

type Later = readonly (readonly [key: string, apply: (guest: FakeGuest) => void])[];

/** Keys that a running container takes over when it is started next. */
function later({ nameservers, searchDomain, features }: ConfigChange): Later {
  return [
    ...(nameservers === undefined
      ? []
      : [["nameserver", (guest: FakeGuest) => void (guest.nameservers = [...nameservers])] as const]),
    ...(searchDomain === undefined
      ? []
      : [["searchdomain", (guest: FakeGuest) => void (guest.searchDomain = searchDomain)] as const]),
    ...(features === undefined
      ? []
      : [["features", (guest: FakeGuest) => void (guest.features = { ...features })] as const]),
  ];
}

/** A new volume is made and mounted at once; a change of one that is mounted waits. */
function setMount(world: FakeWorld, guest: FakeGuest, mount: Mount | NewMount): void {
  if (!("volume" in mount)) {
    const { storage, ...rest } = mount;
    if (world.storages?.has(storage) === false) throw refusal(500, `storage '${storage}' does not exist`);
    if (world.fullStorages.has(storage)) throw refusal(500, "zfs error: cannot create 'rpool/data': out of space");
    guest.mounts = [...guest.mounts, { ...rest, volume: freeVolume(guest, storage) }];
    return;
  }
  const { staleSize: _, ...written } = mount;
  const apply = (one: FakeGuest): void => {
    one.mounts = one.mounts.map((stored) => (stored.key === mount.key ? written : stored));
  };
  guest.waiting.delete(mount.key);
  if (guest.power === "Running") guest.waiting.set(mount.key, apply);
  else apply(guest);
}

function freeVolume(guest: FakeGuest, storage: string): string {
  const taken = [guest.rootfs, ...guest.mounts].map((mount) => mount?.volume).concat(guest.unused);
  let index = 0;
  const name = (): string => `${storage}:subvol-${String(guest.vmid)}-disk-${String(index)}`;
  while (taken.includes(name())) index += 1;
  return name();
}

/** Written first and looked at then: an interface on a bridge that is missing is stored all the same (contract 4.4). */
function setNetwork(world: FakeWorld, guest: FakeGuest, network: NetworkInterface): void {
  const bridge = world.bridges.find(({ name }) => name === network.bridge);
  if (network.mtu !== undefined && bridge !== undefined && network.mtu > bridge.mtu)
    throw refusal(
      500,
      `${network.key}: MTU size '${String(network.mtu)}' is bigger than bridge MTU '${String(bridge.mtu)}'`,
    );
  const mac = network.mac ?? drawnMac(`${String(guest.vmid)}/${network.key}/${String(world.clock.monotonic())}`);
  guest.networks = [...guest.networks.filter(({ key }) => key !== network.key), { ...network, mac }];
  if (network.bridge !== undefined && bridge === undefined)
    throw refusal(500, `bridge '${network.bridge}' does not exist`);
}

/** Another one each time, as Proxmox draws it for an interface that is written without. */
function drawnMac(of: string): string {
  const digits = createHash("sha1").update(of).digest("hex").toUpperCase();
  return `BC:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}
