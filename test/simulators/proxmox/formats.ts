import { isIPv4, isIPv6 } from "node:net";
import { PRIVILEGES } from "./privileges.ts";

/** Says what is wrong with a value; undefined when nothing is. */
type Judge = (value: string) => string | undefined;

function matching(pattern: RegExp, complaint: string | ((value: string) => string)): Judge {
  return (value) => (pattern.test(value) ? undefined : typeof complaint === "string" ? complaint : complaint(value));
}

const judged =
  (test: (value: string) => boolean, complaint: string): Judge =>
  (value) =>
    test(value) ? undefined : complaint;

const anything: Judge = () => undefined;

function cidr4(value: string): boolean {
  const [ip = "", bits = "", ...rest] = value.split("/");
  return rest.length === 0 && isIPv4(ip) && /^(?:[89]|[12][0-9]|3[0-2])$/.test(bits);
}

function cidr6(value: string): boolean {
  const [ip = "", bits = "", ...rest] = value.split("/");
  return rest.length === 0 && isIPv6(ip) && /^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= 128;
}

function startup(value: string): boolean {
  return value.split(",").every((part) => part.trim() === "" || /^\s*((?:order=)?\d+|up=\d+|down=\d+)\s*$/.test(part));
}

const insidePath = (value: string): boolean =>
  !/\/\.\.?\//.test(value) && !/\/\.\.?$/.test(value) && !value.startsWith("../");

const VOLUME_ID = /^[a-z][a-z0-9_.-]*[a-z0-9]:.+$/i;
/** A word, a path, a size in GiB or a volume. */
const DRIVE_FILE = /^(?:none|cdrom|\/.+|\d+(?:\.\d+)?|[a-z][a-z0-9_.-]*[a-z0-9]:.+)$/i;
const BOOT_DEVICE = /^(?:(?:ide[0-3]|sata[0-5]|scsi(?:\d|[12]\d|30)|virtio(?:\d|1[0-5]))|(?:net|usb|hostpci)\d+)$/;

const IDENTIFIER = /^[a-z][a-z0-9_-]+$/i;

/** The named formats and their complaints. Source: the contract's format rules and recorded answers. */
const JUDGES: Readonly<Record<string, Judge>> = {
  "pve-vmid": matching(/^[1-9][0-9]{2,8}$/, "value does not look like a valid VM ID"),
  "pve-node": matching(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/, "value does not look like a valid node name"),
  "pve-configid": matching(IDENTIFIER, (value) => `invalid configuration ID '${value}'`),
  "pve-storage-id": matching(
    /^[a-z][a-z0-9_.-]*[a-z0-9]$/i,
    (value) => `storage ID '${value}' contains illegal characters`,
  ),
  "pve-bridge-id": matching(/^[-_.\w\d]+$/, (value) => `invalid bridge ID '${value}'`),
  "pve-iface": matching(/^[a-z][a-z0-9_]{1,20}(?:[:.]\d+)?$/i, (value) => `invalid network interface name '${value}'`),
  "mac-addr": matching(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    "value does not look like a valid unicast MAC address",
  ),
  ipv4: judged(isIPv4, "value does not look like a valid IPv4 address"),
  ipv6: judged(isIPv6, "value does not look like a valid IPv6 address"),
  ip: judged((value) => isIPv4(value) || isIPv6(value), "value does not look like a valid IP address"),
  "lxc-ip-with-ll-iface": judged(
    (value) => value === "host" || isIPv4(value) || isIPv6(value) || /^fe80:[0-9a-f:]+%[\w.-]+$/i.test(value),
    "value does not look like a valid IP address",
  ),
  address: matching(/^[a-zA-Z0-9:.-]+$/, "value does not look like a valid address"),
  CIDRv4: judged(cidr4, "value does not look like a valid IPv4 CIDR network"),
  CIDRv6: judged(cidr6, "value does not look like a valid IPv6 CIDR network"),
  CIDR: judged((value) => cidr4(value) || cidr6(value), "value does not look like a valid CIDR network"),
  "pve-ipv4-config": judged(
    (value) => value === "dhcp" || value === "manual" || cidr4(value),
    "value does not look like a valid ipv4 network configuration",
  ),
  "pve-ipv6-config": judged(
    (value) => ["auto", "dhcp", "manual"].includes(value) || cidr6(value),
    "value does not look like a valid ipv6 network configuration",
  ),
  "dns-name": matching(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/,
    "value does not look like a valid DNS name",
  ),
  "disk-size": matching(
    /^\d+(?:\.\d+)?(?:[KMGT](?:iB)?)?$/,
    (value) => `value does not look like a valid disk size: ${value}`,
  ),
  "pve-tag": matching(/^[a-z0-9_][a-z0-9_+.-]*$/i, "invalid characters in tag"),
  "pve-startup-order": judged(startup, "unable to parse startup options"),
  "pve-poolid": matching(
    /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,2}$/,
    (value) => `pool name '${value}' contains invalid characters`,
  ),
  "pve-lxc-mp-string": (value) => (insidePath(value) ? undefined : `${value} contains illegal character sequences`),
  "pve-lxc-dev-string": (value) =>
    value.startsWith("/dev/") && insidePath(value) ? undefined : `${value} is not a valid device path`,
  "pve-volume-id": matching(VOLUME_ID, (value) => `unable to parse volume ID '${value}'`),
  "pve-volume-id-or-qm-path": matching(DRIVE_FILE, (value) => `unable to parse volume ID '${value}'`),
  "pve-volume-id-or-absolute-path": (value) =>
    value.startsWith("/") || VOLUME_ID.test(value) ? undefined : `unable to parse volume ID '${value}'`,
  "pve-qm-bootdev": matching(BOOT_DEVICE, (value) => `invalid boot device '${value}'`),
  "pve-hotplug-features": (value) => {
    const odd = splitList(value).find((item) => !/^(?:network|disk|cpu|memory|usb|cloudinit|0|1)$/.test(item));
    return odd === undefined ? undefined : `invalid hotplug feature '${odd}'`;
  },
  urlencoded: matching(/^[-%a-zA-Z0-9_.!~*'()]*$/, (value) => `invalid urlencoded string: ${value}`),
  "pve-userid": matching(
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/,
    (value) => `value '${value}' does not look like a valid user name`,
  ),
  "pve-tokenid": matching(
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+$/,
    (value) => `value '${value}' does not look like a valid token ID`,
  ),
  "pve-realm": matching(/^[A-Za-z][A-Za-z0-9.\-_]+$/, "value does not look like a valid realm"),
  "pve-roleid": matching(/^[A-Za-z0-9.\-_]+$/, (value) => `role name '${value}' contains invalid characters`),
  "pve-groupid": matching(/^[A-Za-z0-9.\-_]+$/, (value) => `group name '${value}' contains invalid characters`),
  "pve-priv": (value) => (PRIVILEGES.includes(value) ? undefined : `invalid privilege '${value}'`),
  "email-opt": matching(/^$|^[\w+.~-]+@[\w.-]+$/, "value does not look like a valid email address"),
  "pve-task-status-type": (value) =>
    ["ok", "error", "warning", "unknown"].includes(value) ? undefined : `invalid status '${value}'`,
  "pve-storage-content": matching(/^[a-z]+$/, (value) => `invalid content type '${value}'`),
  "pve-ha-resource-or-vm-id": matching(
    /^(?:(?:ct|vm):)?[1-9][0-9]{2,8}$/,
    "value does not look like a valid ha resource id",
  ),
  "pve-replication-job-id": matching(
    /^[1-9][0-9]{2,8}-\d{1,9}$/,
    "value does not look like a valid replication job id",
  ),
};

/** Checks a named format. Lists (`x-list`) are split at commas, semicolons, spaces, tabs, newlines and NUL. */
export function judge(format: string, value: string): string | undefined {
  const known = JUDGES[format];
  if (known !== undefined) return known(value);
  if (!format.endsWith("-list")) return anything(value);
  const each = JUDGES[format.slice(0, -5)] ?? anything;
  for (const item of splitList(value)) {
    const complaint = each(item);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

export function splitList(value: string): string[] {
  return value.split(/[,; \0\t\n]+/).filter((item) => item !== "");
}
