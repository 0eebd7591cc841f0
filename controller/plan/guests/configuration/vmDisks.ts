import type { VirtualMachine } from "../../../api/index.ts";
import { mebibytesOf } from "../../../base/quantity.ts";
import type { Disk, GuestConfig, NewDisk, VmHardware } from "../../../providers/port.ts";
import { differs, live, restart, wouldLoseData, type Difference, type Patch, type Way } from "./difference.ts";
import { flagText, mebibytes, sizeText } from "./spelling.ts";
import { sized } from "./volumeSize.ts";

type Wanted = NonNullable<VirtualMachine["spec"]["disks"]>[number];

/** Disks of a VM. They grow; they are never shrunk, moved, exchanged or detached (I5). */
export function vmDisks({ spec }: VirtualMachine, config: GuestConfig, hardware: VmHardware): readonly Difference[] {
  return (spec.disks ?? []).flatMap((wanted) => {
    const stored = hardware.disks.find(({ key }) => key === wanted.name);
    return stored === undefined ? [missing(spec.vmid, wanted, config)] : compared(spec.vmid, wanted, stored);
  });
}

function compared(vmid: number, wanted: Wanted, stored: Disk): readonly Difference[] {
  const { name, storage, size, ssd, discard, ioThread, backup } = wanted;
  const field = `disks[${name}]`;
  const set = (part: Patch<Disk>): Way => restart({ on: "disk", key: name, set: part });
  return [
    ...differs(
      `${field}.storage`,
      storage,
      stored.volume.split(":")[0],
      wouldLoseData(`${name} is never moved by itself; on the node: qm disk move ${String(vmid)} ${name} ${storage}`),
    ),
    ...differs(`${field}.size`, sizeText(size), mebibytes(stored.sizeMiB), sized(name, size, stored)),
    ...(stored.staleSize === true
      ? [
          {
            field: `${field}.size`,
            desired: mebibytes(stored.sizeMiB) ?? "",
            actual: "an older size",
            way: set({ sizeMiB: stored.sizeMiB, staleSize: undefined }),
          },
        ]
      : []),
    ...differs(`${field}.ssd`, flagText(ssd), flagText(stored.ssd ?? false), set({ ssd })),
    ...differs(`${field}.discard`, flagText(discard), flagText(stored.discard ?? false), set({ discard })),
    ...differs(`${field}.ioThread`, flagText(ioThread), flagText(stored.ioThread ?? false), set({ ioThread })),
    ...differs(`${field}.backup`, flagText(backup), flagText(stored.backup ?? true), set({ backup })),
  ];
}

/** A disk that is not there. One that was detached may be the one that is meant: beside it no empty one is made. */
function missing(vmid: number, wanted: Wanted, config: GuestConfig): Difference {
  const { name, storage } = wanted;
  const [unused] = config.unused;
  const way =
    unused === undefined
      ? live({ on: "newDisk", disk: newDiskOf(wanted) })
      : wouldLoseData(
          `${name} is not attached, and the detached volume ${unused} may be the one that is meant: attach it (qm set ${String(vmid)} -${name} ${unused}), ` +
            `or remove it from the machine if it is not needed, and ${name} is made anew`,
        );
  return { field: `disks[${name}]`, desired: storage, actual: "(not set)", way };
}

/** What the machine is given when the disk is made. */
export function newDiskOf({ name, storage, size, ssd, discard, ioThread, backup, importFrom }: Wanted): NewDisk {
  return {
    key: name,
    storage,
    sizeMiB: mebibytesOf(size) ?? 0,
    ...(ssd === undefined ? {} : { ssd }),
    ...(discard === undefined ? {} : { discard }),
    ...(ioThread === undefined ? {} : { ioThread }),
    ...(backup === undefined ? {} : { backup }),
    ...(importFrom === undefined ? {} : { importFrom }),
  };
}
