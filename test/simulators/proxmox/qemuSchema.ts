import { choice, flag, format, indexed, integer, number, text, type Params } from "./schema.ts";

const KEYBOARDS = [
  ...["de", "de-ch", "da", "en-gb", "en-us", "es", "fi", "fr", "fr-be", "fr-ca", "fr-ch", "hu", "is", "it", "ja"],
  ...["lt", "mk", "nl", "no", "pl", "pt", "pt-br", "sv", "sl", "tr"],
];

const DRIVES: Params = {
  ...indexed("ide", 3, format("#/formats/qemu.ide[n]")),
  ...indexed("sata", 5, format("#/formats/qemu.sata[n]")),
  ...indexed("scsi", 30, format("#/formats/qemu.scsi[n]")),
  ...indexed("virtio", 15, format("#/formats/qemu.virtio[n]")),
  efidisk0: format("#/formats/qemu.efidisk0"),
  tpmstate0: format("#/formats/qemu.tpmstate0"),
};

/** Names of the keys that hold a disk or a CD drive. */
export const DRIVE_KEYS: readonly string[] = Object.keys(DRIVES);

const CLOUD_INIT: Params = {
  cicustom: format("pve-qm-cicustom"),
  cipassword: text(),
  citype: choice("configdrive2", "nocloud", "opennebula"),
  ciupgrade: flag,
  ciuser: text(),
  ...indexed("ipconfig", 31, format("pve-qm-ipconfig")),
  nameserver: format("address-list"),
  searchdomain: text(),
  sshkeys: format("urlencoded"),
};

/** Names of the keys that cloud-init is made from. */
export const CLOUD_INIT_KEYS: readonly string[] = Object.keys(CLOUD_INIT);

const DEVICES: Params = {
  audio0: format("#/formats/qemu.audio0"),
  ...indexed("hostpci", 15, format("pve-qm-hostpci")),
  ivshmem: format("#/formats/qemu.ivshmem"),
  ...indexed("net", 31, format("#/formats/qemu.net[n]")),
  ...indexed("numa", 7, format("#/formats/qemu.numa[n]")),
  ...indexed("parallel", 2, text({ pattern: "/dev/parport\\d+|/dev/usb/lp\\d+" })),
  rng0: format("pve-qm-rng"),
  ...indexed("serial", 3, text({ pattern: "(/dev/[^,]+|socket)" })),
  ...indexed("unused", 255, format("#/formats/qemu.unused[n]")),
  ...indexed("usb", 13, format("#/formats/qemu.usb[n]")),
  vga: format("#/formats/qemu.vga"),
  ...indexed("virtiofs", 9, format("#/formats/qemu.virtiofs[n]")),
  watchdog: format("pve-qm-watchdog"),
};

/** The keys a VM's configuration may have, each as a parameter. */
export const QEMU_CONFIG: Params = {
  ...DRIVES,
  ...CLOUD_INIT,
  ...DEVICES,
  acpi: flag,
  affinity: format("pve-cpuset"),
  agent: format("#/formats/qemu.agent"),
  "allow-ksm": flag,
  "amd-sev": format("pve-qemu-sev-fmt"),
  arch: choice("x86_64", "aarch64"),
  args: text(),
  autostart: flag,
  balloon: integer({ minimum: 0 }),
  bios: choice("seabios", "ovmf"),
  boot: format("pve-qm-boot"),
  bootdisk: format("pve-qm-bootdisk", { pattern: "(ide|sata|scsi|virtio)\\d+" }),
  cdrom: format("pve-qm-ide"),
  cores: integer({ minimum: 1 }),
  cpu: format("pve-vm-cpu-conf"),
  cpulimit: number({ minimum: 0, maximum: 128 }),
  cpuunits: integer({ minimum: 1, maximum: 262144 }),
  description: text({ maxLength: 8192 }),
  freeze: flag,
  hookscript: format("pve-volume-id"),
  hotplug: format("pve-hotplug-features"),
  hugepages: choice("any", "2", "1024"),
  "intel-tdx": format("pve-qemu-tdx-fmt"),
  keephugepages: flag,
  keyboard: choice(...KEYBOARDS),
  kvm: flag,
  localtime: flag,
  lock: choice(
    ...["backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspending", "suspended"],
  ),
  machine: format("#/formats/qemu.machine"),
  memory: format("#/formats/qemu.memory"),
  migrate_downtime: number({ minimum: 0 }),
  migrate_speed: integer({ minimum: 0 }),
  name: format("dns-name"),
  numa: flag,
  onboot: flag,
  ostype: choice(
    ...["other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris"],
  ),
  protection: flag,
  reboot: flag,
  scsihw: choice("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
  shares: integer({ minimum: 0, maximum: 50000 }),
  smbios1: format("pve-qm-smbios1"),
  smp: integer({ minimum: 1 }),
  sockets: integer({ minimum: 1 }),
  spice_enhancements: format("#/formats/qemu.spice_enhancements"),
  startdate: text({ pattern: "(now|\\d{4}-\\d{1,2}-\\d{1,2}(T\\d{1,2}:\\d{1,2}:\\d{1,2})?)" }),
  startup: format("pve-startup-order"),
  tablet: flag,
  tags: format("pve-tag-list"),
  tdf: flag,
  template: flag,
  vcpus: integer({ minimum: 1 }),
  vmgenid: text({ pattern: "(?:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01])" }),
  vmstatestorage: format("pve-storage-id"),
};
