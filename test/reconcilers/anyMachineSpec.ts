import fc from "fast-check";
import { ipv4In, maybe, record, size, some } from "./anySpecs.ts";

const disk = (name: string, storage: fc.Arbitrary<string>): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    storage,
    size,
    ssd: maybe(fc.boolean()),
    discard: maybe(fc.boolean()),
    ioThread: maybe(fc.boolean()),
    backup: maybe(fc.boolean()),
  });
const anyStorage = fc.constantFrom("local-zfs", "local-zfs", "tank");
const card = (name: string): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    bridge: fc.constant("vmbr0"),
    model: maybe(fc.constantFrom("virtio", "e1000")),
    vlan: maybe(fc.constantFrom(20, 30)),
    mtu: maybe(fc.constantFrom(1400, 1500)),
    mac: maybe(fc.constantFrom(`BC:24:11:00:00:0${name.slice(-1)}`, `bc:24:11:00:00:a${name.slice(-1)}`)),
    firewall: maybe(fc.boolean()),
    ipv4: maybe(ipv4In(name === "net0" ? "10.0.0" : "10.0.1")),
  });
const IMAGE = { url: "https://images.example.org/a.qcow2", checksum: `sha256:${"a".repeat(64)}` };

/** Any spec that asks for nothing only root may do, and for no image larger than its disk. */
export const anyMachineSpec: fc.Arbitrary<object> = record({
  source: maybe(fc.constantFrom<object>({ iso: "local:iso/debian.iso" }, { cloudImage: IMAGE })),
  hostname: maybe(fc.constantFrom("vm", "Machine", "other")),
  description: maybe(fc.constantFrom("", "one", "two\nlines\n")),
  updatePolicy: fc.constantFrom("Live", "Restart", "Manual"),
  machine: maybe(fc.constantFrom("q35", "i440fx")),
  bios: maybe(fc.constantFrom("SeaBIOS", "OVMF")),
  efiDisk: maybe(record({ storage: anyStorage, preEnrolledKeys: maybe(fc.boolean()) })),
  tpm: maybe(record({ storage: anyStorage, version: maybe(fc.constantFrom("v2.0", "v1.2")) })),
  cpu: maybe(
    record({
      type: maybe(fc.constantFrom("host", "x86-64-v2-AES", "kvm64")),
      sockets: maybe(fc.integer({ min: 1, max: 2 })),
      cores: maybe(fc.integer({ min: 1, max: 4 })),
    }),
  ),
  resources: maybe(
    record({
      cpuLimit: maybe(fc.constantFrom("0", "1.5", "2.0")),
      cpuWeight: maybe(fc.constantFrom(100, 250)),
      memory: maybe(fc.constantFrom("1Gi", "2Gi")),
    }),
  ),
  balloon: maybe(fc.constantFrom("0Mi", "512Mi")),
  disks: fc
    .tuple(
      disk("scsi0", fc.constant("local-zfs")).map((one) => ({ ...one, size: "4Gi" })),
      some([disk("scsi1", anyStorage), disk("virtio3", anyStorage)]),
    )
    .map(([first, others]) => [first, ...others]),
  networks: maybe(some([card("net0"), card("net3")])),
  dns: maybe(
    record({ nameservers: maybe(fc.subarray(["10.0.0.1", "9.9.9.9"])), searchDomain: maybe(fc.constant("home.arpa")) }),
  ),
  cloudInit: maybe(
    record({
      storage: anyStorage,
      user: maybe(fc.constantFrom("ops", "ana")),
      userDataRef: maybe(fc.constantFrom({ volume: "local:snippets/a.yaml" }, { volume: "local:snippets/b.yaml" })),
    }),
  ),
  guestAgent: maybe(fc.boolean()),
  hostDevices: maybe(
    some([
      record({ name: fc.constant("hostpci0"), mapping: fc.constantFrom("gpu", "nic"), pcie: maybe(fc.boolean()) }),
    ]),
  ),
});
