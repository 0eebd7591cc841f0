import { z } from "zod";
import { flag, integer, keyRef, list, listMap, oneOf, size, withRules, word } from "./fields.ts";
import { interfaceFields, interfaceRules } from "./interfaceFields.ts";
import { nameserver } from "./nameserver.ts";
import { vmSource } from "./vmSource.ts";

const BOOTED = "Written at once; cloud-init takes it over with the next start.";
const LIVE = "A change is in effect at once.";
const RESTART = "A change is in effect with the next start (updatePolicy).";
const UNMANAGED = "Absent: not compared.";

const disk = withRules(
  z.object({
    name: withRules(z.string().max(8), {
      rule: "self.matches('^(scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5]|ide[0-3])$')",
      message:
        "a disk is named as Proxmox names its key: scsi0 to scsi30, virtio0 to virtio15, sata0 to sata5, ide0 to ide3",
    }).describe("Key of the disk in Proxmox, such as scsi0."),
    storage: word(
      "Proxmox storage of its volume, which is made with the machine or when the disk is added. It never moves: a change is WouldLoseData.",
      100,
    ),
    size: size("Size, in whole MiB. A larger one grows it, at once; it never shrinks (WouldLoseData)."),
    ssd: flag(`Shown to the machine as an SSD. ${RESTART} ${UNMANAGED}`).exactOptional(),
    discard: flag(
      `Blocks that the machine frees are given back to the storage. ${RESTART} ${UNMANAGED}`,
    ).exactOptional(),
    ioThread: flag(`A thread of its own. ${RESTART} ${UNMANAGED}`).exactOptional(),
    backup: flag(`In backups. ${RESTART} ${UNMANAGED}`).exactOptional(),
    importFrom: withRules(z.string().max(255), {
      rule: "self.matches('^[A-Za-z][A-Za-z0-9_.-]*:[^ ,/][^ ,]*$')",
      message: "a volume is written as Proxmox lists it: local:import/debian-12.qcow2",
    })
      .describe(
        "Volume that the disk is made out of, such as a cloud image of content type import (Proxmox 8.3 or newer). Used when the disk is made, which then grows to size.",
      )
      .exactOptional(),
  }),
  {
    rule: "quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
    message: "a disk grows and never shrinks",
    reason: "FieldValueForbidden",
    fieldPath: ".size",
  },
).describe("A disk of the machine.");

const hostDevice = withRules(
  z.object({
    name: withRules(z.string().max(9), {
      rule: "self.matches('^hostpci([0-9]|1[0-5])$')",
      message: "a device is named as Proxmox names its key: hostpci0 to hostpci15",
    }).describe("Key of the device in Proxmox: hostpci0 to hostpci15."),
    mapping: word(
      "Resource mapping of the datacenter that names the device. An API token may set it.",
      64,
    ).exactOptional(),
    address: withRules(z.string().max(64), {
      rule: "self.matches('^[0-9a-fA-F:.]+(;[0-9a-fA-F:.]+)*$')",
      message: "a PCI address is written as lspci has it: 0000:01:00.0",
    })
      .describe(
        "PCI address on the node. No API token may set it: it is compared, and what differs is named with the command to run (RootOnly).",
      )
      .exactOptional(),
    pcie: flag(`As a PCI Express device; needs machine q35. ${UNMANAGED}`).exactOptional(),
  }),
  { rule: "has(self.mapping) != has(self.address)", message: "a device has exactly one of mapping and address" },
).describe("A PCI device of the node given to the machine.");

const vmNetwork = withRules(
  z.object({
    name: withRules(z.string().max(5), {
      rule: "self.matches('^net([0-9]|[12][0-9]|3[01])$')",
      message: "an interface of a machine is named as Proxmox names its key: net0 to net31",
    }).describe("Key of the interface in Proxmox: net0 to net31."),
    model: oneOf(`Kind of network card. ${LIVE} Absent: not compared, and virtio when it is made.`, [
      "virtio",
      "e1000",
      "e1000e",
      "rtl8139",
      "vmxnet3",
    ]).exactOptional(),
    ...interfaceFields,
  }),
  ...interfaceRules,
).describe("A network interface of the machine. Its address is what cloud-init gives it.");

/** What a VM has beyond what every guest has. All of it is configured under management Full only. */
export const vmHardwareFields = {
  source: vmSource.exactOptional(),
  machine: oneOf(`Chipset. ${RESTART} ${UNMANAGED}`, ["q35", "i440fx"]).exactOptional(),
  bios: oneOf(`Firmware. ${RESTART} ${UNMANAGED}`, ["SeaBIOS", "OVMF"]).exactOptional(),
  efiDisk: z
    .object({
      storage: word("Storage of the volume that holds the settings of OVMF. It never moves.", 100),
      preEnrolledKeys: flag(
        "With Microsoft's keys, for Secure Boot. Used when it is made; absent: without.",
      ).exactOptional(),
    })
    .describe("Needed with bios OVMF. Made when it is missing.")
    .exactOptional(),
  tpm: z
    .object({
      storage: word("Storage of the volume that holds the state of the TPM. It never moves.", 100),
      version: oneOf("Used when it is made. Absent: v2.0.", ["v2.0", "v1.2"]).exactOptional(),
    })
    .describe("A trusted platform module. Made when it is missing.")
    .exactOptional(),
  cpu: z
    .object({
      type: word(`Kind of processor, such as host or x86-64-v2-AES. ${RESTART} ${UNMANAGED}`, 40).exactOptional(),
      sockets: integer(`${RESTART} ${UNMANAGED}`, 1, 4).exactOptional(),
      cores: integer(`Cores of each socket. ${RESTART} ${UNMANAGED}`, 1, 512).exactOptional(),
    })
    .describe("The processor that the machine sees.")
    .exactOptional(),
  resources: z
    .object({
      cpuLimit: withRules(z.string().max(8), {
        rule: "self.matches('^[0-9]+([.][0-9]+)?$') && double(self) <= 8192.0",
        message: 'cpuLimit is a number of cores in quotes: write "1.5", not "150%"; "0" is no limit',
      })
        .describe(`Most CPU time it may use, in cores, as text ("1.5"); "0" is no limit. ${LIVE} ${UNMANAGED}`)
        .exactOptional(),
      cpuWeight: integer(`Share of CPU time under contention. ${LIVE} ${UNMANAGED}`, 1, 10_000).exactOptional(),
      memory: size(`Memory, in whole MiB. ${RESTART} ${UNMANAGED}`).exactOptional(),
    })
    .describe("What the machine may use of its node.")
    .exactOptional(),
  balloon: size(
    `Memory that it keeps at least when the node runs short, in whole MiB; 0Mi switches ballooning off. ${LIVE} ${UNMANAGED}`,
  ).exactOptional(),
  disks: listMap("Disks. One that is added is made at once; those not listed are left as they are.", disk, {
    keys: ["name"],
    max: 32,
  }).exactOptional(),
  networks: listMap(`Network interfaces. ${LIVE} Interfaces not listed are left as they are.`, vmNetwork, {
    keys: ["name"],
    max: 32,
  }).exactOptional(),
  dns: z
    .object({
      nameservers: list(`Name servers that cloud-init sets. ${BOOTED} ${UNMANAGED}`, nameserver, 3).exactOptional(),
      searchDomain: word(`Search domain that cloud-init sets. ${BOOTED} ${UNMANAGED}`).exactOptional(),
    })
    .describe("Name resolution that cloud-init sets up.")
    .exactOptional(),
  cloudInit: z
    .object({
      storage: word(
        "Storage of the drive that carries the data of cloud-init. It is made as ide2 when there is none.",
        100,
      ),
      user: word(`User that cloud-init sets up. ${BOOTED} ${UNMANAGED}`, 64).exactOptional(),
      sshKeysRef: keyRef(
        "Secret key with public SSH keys for that user, one a line. Used at creation only; a clone keeps those of its template.",
        "Secret",
      ).exactOptional(),
      userDataRef: z
        .object({
          volume: withRules(z.string().max(255), {
            rule: "self.matches('^[A-Za-z][A-Za-z0-9_.-]*:snippets/[^ ,/]+$')",
            message: "user data is a file of content type snippets: local:snippets/web.yaml",
          }).describe("The file, as Proxmox lists it: local:snippets/web.yaml."),
        })
        .describe(
          `User data of your own in place of what cloudInit and dns say (cicustom). Proxmox has no call that writes such a file, so put it on the node by hand: /var/lib/vz/snippets/web.yaml for local. It is named, and what runs is compared, but it is never written. ${BOOTED} ${UNMANAGED}`,
        )
        .exactOptional(),
    })
    .describe("First boot of a cloud image. Addresses stand in networks, name servers in dns.")
    .exactOptional(),
  guestAgent: flag(
    `Whether the QEMU guest agent is expected inside: it tells addresses and makes shutdowns quick. ${RESTART} ${UNMANAGED}`,
  ).exactOptional(),
  hostDevices: listMap(`PCI devices. ${RESTART} Those not listed are left as they are.`, hostDevice, {
    keys: ["name"],
    max: 16,
  }).exactOptional(),
};
