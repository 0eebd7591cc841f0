import fc from "fast-check";
import { ipv4In, maybe, record, size, some } from "./anySpecs.ts";

const mountAt = (name: string): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    path: fc.constantFrom(`/srv/${name}`, `/data/${name}`),
    storage: fc.constantFrom("local-zfs", "local-zfs", "tank"),
    size,
    backup: maybe(fc.boolean()),
    readOnly: maybe(fc.boolean()),
  });
const networkCalled = (name: string): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    bridge: fc.constant("vmbr0"),
    vlan: maybe(fc.constantFrom(20, 30)),
    mtu: maybe(fc.constantFrom(1400, 1500)),
    mac: maybe(fc.constantFrom("BC:24:11:00:00:0A", "bc:24:11:00:00:0b")),
    firewall: maybe(fc.boolean()),
    ipv4: maybe(ipv4In(name === "eth0" ? "10.0.0" : "10.0.1")),
  });
/** Any spec that asks for nothing only root may do. */
export const anySpec: fc.Arbitrary<object> = record({
  hostname: maybe(fc.constantFrom("db", "Database", "other")),
  description: maybe(fc.constantFrom("", "one", "two\nlines\n")),
  updatePolicy: fc.constantFrom("Live", "Restart", "Manual"),
  resources: maybe(
    record({
      cores: maybe(fc.integer({ min: 1, max: 4 })),
      cpuLimit: maybe(fc.constantFrom("0", "1.5", "2.0")),
      cpuWeight: maybe(fc.constantFrom(100, 250)),
      memory: maybe(fc.constantFrom("512Mi", "1Gi")),
      swap: maybe(fc.constantFrom("0Mi", "512Mi")),
    }),
  ),
  rootfs: fc.record({ storage: fc.constantFrom("local-zfs", "local-zfs", "tank"), size }),
  mounts: maybe(some([mountAt("mp0"), mountAt("mp3")])),
  networks: maybe(some([networkCalled("eth0"), networkCalled("eth1")])),
  dns: maybe(
    record({ nameservers: maybe(fc.subarray(["10.0.0.1", "9.9.9.9"])), searchDomain: maybe(fc.constant("home.arpa")) }),
  ),
  features: maybe(record({ nesting: maybe(fc.boolean()) })),
});
