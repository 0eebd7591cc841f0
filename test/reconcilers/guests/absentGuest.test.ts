import { expect } from "chai";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { Guest } from "../../../controller/plan/lab.ts";
import type { CreateObstacle, ProxmoxPort, TaskSeen } from "../../../controller/providers/port.ts";
import { lookAround } from "../../../controller/reconcilers/guests/absentGuest.ts";
import { GuestMemory } from "../../../controller/reconcilers/lab/guestMemory.ts";
import type { GuestSeenWhole } from "../../../controller/reconcilers/guests/guestSeenWhole.ts";
import type { Looking } from "../../../controller/reconcilers/guests/guestSight.ts";
import type { GuestWorkshop } from "../../../controller/reconcilers/guests/guestWorkshop.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { asVm, inputOf } from "../../plan/inputs.ts";
import { clusterSeen, never, node, scriptedPort, type ScriptedPort } from "../scriptedPort.ts";

const CREATED = { template: "local:vztmpl/a.tar.zst", rootfs: { storage: "zfs", size: "8Gi" } };
const SEEN = { seenVmid: 101, node: "pve1" };
const missing: CreateObstacle = { kind: "spec", message: "storage zfs does not exist" };

/** Looks at one guest that is proven absent, as often as a test likes. */
class Bench {
  readonly clock = new FakeClock();
  readonly record = new GuestMemory().of("Container/lab/db");
  readonly port: ScriptedPort;
  readonly secrets: string[] = [];

  constructor(answers: Partial<ProxmoxPort> = {}) {
    this.port = scriptedPort(answers);
  }

  async look(object: Guest): ReturnType<typeof lookAround> {
    const shop = {
      labs: { of: () => ({ segments: new Map() }) },
      world: { list: () => [] },
      kube: {
        secret: (namespace: string, name: string) => {
          this.secrets.push(`${namespace}/${name}`);
          return Promise.resolve({ data: { pw: "secret", key: "ssh-ed25519 A" } });
        },
      },
    } as unknown as GuestWorkshop;
    const looking = { connection: { port: this.port }, record: this.record, clock: this.clock } as unknown as Looking;
    return await lookAround(object, { shop, looking, task: { is: "none" } }, never);
  }
}

function guest(spec: Readonly<Record<string, unknown>> = CREATED, status: object = {}): Guest {
  return inputOf({ guest: { spec, status } }).object;
}

function task(type: string, change: Partial<TaskSeen> = {}): TaskSeen {
  return { upid: "u", node: "pve1", type, id: "101", user: "ana@pam", startTime: 1000, exit: "OK", ...change };
}

function goneOf({ sight }: Pick<GuestSeenWhole, "sight">): unknown {
  return sight.is === "absent" ? sight.gone : sight;
}

describe("who destroyed what was here", () => {
  it("I5: its node's task list tells, of that vmid, and is read once", async () => {
    let asked = 0;
    const bench = new Bench({
      tasks: (where, query) => {
        asked += 1;
        expect({ where, ...query }).to.deep.equal({ where: "pve1", vmid: 101 });
        return Promise.resolve([task("vzstop", { user: "x" }), task("vzdestroy", { endTime: 2000 })]);
      },
    });
    for (let look = 0; look < 2; look++)
      expect(goneOf(await bench.look(guest(CREATED, SEEN)))).to.deep.equal({ by: "ana@pam", time: 2000 });
    expect(asked).to.equal(1);
  });

  const lists: readonly (readonly [string, readonly TaskSeen[], unknown])[] = [
    ["a VM's end too", [task("qmdestroy")], { by: "ana@pam", time: 1000 }],
    ["a destroy that failed ended nothing", [task("vzdestroy", { exit: "locked" })], undefined],
    ["other tasks ended nothing", [task("vzstop"), task("xvzdestroy"), task("vzdestroyx")], undefined],
    ["the newest counts", [task("vzdestroy"), task("vzdestroy", { user: "old" })], { by: "ana@pam", time: 1000 }],
    ["nothing is known of an empty list", [], undefined],
  ];
  for (const [what, tasks, expected] of lists)
    it(`I5: ${what}`, async () => {
      const bench = new Bench({ tasks: () => Promise.resolve(tasks) });
      expect(goneOf(await bench.look(guest(CREATED, SEEN)))).to.deep.equal(expected);
    });

  it("I5: what was never here, or elsewhere, was destroyed by nobody", async () => {
    const bench = new Bench();
    for (const status of [{}, { ...SEEN, seenVmid: 999 }, { seenVmid: 101 }]) {
      const found = await bench.look(guest(CREATED, status));
      expect(found.sight).to.deep.equal({ is: "absent", gone: undefined });
    }
    expect(bench.port.asked.filter((call) => call.startsWith("tasks"))).to.deep.equal([]);
  });

  it("I5: a node that is away tells nothing; a defect is not hidden", async () => {
    const away = new Bench({ tasks: () => Promise.reject(new ProviderError("unreachable", "no route")) });
    expect(goneOf(await away.look(guest(CREATED, SEEN)))).to.equal(undefined);
    const broken = new Bench({ tasks: () => Promise.reject(new TypeError("defect")) });
    const failed = await broken.look(guest(CREATED, SEEN)).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(TypeError);
  });
});

describe("what creating takes", () => {
  it("I5: only a Container in full management with a template leads to a create call", async () => {
    const creation = async (object: Guest): Promise<unknown> => (await new Bench().look(object)).creation;
    expect(await creation(guest())).to.include({ vmid: 101, node: "pve1" });
    expect(await creation(guest({ ...CREATED, management: "Power" }))).to.equal(undefined);
    expect(await creation(guest({}))).to.equal(undefined);
    expect(await creation(asVm(inputOf()).object)).to.equal(undefined);
  });

  it("S3: Secrets are read for a create alone, those that are named, anew each time", async () => {
    const named = { passwordRef: { name: "db", key: "pw" }, sshKeysRef: { name: "keys", key: "key" } };
    const bench = new Bench();
    const found = await bench.look(guest({ ...CREATED, ...named }));
    expect(found.creation).to.include({ password: "secret", sshKeys: "ssh-ed25519 A" });
    expect(bench.secrets).to.deep.equal(["lab/keys", "lab/db"]);
    const plain = new Bench();
    expect((await plain.look(guest())).creation).not.to.have.any.keys("password", "sshKeys");
    await plain.look(guest({ ...named }));
    await plain.look(guest({ ...CREATED, ...named, management: "Observe" }));
    expect(plain.secrets, "no create, no Secret").to.deep.equal([]);
  });

  it("I5: a VM's template is looked for where the cluster lists it, and must be a VM", async () => {
    const clone = { management: "Full", source: { clone: { vmid: 900 } } };
    const creation = async (type: "qemu" | "lxc", nodes = [node()]): Promise<unknown> => {
      const listed = {
        type,
        node: nodes.at(-1)?.name ?? "",
        vmid: 900,
        name: "tpl",
        power: "Stopped",
        tags: [],
      } as const;
      const seen = clusterSeen([{ ...listed, template: true, sequence: 1 }], { nodes });
      return (await new Bench({ seen: () => seen }).look(asVm(inputOf(), clone).object)).creation;
    };
    expect(await creation("qemu")).to.deep.include({ is: "clone", source: { vmid: 900, node: "pve1" } });
    expect(await creation("lxc")).to.include.keys("refused");
    const two = [node(), node({ name: "pve2" })];
    expect(await creation("qemu", two), "A10: there it is made").to.include({ is: "clone", node: "pve2" });
  });

  it("S3: the keys of a new VM are read, those of a clone are its template's", async () => {
    const keys = { management: "Full", cloudInit: { storage: "zfs", sshKeysRef: { name: "keys", key: "key" } } };
    const disks = [{ name: "scsi0", storage: "zfs", size: "8Gi" }];
    const bench = new Bench();
    const made = await bench.look(asVm(inputOf(), { ...keys, disks }).object);
    expect(made.creation).to.include({ sshKeys: "ssh-ed25519 A" });
    expect(bench.secrets).to.deep.equal(["lab/keys"]);
    const cloning = new Bench();
    await cloning.look(asVm(inputOf(), { ...keys, source: { clone: { vmid: 900 } } }).object);
    await cloning.look(asVm(inputOf(), { management: "Full", disks }).object);
    expect(cloning.secrets).to.deep.equal([]);
  });

  it("A10: where several nodes could take it nobody is chosen", async () => {
    const nodes = [node(), node({ name: "pve2" })];
    const bench = new Bench({ seen: () => clusterSeen([], { nodes }) });
    const found = await bench.look(guest());
    expect(found.creation).to.include({ reason: "SpecInvalid" });
    expect(found.obstacles).to.deep.equal([]);
    expect(bench.port.asked, "nothing to look for").to.deep.equal([]);
    const blind = new Bench({ seen: () => undefined });
    expect((await blind.look(guest())).creation).to.include({ reason: "SpecInvalid" });
  });
});

describe("what stands in the way of a create", () => {
  function counting(list: readonly CreateObstacle[]): { readonly bench: Bench; readonly asked: () => number } {
    let asked = 0;
    const bench = new Bench({
      createObstacles: () => {
        asked += 1;
        return Promise.resolve(list);
      },
    });
    return { bench, asked: () => asked };
  }

  it("A7: is looked for once a minute, whatever wakes the guest", async () => {
    const { bench, asked } = counting([missing]);
    await bench.clock.advance(5000);
    for (const [passes, times] of [
      [0, 1],
      [59_999, 1],
      [1, 2],
    ] as const) {
      await bench.clock.advance(passes);
      expect((await bench.look(guest())).obstacles).to.deep.equal([missing]);
      expect(asked()).to.equal(times);
    }
  });

  it("A7: is looked for at once for another call, not for another password", async () => {
    const { bench, asked } = counting([]);
    await bench.look(guest());
    await bench.look(guest({ ...CREATED, hostname: "other" }));
    expect(asked()).to.equal(2);
    const named = { ...CREATED, passwordRef: { name: "db", key: "pw" }, sshKeysRef: { name: "db", key: "key" } };
    await bench.look(guest(named));
    expect(asked()).to.equal(3);
    await bench.look(guest(CREATED));
    expect(asked(), "the same call without its secrets").to.equal(3);
  });

  it("A7: when it was there last is kept, so that its going is noticed", async () => {
    const lists = [[missing], []];
    const bench = new Bench({ createObstacles: () => Promise.resolve(lists.shift() ?? []) });
    await bench.clock.advance(1000);
    await bench.look(guest());
    expect(bench.record.absent?.blockedAt).to.equal(1000);
    await bench.clock.advance(60_000);
    expect((await bench.look(guest())).obstacles).to.deep.equal([]);
    expect(bench.record.absent?.blockedAt).to.equal(1000);
    const free = counting([]).bench;
    await free.look(guest());
    expect(free.record.absent).not.to.have.property("blockedAt");
  });

  it("I5: who destroyed it and what stands in the way are both remembered", async () => {
    const bench = new Bench({ createObstacles: () => Promise.resolve([missing]) });
    await bench.look(guest(CREATED, SEEN));
    await bench.look(guest(CREATED, SEEN));
    expect(bench.record.absent).to.have.all.keys("gone", "looked", "blockedAt");
  });
});
