import type { Container } from "../../../api/index.ts";
import { mebibytesOf } from "../../../base/quantity.ts";
import type { GuestConfig, Mount } from "../../../providers/port.ts";
import {
  differs,
  live,
  restart,
  rootOnly,
  wouldLoseData,
  type Difference,
  type Patch,
  type Way,
} from "./difference.ts";
import { flagText, mebibytes, sizeText } from "./spelling.ts";
import { sized } from "./volumeSize.ts";

type Wanted = NonNullable<Container["spec"]["mounts"]>[number];

/** Root volume and mounts. Volumes grow; they are never shrunk, moved, exchanged or detached (I5). */
export function containerVolumes({ spec }: Container, config: GuestConfig): readonly Difference[] {
  const root = spec.rootfs;
  return [
    ...(root === undefined ? [] : rootVolume(spec.vmid, root, config.rootfs)),
    ...(spec.mounts ?? []).flatMap((wanted) => {
      const stored = config.mounts.find(({ key }) => key === wanted.name);
      return stored === undefined ? [missing(spec.vmid, wanted, config)] : mounted(spec.vmid, wanted, stored);
    }),
  ];
}

function rootVolume(
  vmid: number,
  root: NonNullable<Container["spec"]["rootfs"]>,
  stored: Mount | undefined,
): readonly Difference[] {
  return [
    ...differs("rootfs.storage", root.storage, storageOf(stored?.volume), neverMoves(vmid, "rootfs", root.storage)),
    ...differs("rootfs.size", sizeText(root.size), mebibytes(stored?.sizeMiB), sized("rootfs", root.size, stored)),
  ];
}

function mounted(vmid: number, wanted: Wanted, stored: Mount): readonly Difference[] {
  const { name } = wanted;
  const field = `mounts[${name}]`;
  const set = (part: Patch<Mount>): Way => restart({ on: "mount", key: name, set: part });
  const isBound = stored.volume.startsWith("/");
  // Any change of a bind mount is root's.
  const way = (part: Patch<Mount>): Way => (isBound ? byRoot(vmid, wanted) : set(part));
  return [
    ...differs(`${field}.path`, wanted.path, stored.path, way({ path: wanted.path })),
    ...differs(
      `${field}.hostPath`,
      wanted.hostPath,
      stored.volume,
      isBound
        ? byRoot(vmid, wanted)
        : wouldLoseData(`${name} holds volume ${stored.volume}, and would lose it to a directory of the node`),
    ),
    ...differs(
      `${field}.storage`,
      wanted.storage,
      storageOf(stored.volume),
      isBound
        ? wouldLoseData(`${name} is bound to ${stored.volume} of the node, and is not exchanged for a new volume`)
        : neverMoves(vmid, name, wanted.storage ?? ""),
    ),
    ...differs(`${field}.size`, sizeText(wanted.size), mebibytes(stored.sizeMiB), sized(name, wanted.size, stored)),
    ...(stored.staleSize === true ? [stale(field, stored)] : []),
    ...differs(
      `${field}.backup`,
      flagText(wanted.backup),
      flagText(stored.backup ?? false),
      way({ backup: wanted.backup }),
    ),
    ...differs(
      `${field}.readOnly`,
      flagText(wanted.readOnly),
      flagText(stored.readOnly ?? false),
      way({ readOnly: wanted.readOnly }),
    ),
  ];
}

/** What waits is stored anew with the size that the volume has. */
function stale(field: string, { key, sizeMiB }: Mount): Difference {
  const way = restart({ on: "mount", key, set: { sizeMiB, staleSize: undefined } });
  return { field: `${field}.size`, desired: mebibytes(sizeMiB) ?? "", actual: "an older size", way };
}

/**
 * A mount that is not there. A volume that was detached may be the one that is meant: over it no empty one is put.
 */
function missing(vmid: number, wanted: Wanted, config: GuestConfig): Difference {
  const { name, path, storage, size, hostPath, backup, readOnly } = wanted;
  const of = (way: Way): Difference => ({
    field: `mounts[${name}]`,
    desired: hostPath ?? storage ?? path,
    actual: "(not set)",
    way,
  });
  if (hostPath !== undefined || storage === undefined) return of(byRoot(vmid, wanted));
  const elsewhere = config.mounts.find((mount) => mount.path === path);
  if (elsewhere !== undefined)
    return of({
      is: "refused",
      reason: "SpecInvalid",
      because: `${elsewhere.key} is mounted at ${path} already; name it ${elsewhere.key} in the spec, or give ${name} another path`,
    });
  const [unused] = config.unused;
  if (unused !== undefined)
    return of(
      wouldLoseData(
        `${name} is not mounted, and the detached volume ${unused} may be the one that is meant: mount it (pct set ${String(vmid)} -${name} ${unused},mp=${path}), ` +
          `or remove it from the container if it is not needed, and ${name} is made anew`,
      ),
    );
  return of(
    live({
      on: "newMount",
      mount: {
        key: name,
        path,
        storage,
        sizeMiB: mebibytesOf(size ?? "") ?? 0,
        ...(backup === undefined ? {} : { backup }),
        ...(readOnly === undefined ? {} : { readOnly }),
      },
    }),
  );
}

function neverMoves(vmid: number, disk: string, storage: string): Way {
  return wouldLoseData(
    `${disk} is never moved by itself; on the node, while the container is stopped: pct move-volume ${String(vmid)} ${disk} ${storage}`,
  );
}

function byRoot(vmid: number, { name, path, hostPath, readOnly, backup }: Wanted): Way {
  const options = [
    `mp=${path}`,
    ...(readOnly === undefined ? [] : [`ro=${readOnly ? "1" : "0"}`]),
    ...(backup === undefined ? [] : [`backup=${backup ? "1" : "0"}`]),
  ];
  return rootOnly(
    `only root@pam may bind a directory of the node, no API token; on the node: pct set ${String(vmid)} -${name} ${hostPath ?? ""},${options.join(",")}`,
  );
}

function storageOf(volume: string | undefined): string | undefined {
  return volume?.includes(":") === true ? volume.split(":")[0] : undefined;
}
