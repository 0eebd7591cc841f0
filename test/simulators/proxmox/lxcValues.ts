import { formatOf, normalTags, properties, randomMac, sizeText } from "./guestSettings.ts";
import type { Lab } from "./lab.ts";
import { printProperties } from "./propertyString.ts";
import { allocate, holds, requireStorage, volumeSpec } from "./volumes.ts";
import { failure } from "./apiError.ts";

/** A container's value as it is stored, given as it was sent (contract §4.5). Volumes are left alone. */
export function storedValue(lab: Lab, key: string, value: string): string {
  if (key === "tags") return normalTags(value);
  if (key === "nameserver" || key === "searchdomain")
    return value
      .split(/[,; \0]+/)
      .filter((item) => item !== "")
      .join(" ");
  if (key === "description") return `${value.replace(/\n+$/, "")}\n`;
  if (/^net\d+$/.test(key)) return storedNet(lab, key, value);
  const format = formatOf("lxc", key);
  if (/^(mp\d+|rootfs|features|dev\d+)$/.test(key) && format !== undefined && !/^(rootfs|features)$/.test(key)) {
    return printProperties(format, properties("lxc", key, value));
  }
  return value;
}

function storedNet(lab: Lab, key: string, value: string): string {
  const format = formatOf("lxc", key) ?? {};
  const net = properties("lxc", key, value);
  const prefix = lab.world.datacenter.get("mac_prefix") ?? "BC:24:11";
  return printProperties(format, { ...net, hwaddr: net["hwaddr"] ?? randomMac(prefix), type: "veth" });
}

/** For whom and where a volume is made. */
export interface VolumeFor {
  readonly vmid: number;
  readonly node: string;
  readonly defaultStorage: string;
}

/** Allocates what `storage:size` asks for and gives the value as it is stored. Existing volumes and paths stay. */
export function allocated(lab: Lab, key: string, value: string, owner: VolumeFor): string {
  const wanted = properties("lxc", key, value);
  const spec = volumeSpec(wanted["volume"] ?? "", owner.defaultStorage);
  if (spec.is !== "new") return value;
  const volume = allocate(
    lab.world,
    { storage: spec.storage, vmid: owner.vmid, type: "lxc", bytes: spec.bytes },
    lab.pace.seconds(),
  );
  return printProperties(formatOf("lxc", key) ?? {}, { ...wanted, volume: volume.volid, size: sizeText(spec.bytes) });
}

/** Checks the storage a mount point is to be on, as an update does. */
export function requireMountStorage(lab: Lab, key: string, value: string, node: string): void {
  const spec = volumeSpec(properties("lxc", key, value)["volume"] ?? "", "local");
  if (spec.is === "path") return;
  const state = requireStorage(lab.world, spec.storage, node);
  if (!holds(state, "rootdir"))
    throw failure(`storage '${spec.storage}' does not allow content type 'rootdir' (Container)`);
}
