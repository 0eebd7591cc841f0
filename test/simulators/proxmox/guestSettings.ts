import { createHash } from "node:crypto";
import { LXC_CONFIG, LXC_FORMATS } from "./lxcSchema.ts";
import { parseProperties, type Properties } from "./propertyString.ts";
import { QEMU_FORMATS } from "./qemuFormats.ts";
import { QEMU_NAMED_FORMATS } from "./qemuNamedFormats.ts";
import { QEMU_CONFIG } from "./qemuSchema.ts";
import type { Params, PropertyFormat } from "./schema.ts";
import type { Guest, GuestType } from "./world.ts";

export type Config = Readonly<Record<string, string>>;

export function configKeys(type: GuestType): Params {
  return type === "lxc" ? LXC_CONFIG : QEMU_CONFIG;
}

/** The property format of a key, if it has one. */
export function formatOf(type: GuestType, key: string): PropertyFormat | undefined {
  const name = configKeys(type)[key]?.format ?? "";
  return type === "lxc" ? LXC_FORMATS[name] : (QEMU_FORMATS[name] ?? QEMU_NAMED_FORMATS[name]);
}

/** Takes a stored property string apart; what cannot be read is empty. */
export function properties(type: GuestType, key: string, value: string | undefined): Properties {
  const format = formatOf(type, key);
  if (format === undefined || value === undefined) return {};
  try {
    return parseProperties(format, value);
  } catch {
    return {};
  }
}

/** A value as the API gives it: integers and booleans as numbers, all else as text. */
function shown(type: GuestType, key: string, value: string): string | number {
  const kind = configKeys(type)[key]?.type;
  return (kind === "integer" || kind === "boolean") && /^-?\d+$/.test(value) ? Number(value) : value;
}

/** SHA-1 over the whole stored state, so that any change alters it. */
export function digestOf(guest: Guest): string {
  const sorted = (map: Readonly<Record<string, unknown>>): unknown =>
    Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = [sorted(guest.config), sorted(guest.pending), sorted(guest.pendingDelete), guest.snapshots];
  return createHash("sha1").update(JSON.stringify(whole)).digest("hex");
}

/** The stored configuration with what is pending merged in. */
export function mergedConfig(guest: Guest): Record<string, string> {
  const merged = { ...guest.config, ...guest.pending };
  return Object.fromEntries(Object.entries(merged).filter(([key]) => guest.pendingDelete[key] === undefined));
}

const HIDDEN = "**********";

/** What GET config answers. */
export function configView(guest: Guest, config: Config): Record<string, string | number> {
  const view: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(config)) {
    view[key] = key === "cipassword" ? HIDDEN : shown(guest.type, key, value);
  }
  return { ...view, digest: digestOf(guest) };
}

/** What GET pending answers. */
export function pendingView(guest: Guest): Record<string, string | number>[] {
  const view: Record<string, string | number>[] = [];
  const keys = new Set([...Object.keys(guest.config), ...Object.keys(guest.pending)]);
  for (const key of keys) {
    const value = guest.config[key];
    const pending = guest.pending[key];
    const remove = guest.pendingDelete[key];
    view.push({
      key,
      ...(value === undefined ? {} : { value: key === "cipassword" ? HIDDEN : shown(guest.type, key, value) }),
      ...(pending === undefined ? {} : { pending: shown(guest.type, key, pending) }),
      ...(remove === undefined ? {} : { delete: remove }),
    });
  }
  return [...view, { key: "digest", value: digestOf(guest) }];
}

/** The name lists show. */
export function guestName(guest: Guest): string {
  const vmid = String(guest.vmid);
  return guest.type === "lxc" ? (guest.config["hostname"] ?? `CT${vmid}`) : (guest.config["name"] ?? `VM ${vmid}`);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of a size as `8G`, `1536M`, `5.5G` or a bare number. */
export function bytesOf(size: string): number {
  const parts = /^\+?(\d+(?:\.\d+)?)([KMGT]?)(?:iB)?$/.exec(size);
  return parts === null ? 0 : Math.round(Number(parts[1]) * (UNITS[parts[2] ?? ""] ?? 1));
}

/** A size in the largest unit that holds it exactly. */
export function sizeText(bytes: number): string {
  const unit = ["T", "G", "M", "K"].find((name) => bytes > 0 && bytes % (UNITS[name] ?? 1) === 0) ?? "";
  return `${String(bytes / (UNITS[unit] ?? 1))}${unit}`;
}

/** Lower case, without doubles, sorted; an empty list is one space, as it reads back. */
export function normalTags(value: string): string {
  const tags = value.split(/[,; \0\t\n]+/).filter((tag) => tag !== "");
  const unique = [...new Set(tags.map((tag) => tag.toLowerCase()))].sort();
  return unique.length === 0 ? " " : unique.join(";");
}

export function tagsOf(config: Config): string[] {
  return (config["tags"] ?? "").split(";").filter((tag) => tag.trim() !== "");
}

/** A MAC address with Proxmox's own prefix. */
export function randomMac(prefix = "BC:24:11"): string {
  const octet = (): string =>
    Math.floor(Math.random() * 256)
      .toString(16)
      .toUpperCase()
      .padStart(2, "0");
  return `${prefix}:${octet()}:${octet()}:${octet()}`;
}

/** Where the configuration of a guest would be; part of many error texts. */
export function configPath(node: string, type: GuestType, vmid: number): string {
  return `nodes/${node}/${type === "lxc" ? "lxc" : "qemu-server"}/${String(vmid)}.conf`;
}
