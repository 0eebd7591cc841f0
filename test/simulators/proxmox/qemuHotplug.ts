import { properties } from "./guestSettings.ts";
import { CLOUD_INIT_KEYS } from "./qemuSchema.ts";
import { isDrive } from "./qemuDrives.ts";
import type { Guest } from "./world.ts";

/** Written to the current configuration at once, whatever runs (contract §5.2). */
const FAST: readonly string[] = [
  ...["description", "hookscript", "hotplug", "lock", "migrate_downtime", "migrate_speed", "name", "onboot"],
  ...["protection", "shares", "startup", "tags", "vmstatestorage"],
  ...CLOUD_INIT_KEYS,
];

/** What may be plugged while a VM runs. */
export function hotplugFeatures(guest: Guest): ReadonlySet<string> {
  const value = guest.config["hotplug"];
  if (value === "0") return new Set();
  const given = value === undefined || value === "1" ? "network,disk,usb" : value;
  return new Set(given.split(/[,; ]+/));
}

/** One change of a running VM: `now` undefined takes the key away. */
interface Change {
  readonly key: string;
  readonly before: string | undefined;
  readonly now: string | undefined;
}

/** When a kind of key can be changed while the VM runs; kinds that are not here wait for the next start. */
const LIVE: readonly (readonly [RegExp, (guest: Guest, change: Change, features: ReadonlySet<string>) => boolean])[] = [
  [/^(?:unused\d+|cpulimit|cpuunits)$/, () => true],
  [/^net\d+$/, (_, change, features) => features.has("network") || (change.now !== undefined && sameCard(change))],
  [/^usb\d+$/, (_, _change, features) => features.has("usb")],
  [/^vcpus$/, (_, _change, features) => features.has("cpu")],
  [/^memory$/, (guest, _, features) => features.has("memory") && guest.config["numa"] === "1"],
  [/^balloon$/, (_, { before, now }) => now !== undefined && now !== "0" && before !== "0"],
  [/^agent$/, (_, change) => change.now !== undefined && sameBut(change, ["freeze-fs", "fstrim_cloned_disks"])],
];

/** True when a running VM takes the change at once; false when it waits for the next start (contract §5.2). */
export function takesAtOnce(guest: Guest, key: string, now: string | undefined): boolean {
  const change = { key, before: guest.config[key], now };
  const features = hotplugFeatures(guest);
  if (FAST.includes(key)) return true;
  if (isDrive(key)) return driveAtOnce(change, features.has("disk"));
  return LIVE.find(([pattern]) => pattern.test(key))?.[1](guest, change, features) ?? false;
}

/** The same card is only plugged elsewhere. */
function sameCard(change: Change): boolean {
  return sameBut(change, ["bridge", "tag", "trunks", "firewall", "link_down", "rate"]);
}

const COLD_DRIVE_KEYS = ["aio", "cache", "discard", "iothread", "product", "queues", "ro", "size", "ssd", "vendor"];

function driveAtOnce(change: Change, hotplug: boolean): boolean {
  const { key, before, now } = change;
  const plug = hotplug && /^(?:scsi|virtio)\d+$/.test(key);
  if (now === undefined || before === undefined) return plug;
  const [old, wanted] = [properties("qemu", key, before), properties("qemu", key, now)];
  if (old["media"] === "cdrom" || wanted["media"] === "cdrom") return old["media"] === wanted["media"];
  if (old["file"] !== wanted["file"]) return plug;
  return COLD_DRIVE_KEYS.every((name) => old[name] === wanted[name]);
}

function sameBut({ key, before, now }: Change, free: readonly string[]): boolean {
  const [old, wanted] = [properties("qemu", key, before), properties("qemu", key, now)];
  const names = new Set([...Object.keys(old), ...Object.keys(wanted)]);
  return before !== undefined && [...names].every((name) => free.includes(name) || old[name] === wanted[name]);
}
