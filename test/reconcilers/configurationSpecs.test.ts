import fc from "fast-check";
import { converges, ipv4In, maybe, record, size, some, type Subject } from "./anySpecs.ts";
import { CREATABLE, oneGuest } from "./oneGuest.ts";

/** `SPECS=500` tries more. */
const RUNS = Number(process.env["SPECS"] ?? 25);

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
const anySpec: fc.Arbitrary<object> = record({
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

const subject: Subject = {
  kind: "Container",
  name: "db",
  open: (spec) => oneGuest({ wish: { spec: { ...CREATABLE, probes: [], ...spec } } }),
  declare: (lab, spec) => {
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...CREATABLE, probes: [], ...spec } });
  },
  volumes: (lab) => {
    const { rootfs, mounts } = lab.proxmox.guest(101);
    return new Map([rootfs, ...mounts].map((mount) => [mount?.volume ?? "", mount?.sizeMiB ?? 0]));
  },
};

describe("from any spec of a container to any other", function () {
  this.timeout(60_000 + RUNS * 2_000);

  it("A5, A11, I5: it converges as far as no data is at stake, volumes only grow, and then there is silence", async () => {
    await fc.assert(
      fc.asyncProperty(anySpec, anySpec, async (first, second) => {
        await converges(subject, first as Record<string, unknown>, second as Record<string, unknown>);
      }),
      { numRuns: RUNS },
    );
  });
});
