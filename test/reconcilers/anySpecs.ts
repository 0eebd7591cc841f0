import { expect } from "chai";
import fc from "fast-check";
import { Container, parseSpec, VirtualMachine, type Guest, type GuestStatus } from "../../controller/api/index.ts";
import { annotation } from "../../controller/api/meta.ts";
import { differencesOf } from "../../controller/plan/guests/configuration/differences.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { configOf } from "../fakes/proxmoxGuest.ts";

type Fields = Readonly<Record<string, unknown>>;

export const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
export const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<object> =>
  fc.record(fields).map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
export const some = (items: readonly fc.Arbitrary<object>[]): fc.Arbitrary<readonly object[]> =>
  fc.tuple(...items.map((item) => maybe(item))).map((all) => all.filter((item) => item !== undefined));
export const size = fc.integer({ min: 1, max: 4 }).map((gib) => `${String(gib)}Gi`);
/** In a network of its own: an address that is there twice is refused (AddressWrong). */
export const ipv4In = (network: string): fc.Arbitrary<object> =>
  fc.constantFrom<object>(
    { method: "DHCP" },
    { method: "None" },
    { method: "Static", address: `${network}.5/24` },
    { method: "Static", address: `${network}.6/24`, gateway: `${network}.1` },
  );

/** The guest vmid 101 of a lab, whose specs are exchanged. */
export interface Subject {
  readonly kind: Guest["kind"];
  readonly name: string;
  /** A lab with a controller that does not run yet, and no guest in Proxmox. */
  readonly open: (spec: Fields) => FakeLab;
  readonly declare: (lab: FakeLab, spec: Fields) => void;
  /** Sizes by volume; what is no longer among them was lost. */
  readonly volumes: (lab: FakeLab) => ReadonlyMap<string, number>;
}

/** The differences that are left; each must be one that is never corrected. */
function left(lab: FakeLab, { kind, name }: Subject): readonly string[] {
  const object = lab.read(kind, name);
  if (object === undefined) throw new Error("no object");
  const parsed = parseSpec(kind === "Container" ? Container : VirtualMachine, object);
  if (!parsed.ok) throw new Error(parsed.problems.join("; "));
  const whole = { ...object, spec: parsed.spec } as unknown as Guest;
  const config = configOf(lab.proxmox.guest(101));
  return differencesOf(whole, config, { node: "pve1" }, { segments: new Map() }).map(
    ({ field, way }) => `${way.is} ${field}`,
  );
}

const quiet = (lab: FakeLab, { kind, name }: Subject): string => {
  const { drift, pendingChanges, task, updating } = lab.status(kind, name) as Partial<GuestStatus>;
  return JSON.stringify({ drift, pendingChanges, task, updating, ready: lab.reason(kind, name) });
};

async function untilQuiet(lab: FakeLab, subject: Subject): Promise<void> {
  for (let round = 0, same = 0, last = ""; same < 3; round += 1) {
    if (round > 60) throw new Error(`it does not come to rest: ${quiet(lab, subject)}`);
    await lab.seconds(10);
    const now = `${quiet(lab, subject)} ${String(lab.proxmox.mutations.length)}`;
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

function expectKept(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
  for (const [volume, sizeMiB] of before) expect(after.get(volume) ?? -1, volume).to.be.at.least(sizeMiB);
}

/** Made by one spec, changed to another and back: it converges, volumes only grow, and then there is silence. */
export async function converges(subject: Subject, first: Fields, second: Fields): Promise<void> {
  const { kind, name } = subject;
  const lab = subject.open(first);
  try {
    lab.start();
    await lab.until("it runs", () => lab.reason(kind, name) === "Settled");
    expect(left(lab, subject), "just created").to.deep.equal([]);
    let before = subject.volumes(lab);
    for (const spec of [second, first]) {
      subject.declare(lab, spec);
      await untilQuiet(lab, subject);
      lab.kube.annotate(lab.key(kind, name), { [annotation.restartedAt]: String(lab.clock.now()) });
      await untilQuiet(lab, subject);
      expect(left(lab, subject).filter((one) => !one.startsWith("refused"))).to.deep.equal([]);
      const refused = left(lab, subject).length > 0;
      expect(lab.reason(kind, name)).to.equal(refused ? "WouldLoseData" : "Settled");
      expect(lab.status(kind, name)["pendingChanges"]).to.equal(undefined);
      const after = subject.volumes(lab);
      expectKept(before, after);
      before = after;
    }
    const told = [lab.proxmox.mutations.length, lab.kube.writes.length];
    await lab.seconds(400);
    expect([lab.proxmox.mutations.length, lab.kube.writes.length]).to.deep.equal(told);
  } finally {
    lab.kill();
  }
}
