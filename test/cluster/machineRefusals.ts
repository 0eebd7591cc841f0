import type { Refusal } from "./refusal.ts";

const kind = "VirtualMachine";
const SIZE = "a size is a whole number with Mi, Gi or Ti: write 8Gi, not 8G, and 1536Mi, not 1.5Gi";
const DISK = { name: "scsi0", storage: "local-zfs", size: "8Gi" };
const disk = (fields: object): { readonly disks: readonly object[] } => ({ disks: [{ ...DISK, ...fields }] });
const IMAGE = { url: "https://example.org/debian-13.qcow2", checksum: `sha256:${"a".repeat(64)}` };
const network = (fields: object): { readonly networks: readonly object[] } => ({
  networks: [{ name: "net0", bridge: "vmbr0", ...fields }],
});
const device = (fields: object): { readonly hostDevices: readonly object[] } => ({
  hostDevices: [{ name: "hostpci0", ...fields }],
});
const fixed = { method: "Static", address: "192.168.0.2/24" };

/** About the hardware of a VirtualMachine. */
export const machineRefusals: readonly Refusal[] = [
  {
    kind,
    rule: "a machine is cloned, installed from a CD, or made out of a cloud image: write one of them",
    spec: { source: { clone: { vmid: 9000 }, iso: "local:iso/debian-12.iso" } },
  },
  {
    kind,
    rule: "a machine is cloned, installed from a CD, or made out of a cloud image: write one of them",
    spec: { ...disk({}), source: { clone: { vmid: 9000 }, cloudImage: IMAGE } },
  },
  ...["https://example.org/haos.qcow2.xz", "ftp://example.org/a.qcow2", "https://example.org/a.qcow2?x=1", "a.img"].map(
    (url) => ({
      kind,
      rule: "a cloud image is an http or https address that ends in .qcow2, .img (taken as qcow2), .raw or .vmdk; Proxmox does not unpack .xz or .zip",
      spec: { ...disk({}), source: { cloudImage: { ...IMAGE, url } } },
    }),
  ),
  ...["a".repeat(64), `sha256:${"a".repeat(63)}`, `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(32)}`].map(
    (checksum) => ({
      kind,
      rule: "a checksum is written with its algorithm, in lower case: sha256:<64 digits>, sha384:… or sha512:…",
      spec: { ...disk({}), source: { cloudImage: { ...IMAGE, checksum } } },
    }),
  ),
  ...[{}, { disks: [] }, disk({ importFrom: "local:import/a.qcow2" })].map((disks) => ({
    kind,
    rule: "the first of disks is made out of source.cloudImage: declare that disk, without importFrom",
    spec: { ...disks, source: { cloudImage: IMAGE } },
  })),
  {
    kind,
    rule: "user data is a file of content type snippets: local:snippets/web.yaml",
    spec: { cloudInit: { storage: "local-zfs", userDataRef: { volume: "web.yaml" } } },
  },
  {
    kind,
    rule: "an image is written as Proxmox lists it: local:iso/debian-12.iso",
    spec: { source: { iso: "debian-12.iso" } },
  },
  {
    kind,
    rule: 'cpuLimit is a number of cores in quotes: write "1.5", not "150%"; "0" is no limit',
    spec: { resources: { cpuLimit: "150%" } },
  },
  { kind, rule: SIZE, spec: { resources: { memory: "8G" } } },
  { kind, rule: SIZE, spec: { balloon: "1.5Gi" } },
  { kind, rule: SIZE, spec: disk({ size: "32G" }) },
  { kind, rule: "a disk grows and never shrinks", before: disk({ size: "8Gi" }), spec: disk({ size: "4Gi" }) },
  ...["scsi31", "sda", "virtio16", "ide4"].map((name) => ({
    kind,
    rule: "a disk is named as Proxmox names its key: scsi0 to scsi30, virtio0 to virtio15, sata0 to sata5, ide0 to ide3",
    spec: disk({ name }),
  })),
  {
    kind,
    rule: "a volume is written as Proxmox lists it: local:import/debian-12.qcow2",
    spec: disk({ importFrom: "/root/debian-12.qcow2" }),
  },
  {
    kind,
    rule: "an interface has exactly one of segmentRef and bridge",
    spec: network({ segmentRef: { name: "lan" } }),
  },
  {
    kind,
    rule: "vlan and mtu come from the NetworkSegment: write them there, or write bridge instead of segmentRef",
    spec: { networks: [{ name: "net0", segmentRef: { name: "lan" }, vlan: 20 }] },
  },
  {
    kind,
    rule: "an interface of a machine is named as Proxmox names its key: net0 to net31",
    spec: network({ name: "eth0" }),
  },
  { kind, rule: "a bridge is named as in Proxmox, such as vmbr0", spec: network({ bridge: "my bridge" }) },
  { kind, rule: "mtu is from 576 to 9000 bytes: 1500 is usual, 9000 a jumbo frame", spec: network({ mtu: 9216 }) },
  {
    kind,
    rule: "address is written with method Static, and only then",
    spec: network({ ipv4: { method: "Static" } }),
  },
  {
    kind,
    rule: "gateway is written with method Static, and only then",
    spec: network({ ipv4: { method: "DHCP", gateway: "192.168.0.1" } }),
  },
  {
    kind,
    rule: "gateway lies outside the network of the address",
    spec: network({ ipv4: { ...fixed, gateway: "10.0.0.1" } }),
  },
  {
    kind,
    rule: "an address is IPv4 with its prefix length: write 192.168.0.2/24, not 192.168.0.2",
    spec: network({ ipv4: { method: "Static", address: "192.168.0.2" } }),
  },
  {
    kind,
    rule: "a gateway is an IPv4 address without prefix length: write 192.168.0.1",
    spec: network({ ipv4: { ...fixed, gateway: "192.168.0/24" } }),
  },
  {
    kind,
    rule: "a MAC address is unicast and written with colons: BC:24:11:00:01:01; its second digit is even (0 2 4 6 8 A C E)",
    spec: network({ mac: "01:00:5E:00:00:01" }),
  },
  {
    kind,
    rule: "a name server is an IP address: write 192.168.0.1",
    spec: { dns: { nameservers: ["dns.home.arpa"] } },
  },
  { kind, rule: "a device has exactly one of mapping and address", spec: device({}) },
  {
    kind,
    rule: "a device is named as Proxmox names its key: hostpci0 to hostpci15",
    spec: device({ name: "gpu", mapping: "gpu" }),
  },
  {
    kind,
    rule: "a PCI address is written as lspci has it: 0000:01:00.0",
    spec: device({ address: "slot 1" }),
  },
];
