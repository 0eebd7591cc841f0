import { randomUUID } from "node:crypto";
import { failure } from "./apiError.ts";
import { formatOf, normalTags, properties, randomMac, type Config } from "./guestSettings.ts";
import type { Lab } from "./lab.ts";

/** A VM's value as it is stored, given as it was sent (contract §5.1). Drives are another matter. */
export function storedQemuValue(lab: Lab, key: string, value: string): string {
  if (key === "tags") return normalTags(value);
  if (key === "vmgenid" && value === "1") return randomUUID();
  return /^net\d+$/.test(key) ? storedNet(lab, key, value) : value;
}

function storedNet(lab: Lab, key: string, value: string): string {
  const net = properties("qemu", key, value);
  const prefix = lab.world.datacenter.get("mac_prefix");
  const { model = "virtio", macaddr = randomMac(prefix), ...rest } = net;
  const known = formatOf("qemu", key) ?? {};
  const options = Object.entries(rest)
    .filter(([name]) => known[name] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [`${model}=${macaddr}`, ...options.map(([name, option]) => `${name}=${option}`)].join(",");
}

/** Keys for cloud-init are one text with one key a line. */
export function requireSshKeys(sent: Config): void {
  const keys = sent["sshkeys"];
  if (keys !== undefined && !/^(ssh-|ecdsa-|sk-)\S* \S{20,}/m.test(decodeURIComponent(keys)))
    throw failure("SSH public key validation error");
}

/** The order a VM boots in when nothing is said: its first disk, its first CD drive, its first network card. */
export function defaultBoot(config: Config): string {
  const drives = ["ide", "scsi", "virtio", "sata"].flatMap((bus) =>
    Array.from({ length: 31 }, (_, index) => `${bus}${String(index)}`),
  );
  const cdrom = (key: string): boolean => /,media=cdrom(?:,|$)/.test(config[key] ?? "");
  const set = (key: string): boolean => config[key] !== undefined;
  const first = [
    drives.find((key) => set(key) && !cdrom(key)),
    drives.find((key) => set(key) && cdrom(key)),
    Array.from({ length: 32 }, (_, index) => `net${String(index)}`).find(set),
  ].filter((key) => key !== undefined);
  return first.length === 0 ? " " : `order=${first.join(";")}`;
}
