import { choice, flag, format, indexed, integer, number, text, type Params, type Property, type PropertyFormat } from "./schema.ts";

const bool: Property = { type: "boolean", optional: true };
const MODELS = [
  "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er", "ne2k_isa",
  "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3",
];

const size: Property = { type: "string", optional: true, format: "disk-size" };
const file: Property = { type: "string", format: "pve-volume-id-or-qm-path", default_key: 1 };
const importFrom: Property = { type: "string", optional: true, format: "pve-volume-id-or-absolute-path" };

/** The keys of a drive that are in common use; the many throttling keys are left out. */
const drive: PropertyFormat = {
  file,
  aio: { type: "string", optional: true, enum: ["native", "threads", "io_uring"] },
  backup: bool,
  cache: { type: "string", optional: true, enum: ["none", "writethrough", "writeback", "unsafe", "directsync"] },
  detect_zeroes: bool,
  discard: { type: "string", optional: true, enum: ["ignore", "on"] },
  format: { type: "string", optional: true, enum: ["raw", "qcow", "qed", "qcow2", "vmdk", "cloop"] },
  "import-from": importFrom,
  media: { type: "string", optional: true, enum: ["cdrom", "disk"] },
  replicate: bool,
  shared: bool,
  size,
};

/** Property strings of VM keys. */
export const QEMU_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  "#/formats/qemu.net[n]": {
    model: { type: "string", default_key: 1, enum: MODELS },
    ...Object.fromEntries(MODELS.map((model) => [model, { type: "string", alias: "macaddr", keyAlias: "model" } as Property])),
    bridge: { type: "string", optional: true, format: "pve-bridge-id" },
    firewall: bool,
    link_down: bool,
    macaddr: { type: "string", optional: true, format: "mac-addr" },
    mtu: { type: "integer", optional: true, minimum: 1, maximum: 65520 },
    queues: { type: "integer", optional: true, minimum: 0, maximum: 64 },
    rate: { type: "number", optional: true, minimum: 0 },
    tag: { type: "integer", optional: true, minimum: 1, maximum: 4094 },
    trunks: { type: "string", optional: true, pattern: "(?:\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*)" },
  },
  "#/formats/qemu.scsi[n]": { ...drive, iothread: bool, ssd: bool },
  "#/formats/qemu.virtio[n]": { ...drive, iothread: bool },
  "#/formats/qemu.sata[n]": { ...drive, ssd: bool },
  "#/formats/qemu.ide[n]": { ...drive, ssd: bool },
  "#/formats/qemu.efidisk0": {
    file,
    efitype: { type: "string", optional: true, enum: ["2m", "4m"] },
    "import-from": importFrom,
    "pre-enrolled-keys": bool,
    size,
  },
  "#/formats/qemu.tpmstate0": {
    file,
    "import-from": importFrom,
    size,
    version: { type: "string", optional: true, enum: ["v1.2", "v2.0"] },
  },
  "#/formats/qemu.unused[n]": { file: { type: "string", format: "pve-volume-id", default_key: 1 } },
  "#/formats/qemu.memory": { current: { type: "integer", minimum: 16, default_key: 1 } },
  "#/formats/qemu.agent": {
    enabled: { type: "boolean", default_key: 1 },
    "freeze-fs": bool,
    fstrim_cloned_disks: bool,
    type: { type: "string", optional: true, enum: ["virtio", "isa"] },
  },
};

/** The VM keys this simulator takes; the real product has more. */
export const QEMU_CONFIG: Params = {
  acpi: flag,
  agent: format("#/formats/qemu.agent"),
  balloon: integer({ minimum: 0 }),
  bios: choice("seabios", "ovmf"),
  boot: format("pve-qm-boot"),
  cipassword: text(),
  ciuser: text(),
  cores: integer({ minimum: 1 }),
  cpu: format("pve-vm-cpu-conf"),
  cpulimit: number({ minimum: 0, maximum: 128 }),
  cpuunits: integer({ minimum: 1, maximum: 262144 }),
  description: text({ maxLength: 8192 }),
  efidisk0: format("#/formats/qemu.efidisk0"),
  hotplug: format("pve-hotplug-features"),
  ...indexed("ide", 3, format("#/formats/qemu.ide[n]")),
  ...indexed("ipconfig", 31, format("pve-qm-ipconfig")),
  kvm: flag,
  lock: choice("backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspending", "suspended"),
  memory: format("#/formats/qemu.memory"),
  name: format("dns-name"),
  nameserver: format("address-list"),
  ...indexed("net", 31, format("#/formats/qemu.net[n]")),
  numa: flag,
  onboot: flag,
  ostype: choice(
    "other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris",
  ),
  protection: flag,
  ...indexed("sata", 5, format("#/formats/qemu.sata[n]")),
  ...indexed("scsi", 30, format("#/formats/qemu.scsi[n]")),
  scsihw: choice("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
  searchdomain: text(),
  ...indexed("serial", 3, text({ pattern: "(/dev/[^,]+|socket)" })),
  smbios1: format("pve-qm-smbios1"),
  sockets: integer({ minimum: 1 }),
  sshkeys: format("urlencoded"),
  startup: format("pve-startup-order"),
  tablet: flag,
  tags: format("pve-tag-list"),
  template: flag,
  tpmstate0: format("#/formats/qemu.tpmstate0"),
  ...indexed("unused", 255, format("#/formats/qemu.unused[n]")),
  ...indexed("virtio", 15, format("#/formats/qemu.virtio[n]")),
  vmgenid: text({ pattern: "(?:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01])" }),
};
