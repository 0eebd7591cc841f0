import { expect } from "chai";
import fc from "fast-check";
import type { Container, GuestStatus } from "../../controller/api/index.ts";
import { parseSpec, Container as ContainerKind } from "../../controller/api/index.ts";
import { differencesOf } from "../../controller/plan/configuration/differences.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { configOf } from "../fakes/proxmoxGuest.ts";
import { annotate, CREATABLE, oneGuest } from "./oneGuest.ts";

/** `SPECS=500` tries more. */
const RUNS = Number(process.env["SPECS"] ?? 25);

const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<object> =>
  fc.record(fields).map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const size = fc.integer({ min: 1, max: 4 }).map((gib) => `${String(gib)}Gi`);
const mountAt = (name: string): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    path: fc.constantFrom(`/srv/${name}`, `/data/${name}`),
    storage: fc.constantFrom("local-zfs", "local-zfs", "tank"),
    size,
    backup: maybe(fc.boolean()),
    readOnly: maybe(fc.boolean()),
  });
/** Each interface in a network of its own: an address that is there twice is refused (AddressWrong). */
const ipv4Of = (name: string): fc.Arbitrary<object> => {
  const network = name === "eth0" ? "10.0.0" : "10.0.1";
  return fc.constantFrom<object>(
    { method: "DHCP" },
    { method: "None" },
    { method: "Static", address: `${network}.5/24` },
    { method: "Static", address: `${network}.6/24`, gateway: `${network}.1` },
  );
};
const networkCalled = (name: string): fc.Arbitrary<object> =>
  record({
    name: fc.constant(name),
    bridge: fc.constant("vmbr0"),
    vlan: maybe(fc.constantFrom(20, 30)),
    mtu: maybe(fc.constantFrom(1400, 1500)),
    mac: maybe(fc.constantFrom("BC:24:11:00:00:0A", "bc:24:11:00:00:0b")),
    firewall: maybe(fc.boolean()),
    ipv4: maybe(ipv4Of(name)),
  });
const some = (items: readonly fc.Arbitrary<object>[]): fc.Arbitrary<readonly object[]> =>
  fc.tuple(...items.map((item) => maybe(item))).map((all) => all.filter((item) => item !== undefined));

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

/** Bytes of data by volume; what is no longer among them was lost. */
function volumes(lab: FakeLab): ReadonlyMap<string, number> {
  const { rootfs, mounts } = lab.proxmox.guest(101);
  return new Map([rootfs, ...mounts].map((mount) => [mount?.volume ?? "", mount?.sizeMiB ?? 0]));
}

function expectKept(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  for (const [volume, sizeMiB] of before) expect(after.get(volume) ?? -1, volume).to.be.at.least(sizeMiB);
}

/** The differences that are left; each must be one that is never corrected. */
function left(lab: FakeLab): readonly string[] {
  const object = lab.read("Container", "db");
  if (object === undefined) throw new Error("no object");
  const parsed = parseSpec(ContainerKind, object);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const whole = { ...object, spec: parsed.spec } as unknown as Container;
  const config = configOf(lab.proxmox.guest(101));
  return differencesOf(whole, config, { node: "pve1" }, { segments: new Map() }).map(
    ({ field, way }) => `${way.is} ${field}`,
  );
}

const quiet = (lab: FakeLab): string => {
  const { drift, pendingChanges, task, updating } = lab.status("Container", "db") as Partial<GuestStatus>;
  return JSON.stringify({ drift, pendingChanges, task, updating, ready: lab.reason("Container", "db") });
};

async function untilQuiet(lab: FakeLab): Promise<void> {
  for (let round = 0, same = 0, last = ""; same < 3; round += 1) {
    if (round > 60) throw new Error(`it does not come to rest: ${quiet(lab)}`);
    await lab.seconds(10);
    const now = `${quiet(lab)} ${String(lab.proxmox.mutations.length)}`;
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

describe("from any spec to any other", function () {
  this.timeout(60_000 + RUNS * 2_000);

  it("A5, A11, I5: it converges as far as no data is at stake, volumes only grow, and then there is silence", async () => {
    await fc.assert(
      fc.asyncProperty(anySpec, anySpec, async (first, second) => {
        const lab = oneGuest({ wish: { spec: { ...CREATABLE, probes: [], ...first } } });
        try {
          lab.start();
          await lab.until("it runs", () => lab.reason("Container", "db") === "Settled");
          expect(left(lab), "just created").to.deep.equal([]);
          let before = volumes(lab);
          for (const spec of [second, first]) {
            lab.guest("db", { vmid: 101, layer: "base", spec: { ...CREATABLE, probes: [], ...spec } });
            await untilQuiet(lab);
            annotate(lab, "restartedAt", String(lab.clock.now()));
            await untilQuiet(lab);
            expect(left(lab).filter((one) => !one.startsWith("refused"))).to.deep.equal([]);
            const refused = left(lab).length > 0;
            expect(lab.reason("Container", "db")).to.equal(refused ? "WouldLoseData" : "Settled");
            expect(lab.status("Container", "db")["pendingChanges"]).to.equal(undefined);
            expectKept(before, volumes(lab));
            before = volumes(lab);
          }
          const told = [lab.proxmox.mutations.length, lab.kube.writes.length];
          await lab.seconds(400);
          expect([lab.proxmox.mutations.length, lab.kube.writes.length]).to.deep.equal(told);
        } finally {
          lab.kill();
        }
      }),
      { numRuns: RUNS },
    );
  });
});
