import { choice, flag, format, indexed, integer, number, text, type Params, type Property, type PropertyFormat } from "./schema.ts";

const bool: Property = { type: "boolean", optional: true };
const MOUNT_OPTION = "(discard|lazytime|noatime|nodev|noexec|nosuid)";

const volume: PropertyFormat = {
  volume: { type: "string", format: "pve-lxc-mp-string", default_key: 1 },
  acl: bool,
  idmap: {
    type: "string",
    optional: true,
    pattern: "(?:^(?:passthrough|[ug]:[0-9]+:[0-9]+:[1-9][0-9]*(?:;[ug]:[0-9]+:[0-9]+:[1-9][0-9]*)*)$)",
  },
  mountoptions: { type: "string", optional: true, pattern: `(?:(?:${MOUNT_OPTION})(;(?:${MOUNT_OPTION}))*)` },
  quota: bool,
  replicate: bool,
  ro: bool,
  shared: bool,
  size: { type: "string", optional: true, format: "disk-size" },
};

/** Property strings of container keys. */
export const LXC_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  "#/formats/lxc.rootfs": volume,
  "#/formats/lxc.mp[n]": {
    ...volume,
    backup: bool,
    keepattrs: bool,
    mp: { type: "string", format: "pve-lxc-mp-string" },
  },
  "#/formats/lxc.unused[n]": { volume: { type: "string", format: "pve-volume-id", default_key: 1 } },
  "#/formats/lxc.features": {
    force_rw_sys: bool,
    fuse: bool,
    keyctl: bool,
    mknod: bool,
    mount: { type: "string", optional: true, pattern: "(?:[a-zA-Z0-9_; ]+)" },
    nesting: bool,
  },
  "#/formats/lxc.dev[n]": {
    "deny-write": bool,
    gid: { type: "integer", optional: true, minimum: 0 },
    mode: { type: "string", optional: true, pattern: "0[0-7]{3}" },
    path: { type: "string", optional: true, format: "pve-lxc-dev-string", default_key: 1 },
    uid: { type: "integer", optional: true, minimum: 0 },
  },
  "#/formats/lxc.net[n]": {
    bridge: { type: "string", optional: true, pattern: "[-_.\\w\\d]+" },
    firewall: bool,
    gw: { type: "string", optional: true, format: "ipv4" },
    gw6: { type: "string", optional: true, format: "ipv6" },
    "host-managed": bool,
    hwaddr: { type: "string", optional: true, format: "mac-addr" },
    ip: { type: "string", optional: true, format: "pve-ipv4-config" },
    ip6: { type: "string", optional: true, format: "pve-ipv6-config" },
    link_down: bool,
    mtu: { type: "integer", optional: true, minimum: 64, maximum: 65535 },
    name: { type: "string", pattern: "[-_.\\w\\d]+" },
    rate: { type: "number", optional: true },
    tag: { type: "integer", optional: true, minimum: 1, maximum: 4094 },
    trunks: { type: "string", optional: true, pattern: "(?:\\d+(?:;\\d+)*)" },
    type: { type: "string", optional: true, enum: ["veth"] },
  },
};

const ENV_VALUE = "[^\\x00-\\x08\\x0a-\\x1F\\x7F]";

/** The keys a container's configuration may have, each as a parameter. */
export const LXC_CONFIG: Params = {
  arch: choice("amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"),
  cmode: choice("shell", "console", "tty"),
  console: flag,
  cores: integer({ minimum: 1, maximum: 8192 }),
  cpulimit: number({ minimum: 0, maximum: 8192 }),
  cpuunits: integer({ minimum: 0, maximum: 500000 }),
  debug: flag,
  description: text({ maxLength: 8192 }),
  ...indexed("dev", 255, format("#/formats/lxc.dev[n]")),
  entrypoint: text({ pattern: `(?:${ENV_VALUE}+)` }),
  env: text({ pattern: `(?:(?:\\w+=${ENV_VALUE}*)(?:\\0\\w+=${ENV_VALUE}*)*)` }),
  features: format("#/formats/lxc.features"),
  hookscript: format("pve-volume-id"),
  hostname: format("dns-name", { maxLength: 255 }),
  lock: choice(
    "backup", "create", "destroyed", "disk", "fstrim", "migrate", "mounted", "rollback", "snapshot", "snapshot-delete",
  ),
  memory: integer({ minimum: 16 }),
  ...indexed("mp", 255, format("#/formats/lxc.mp[n]")),
  nameserver: format("lxc-ip-with-ll-iface-list"),
  ...indexed("net", 31, format("#/formats/lxc.net[n]")),
  onboot: flag,
  ostype: choice(
    "debian", "devuan", "ubuntu", "centos", "fedora", "opensuse", "archlinux", "alpine", "gentoo", "nixos", "unmanaged",
  ),
  protection: flag,
  rootfs: format("#/formats/lxc.rootfs"),
  searchdomain: format("dns-name-list"),
  startup: format("pve-startup-order"),
  swap: integer({ minimum: 0 }),
  tags: format("pve-tag-list"),
  template: flag,
  timezone: format("pve-ct-timezone"),
  tty: integer({ minimum: 0, maximum: 6 }),
  unprivileged: flag,
  ...indexed("unused", 255, format("#/formats/lxc.unused[n]")),
};
