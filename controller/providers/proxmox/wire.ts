import type { CloudAddress, Mount, NetworkInterface, Startup } from "../port.ts";
import { flag, number, present } from "../shared/decode.ts";

/** `a=1,b=2` as a map in order of appearance; a part without "=" goes under `defaultKey` (contract 4.2). */
export function parseProperties(text: string, defaultKey: string): ReadonlyMap<string, string> {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  return new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [defaultKey, part.trim()] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}

/** The other way; entries without a value are left out. */
export function printProperties(
  entries: readonly (readonly [string, string | number | boolean | undefined])[],
): string {
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === "boolean" ? (value ? "1" : "0") : String(value)}`)
    .join(",");
}

/** `netN` of a container. */
export function parseContainerNet(key: string, text: string): NetworkInterface {
  const at = parseProperties(text, "name");
  return present({
    key,
    name: at.get("name") ?? key,
    ...common(at),
    mac: at.get("hwaddr")?.toUpperCase(),
    ipv4: at.get("ip"),
    gateway4: at.get("gw"),
    ipv6: at.get("ip6"),
    gateway6: at.get("gw6"),
    other: others(at, CONTAINER_NET),
  });
}

const CONTAINER_NET = ["name", "bridge", "hwaddr", "tag", "mtu", "firewall", "ip", "gw", "ip6", "gw6", "type"];

/** What stands in a property string beside the properties we know; undefined: nothing. */
function others(
  at: ReadonlyMap<string, string>,
  known: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const left = [...at].filter(([key]) => !known.includes(key));
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

export function printContainerNet(net: Omit<NetworkInterface, "key">): string {
  return printProperties([
    ["name", net.name],
    ["bridge", net.bridge],
    ["hwaddr", net.mac],
    ["tag", net.vlan],
    ["mtu", net.mtu],
    ["firewall", net.firewall],
    ["ip", net.ipv4],
    ["gw", net.gateway4],
    ["ip6", net.ipv6],
    ["gw6", net.gateway6],
    ["type", "veth"],
    ...Object.entries(net.other ?? {}),
  ]);
}

/** `netN` of a VM (`virtio=MAC,bridge=…`, or `model=virtio,macaddr=MAC,…`) with its `ipconfigN`; its name is the key. */
export function parseVmNet(key: string, text: string, ipconfig: string | undefined): NetworkInterface {
  const at = parseProperties(text, "model");
  const ip = parseProperties(ipconfig ?? "", "ip");
  const [named, drawn] = [...at].find(([, value]) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) ?? [];
  const mac = at.get("macaddr") ?? drawn;
  const model = at.get("model") ?? (named === "macaddr" ? undefined : named);
  return present({
    key,
    name: key,
    model,
    ...common(at),
    mac: mac?.toUpperCase(),
    ipv4: ip.get("ip"),
    gateway4: ip.get("gw"),
    ipv6: ip.get("ip6"),
    gateway6: ip.get("gw6"),
    other: others(at, ["model", "macaddr", "bridge", "tag", "mtu", "firewall", model ?? ""]),
  });
}

/** `netN` of a VM; its address stands in `ipconfigN`. */
export function printVmNet(net: Omit<NetworkInterface, "key">): string {
  const model = net.model ?? "virtio";
  const rest = printProperties([
    ["bridge", net.bridge],
    ["tag", net.vlan],
    ["mtu", net.mtu],
    ["firewall", net.firewall],
    ...Object.entries(net.other ?? {}),
  ]);
  return [net.mac === undefined ? model : `${model}=${net.mac}`, ...(rest === "" ? [] : [rest])].join(",");
}

/** `ipconfigN`; empty when there is no address. */
export function printCloudAddress(address: Omit<CloudAddress, "key">): string {
  return printProperties([
    ["ip", address.ipv4],
    ["gw", address.gateway4],
    ["ip6", address.ipv6],
    ["gw6", address.gateway6],
  ]);
}

function common(at: ReadonlyMap<string, string>): Pick<NetworkInterface, "bridge" | "vlan" | "mtu" | "firewall"> {
  const firewall = at.get("firewall");
  return present({
    bridge: at.get("bridge"),
    vlan: number(at.get("tag")),
    mtu: number(at.get("mtu")),
    firewall: firewall === undefined ? undefined : flag(firewall),
  });
}

/** `rootfs` or `mpN`. */
export function parseMount(key: string, text: string): Mount {
  const at = parseProperties(text, "volume");
  const backup = at.get("backup");
  const readOnly = at.get("ro");
  return present({
    key,
    volume: at.get("volume") ?? "",
    sizeMiB: parseSize(at.get("size")),
    path: at.get("mp"),
    backup: backup === undefined ? undefined : flag(backup),
    readOnly: readOnly === undefined ? undefined : flag(readOnly),
    other: others(at, ["volume", "size", "mp", "backup", "ro"]),
  });
}

/** A mount as stored; for a new volume `volume` is `storage:GiB` (see `newVolume`). */
export function printMount(mount: Omit<Mount, "key">): string {
  const rest = printProperties([
    ["mp", mount.path],
    ["backup", mount.backup],
    ["ro", mount.readOnly],
    ["size", mount.sizeMiB === undefined ? undefined : printSize(mount.sizeMiB)],
    ...Object.entries(mount.other ?? {}),
  ]);
  return rest === "" ? mount.volume : `${mount.volume},${rest}`;
}

/** What allocates a volume: `local-zfs:8`, in GiB with decimals. */
export function newVolume(storage: string, sizeMiB: number): string {
  return `${storage}:${String(sizeMiB / 1024)}`;
}

const UNIT_MIB: Readonly<Record<string, number>> = { "": 1 / 1048576, K: 1 / 1024, M: 1, G: 1024, T: 1048576 };

/** `8G`, `1536M`, `528K`, bytes without a unit: MiB. */
export function parseSize(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? "");
  return match === null ? undefined : Number(match[1]) * (UNIT_MIB[match[2] ?? ""] ?? 1);
}

/** In the largest exact unit, as Proxmox prints it. */
export function printSize(mib: number): string {
  if (mib % 1024 === 0 && mib > 0) return mib % 1048576 === 0 ? `${String(mib / 1048576)}T` : `${String(mib / 1024)}G`;
  return Number.isInteger(mib) ? `${String(mib)}M` : `${String(Math.round(mib * 1024))}K`;
}

export function parseFeatures(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(parseProperties(text, "nesting"));
}

export function printFeatures(features: Readonly<Record<string, string>>): string {
  return printProperties(Object.entries(features).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `order=2,up=10,down=30`, or the bare order. */
export function parseStartup(text: string | undefined): Startup {
  const at = parseProperties(text ?? "", "order");
  return present({
    order: number(at.get("order")),
    upSeconds: number(at.get("up")),
    downSeconds: number(at.get("down")),
  });
}

/** Empty when nothing is set. */
export function printStartup(startup: Startup): string {
  return printProperties([
    ["order", startup.order],
    ["up", startup.upSeconds],
    ["down", startup.downSeconds],
  ]);
}

/** Lists come with `,`, `;` or blanks between; tags lower case, each once, sorted. An emptied list reads back as a blank. */
export function parseTags(text: string | undefined): readonly string[] {
  return [...new Set(parseList(text).map((tag) => tag.toLowerCase()))].toSorted();
}

export function printTags(tags: readonly string[]): string {
  return parseTags(tags.join(";")).join(";");
}

export function parseList(text: string | undefined): readonly string[] {
  return (text ?? "").split(/[,;\s\0]+/).filter((item) => item !== "");
}
