import { properties } from "./guestSettings.ts";
import { isCdrom, isDrive } from "./qemuDrives.ts";
import { isCloudInit } from "./volumes.ts";
import type { Guest, World } from "./world.ts";

/** True when every volume of a guest is on a storage, and in a format, that can be snapshot (contract §4.8, §5.5). */
export function snapshotFeature(world: World, guest: Guest): boolean {
  return Object.entries(guest.config).every(([key, value]) =>
    guest.type === "lxc" ? mountFeature(world, key, value) : driveFeature(world, key, value),
  );
}

/** A bind mount has no storage, so it cannot. */
function mountFeature(world: World, key: string, value: string): boolean {
  if (!/^(?:rootfs|mp\d+)$/.test(key)) return true;
  return storageFeature(world, properties("lxc", key, value)["volume"] ?? "");
}

function driveFeature(world: World, key: string, value: string): boolean {
  if (!isDrive(key) || isCdrom(key, value) || isCloudInit(value)) return true;
  return storageFeature(world, properties("qemu", key, value)["file"] ?? "");
}

function storageFeature(world: World, volid: string): boolean {
  const type = world.storages.get(volid.split(":")[0] ?? "")?.type;
  return type === "zfspool" || type === "lvmthin" || (type !== undefined && type !== "lvm" && volid.endsWith(".qcow2"));
}
