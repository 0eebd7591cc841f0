import type { Disk, VmHardware } from "../../providers/port.ts";

/**
 * The disk a VM boots from, which is the machine itself as a container's rootfs is; every other disk is data (I5).
 * Undefined where that cannot be told: then all of them are.
 */
export function systemDisk({ disks, bootOrder }: Pick<VmHardware, "disks" | "bootOrder">): Disk | undefined {
  if (bootOrder === undefined) return disks.length === 1 ? disks[0] : undefined;
  const named = bootOrder.flatMap((key) => disks.find((disk) => disk.key === key) ?? []);
  return named[0];
}
