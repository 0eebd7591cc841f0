import type { Property, PropertyFormat } from "./schema.ts";

const bool: Property = { type: "boolean", optional: true };
const MODELS = [
  "e1000",
  "e1000-82540em",
  "e1000-82544gc",
  "e1000-82545em",
  "e1000e",
  "i82551",
  "i82557b",
  "i82559er",
  "ne2k_isa",
  "ne2k_pci",
  "pcnet",
  "rtl8139",
  "virtio",
  "vmxnet3",
];

const size: Property = { type: "string", optional: true, format: "disk-size" };
const file: Property = { type: "string", format: "pve-volume-id-or-qm-path", default_key: 1 };
const volume: Property = { type: "string", alias: "file" };
const importFrom: Property = { type: "string", optional: true, format: "pve-volume-id-or-absolute-path" };
const urlencoded: Property = { type: "string", optional: true, format: "urlencoded" };
const imageFormat: Property = {
  type: "string",
  optional: true,
  enum: ["raw", "qcow", "qed", "qcow2", "vmdk", "cloop"],
};

/** bps, iops and mbps, each for reading and writing, and how long a burst may last. */
function throttles(): PropertyFormat {
  const found: Record<string, Property> = {};
  for (const way of ["", "_rd", "_wr"]) {
    const length = { type: "integer", optional: true, minimum: 1 } as const;
    for (const kind of ["bps", "iops"]) {
      found[`${kind}${way}`] = { type: "integer", optional: true };
      found[`${kind}${way}_max_length`] = length;
      if (way !== "") found[`${kind}${way}_length`] = { type: "integer", alias: `${kind}${way}_max_length` };
    }
    found[`iops${way}_max`] = { type: "integer", optional: true };
    found[`mbps${way}`] = { type: "number", optional: true };
    found[`mbps${way}_max`] = { type: "number", optional: true };
  }
  return found;
}

const drive: PropertyFormat = {
  file,
  volume,
  ...throttles(),
  aio: { type: "string", optional: true, enum: ["native", "threads", "io_uring"] },
  backup: bool,
  cache: { type: "string", optional: true, enum: ["none", "writethrough", "writeback", "unsafe", "directsync"] },
  detect_zeroes: bool,
  discard: { type: "string", optional: true, enum: ["ignore", "on"] },
  format: imageFormat,
  "import-from": importFrom,
  media: { type: "string", optional: true, enum: ["cdrom", "disk"] },
  replicate: bool,
  rerror: { type: "string", optional: true, enum: ["ignore", "report", "stop"] },
  serial: urlencoded,
  shared: bool,
  size,
  snapshot: bool,
  werror: { type: "string", optional: true, enum: ["enospc", "ignore", "report", "stop"] },
};
const wwn: Property = { type: "string", optional: true, pattern: "(?:^(0x)[0-9a-fA-F]{16})" };
const queues: Property = { type: "integer", optional: true, minimum: 2 };

const RANGES = "(?:\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*)";
const mapping: Property = { type: "string", optional: true, format: "pve-configid" };

/** Property strings of VM keys. */
export const QEMU_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  "#/formats/qemu.net[n]": {
    model: { type: "string", default_key: 1, enum: MODELS },
    ...Object.fromEntries(MODELS.map((model) => [model, { type: "string", alias: "macaddr", keyAlias: "model" }])),
    bridge: { type: "string", optional: true, format: "pve-bridge-id" },
    firewall: bool,
    link_down: bool,
    macaddr: { type: "string", optional: true, format: "mac-addr" },
    mtu: { type: "integer", optional: true, minimum: 1, maximum: 65520 },
    queues: { type: "integer", optional: true, minimum: 0, maximum: 64 },
    rate: { type: "number", optional: true, minimum: 0 },
    tag: { type: "integer", optional: true, minimum: 1, maximum: 4094 },
    trunks: { type: "string", optional: true, pattern: RANGES },
  },
  "#/formats/qemu.scsi[n]": { ...drive, iothread: bool, queues, ro: bool, scsiblock: bool, ssd: bool, wwn },
  "#/formats/qemu.virtio[n]": { ...drive, iothread: bool, ro: bool },
  "#/formats/qemu.sata[n]": { ...drive, ssd: bool, wwn },
  "#/formats/qemu.ide[n]": { ...drive, model: urlencoded, ssd: bool, wwn },
  "#/formats/qemu.efidisk0": {
    file,
    volume,
    efitype: { type: "string", optional: true, enum: ["2m", "4m"] },
    format: imageFormat,
    "import-from": importFrom,
    "ms-cert": { type: "string", optional: true, enum: ["2011", "2023", "2023w", "2023k"] },
    "pre-enrolled-keys": bool,
    size,
  },
  "#/formats/qemu.tpmstate0": {
    file,
    volume,
    format: { type: "string", optional: true, enum: ["raw", "qcow2", "vmdk"] },
    "import-from": importFrom,
    size,
    version: { type: "string", optional: true, enum: ["v1.2", "v2.0"] },
  },
  "#/formats/qemu.unused[n]": { file: { type: "string", format: "pve-volume-id", default_key: 1 }, volume },
  "#/formats/qemu.memory": { current: { type: "integer", minimum: 16, default_key: 1 } },
  "#/formats/qemu.agent": {
    enabled: { type: "boolean", default_key: 1 },
    "freeze-fs": bool,
    "freeze-fs-on-backup": { type: "boolean", alias: "freeze-fs" },
    fstrim_cloned_disks: bool,
    "guest-fsfreeze": { type: "boolean", alias: "freeze-fs" },
    type: { type: "string", optional: true, enum: ["virtio", "isa"] },
  },
  "#/formats/qemu.machine": {
    type: {
      type: "string",
      optional: true,
      default_key: 1,
      pattern:
        "(pc|pc(-i440fx)?-\\d+(\\.\\d+)+(\\+pve\\d+)?(\\.pxe)?|q35|pc-q35-\\d+(\\.\\d+)+(\\+pve\\d+)?(\\.pxe)?|" +
        "virt(?:-\\d+(\\.\\d+)+)?(\\+pve\\d+)?)",
    },
    "aw-bits": { type: "number", optional: true, minimum: 32, maximum: 64 },
    "enable-s3": bool,
    "enable-s4": bool,
    viommu: { type: "string", optional: true, enum: ["intel", "virtio"] },
  },
  "#/formats/qemu.vga": {
    type: {
      type: "string",
      optional: true,
      default_key: 1,
      enum: [
        ...["cirrus", "qxl", "qxl2", "qxl3", "qxl4", "none", "serial0", "serial1", "serial2", "serial3", "std"],
        ...["virtio", "virtio-gl", "vmware"],
      ],
    },
    clipboard: { type: "string", optional: true, enum: ["vnc"] },
    memory: { type: "integer", optional: true, minimum: 4, maximum: 512 },
  },
  "#/formats/qemu.usb[n]": {
    host: {
      type: "string",
      optional: true,
      default_key: 1,
      pattern:
        "(?:(?:(?:(?:(0x)?([0-9A-Fa-f]{4}):(0x)?([0-9A-Fa-f]{4})))|(?:(?:(\\d+)\\-(\\d+(\\.\\d+)*)))|" +
        "[Ss][Pp][Ii][Cc][Ee]))",
    },
    mapping,
    usb3: bool,
  },
  "#/formats/qemu.numa[n]": {
    cpus: { type: "string", pattern: RANGES },
    hostnodes: { type: "string", optional: true, pattern: RANGES },
    memory: { type: "number", optional: true },
    policy: { type: "string", optional: true, enum: ["preferred", "bind", "interleave"] },
  },
  "#/formats/qemu.audio0": {
    device: { type: "string", enum: ["ich9-intel-hda", "intel-hda", "AC97"] },
    driver: { type: "string", optional: true, enum: ["spice", "none"] },
  },
  "#/formats/qemu.ivshmem": {
    name: { type: "string", optional: true, pattern: "[a-zA-Z0-9\\-]+" },
    size: { type: "integer", minimum: 1 },
  },
  "#/formats/qemu.spice_enhancements": {
    foldersharing: bool,
    videostreaming: { type: "string", optional: true, enum: ["off", "all", "filter"] },
  },
  "#/formats/qemu.virtiofs[n]": {
    dirid: { type: "string", format: "pve-configid", default_key: 1 },
    cache: { type: "string", optional: true, enum: ["auto", "always", "metadata", "never"] },
    "direct-io": bool,
    "expose-acl": bool,
    "expose-xattr": bool,
  },
};
