import { expect } from "chai";
import { annotation } from "../../../controller/api/meta.ts";
import { ProviderError, Stalled, Waiting, type ProviderErrorKind } from "../../../controller/base/outcome.ts";
import type { GuestAction } from "../../../controller/plan/guests/guestAction.ts";
import { idOf, type Guest, type Lab, type Member } from "../../../controller/plan/lab.ts";
import type { GuestConfig, GuestSeen, ProxmoxPort } from "../../../controller/providers/port.ts";
import { executeGuest } from "../../../controller/reconcilers/guests/guestExecute.ts";
import { GuestMemory } from "../../../controller/reconcilers/lab/guestMemory.ts";
import type { GuestWorkshop } from "../../../controller/reconcilers/guests/guestWorkshop.ts";
import { ACTIONS, asVm, config, inputOf, seen } from "../../plan/inputs.ts";
import { never, scriptedPort, type ScriptedPort } from "../scriptedPort.ts";

const READING = { fingerprint: "f", config: config(), at: 0, node: "pve1", nodeTime: 0, stale: false };
const KEY = "Container/lab/db";

/** The last look before a mutation, and what of it may be otherwise. */
class Bench {
  readonly memory = new GuestMemory();
  readonly port: ScriptedPort;
  readonly given: string[] = [];
  hasPlace = true;
  connected = true;
  where: GuestSeen | undefined = seen();
  heir: string | undefined;
  /** What is declared by now: as it was when the step was planned, unless said otherwise. */
  now: Partial<Member> | undefined = {};
  lab: Partial<Lab> = {};
  terminating = false;
  /** vmids that living objects of another name declare. */
  others: Readonly<Record<string, readonly number[]>> = {};

  constructor(answers: Partial<ProxmoxPort> = {}) {
    this.port = scriptedPort(answers);
  }

  async run(action: Partial<GuestAction> & Pick<GuestAction, "op">, object: Guest = inputOf().object): Promise<string> {
    const shop: Partial<GuestWorkshop> = {
      portOf: () => (this.connected ? this.port : undefined),
      refOf: () => this.where,
      memory: this.memory,
      labs: { of: () => this.#labOf(object) } as unknown as GuestWorkshop["labs"],
      kube: { namespaceTerminating: () => Promise.resolve(this.terminating) } as unknown as GuestWorkshop["kube"],
      brake: {
        take: () => this.hasPlace,
        giveBack: (one: Guest) => void this.given.push(one.metadata.name),
      } as unknown as GuestWorkshop["brake"],
      claimsNow: () => ({
        rivalOf: () => this.heir,
        vmidsOf: () => (name: string) => this.others[name] ?? [],
      }),
    };
    const whole = { ...ACTIONS[action.op], ...action };
    const receipt = await executeGuest(whole, object, shop as GuestWorkshop, never);
    return receipt.upid ?? "";
  }

  #labOf(object: Guest): Lab {
    const { lab, member } = inputOf();
    const members = new Map(this.now === undefined ? [] : [[idOf(object), { ...member, object, ...this.now }]]);
    return { ...lab, members, ...this.lab };
  }

  /** The error it ends with. */
  async refused(op: GuestAction["op"], object?: Guest): Promise<Error> {
    try {
      await this.run({ op }, object);
    } catch (error) {
      return error as Error;
    }
    throw new Error(`${op} was sent: ${this.port.asked.join(", ")}`);
  }
}

const stored = (change: Partial<GuestConfig>): Partial<ProxmoxPort> => ({
  readConfig: () => Promise.resolve(config(change)),
});
const live = (change: Partial<GuestSeen>): Partial<ProxmoxPort> => ({
  readGuest: () => Promise.resolve(seen({ power: "Stopped", ...change })),
});
const STOPPED = live({});

describe("carrying out one step", () => {
  it("A2: each step is one call, whose UPID is kept", async () => {
    const bench = new Bench();
    expect(await bench.run({ op: "Start" })).to.equal("UPID:start");
    expect(await bench.run({ op: "Create", creation: { vmid: 101 } as never })).to.equal("UPID:create");
    expect(bench.port.asked).to.deep.equal(["start 101", "create 101"]);
  });

  it("A9: a shutdown is sent with the spec's own timeout and force", async () => {
    const bench = new Bench();
    const gentle = inputOf({ guest: { spec: { shutdown: { timeoutSeconds: 77 } } } }).object;
    expect(await bench.run({ op: "Shutdown" }, gentle)).to.equal("UPID:shutdown");
    expect(bench.port.asked).to.deep.equal(['shutdown 101 {"timeoutSeconds":77,"force":false}']);
  });

  it("A7: without a connection nothing is sent", async () => {
    const bench = new Bench();
    bench.connected = false;
    expect(await bench.refused("Start"))
      .to.be.instanceOf(ProviderError)
      .and.include({ kind: "unreachable" });
    expect(bench.port.asked).to.deep.equal([]);
  });

  it("O4: a guest that is not where it was is looked at again", async () => {
    const bench = new Bench();
    bench.where = undefined;
    for (const op of ["Start", "Shutdown", "Mark", "SetStartup", "Destroy"] as const)
      expect(await bench.refused(op), op).to.be.instanceOf(Waiting);
    expect(bench.port.asked).to.deep.equal([]);
    expect(await bench.run({ op: "Create", creation: { vmid: 101 } as never })).to.equal("UPID:create");
  });

  it("a create without its call is a defect, and nothing is sent", async () => {
    const bench = new Bench();
    expect((await bench.refused("Create")).message).to.equal("a Create without its call");
    expect(bench.port.asked).to.deep.equal([]);
  });
});

function changed(object: Guest, metadata: Partial<Guest["metadata"]>): { readonly object: Guest } {
  return { object: { ...object, metadata: { ...object.metadata, ...metadata } } };
}

describe("writing a configuration", () => {
  it("A5, I4: a mark goes by the tags stored now, with their digest, and changes nothing else", async () => {
    const bench = new Bench(stored({ tags: ["fresh", "hl.lab.gone"], digest: "d2" }));
    const adopting = inputOf({ guest: { spec: { adoption: "Adopt" } } }).object;
    await bench.run({ op: "Mark", change: { tags: ["old"] } }, adopting);
    expect(bench.port.asked).to.deep.equal(['configure 101 {"tags":["fresh","hl.lab.db"]} d2']);
  });

  it("A5: any other change is sent as it was planned", async () => {
    const bench = new Bench(stored({ digest: "d3" }));
    await bench.run({ op: "SetStartup", change: { onboot: false } });
    expect(bench.port.asked).to.deep.equal(['configure 101 {"onboot":false} d3']);
  });

  const whose: readonly (readonly [string, readonly string[], boolean, boolean])[] = [
    ["ours", ["hl.lab.db"], true, true],
    ["that of an object that is gone", ["hl.lab.gone"], true, false],
    ["another namespace's", ["hl.other.db"], false, false],
    ["a living object's with another vmid", ["hl.lab.alive"], false, false],
    ["none", [], false, false],
  ];
  for (const [what, tags, marks, sets] of whose)
    it(`I3: where the mark is ${what}, a mark is ${marks ? "" : "not "}written without Adopt, another change is ${sets ? "" : "not "}written`, async () => {
      for (const [op, may] of [
        ["Mark", marks],
        ["SetStartup", sets],
      ] as const) {
        const bench = new Bench(stored({ tags }));
        bench.others = { alive: [102] };
        bench.memory.of(KEY).config = READING;
        if (may) await bench.run({ op });
        else {
          expect(await bench.refused(op), op)
            .to.be.instanceOf(Waiting)
            .and.include({ reason: "Adopting" });
          expect(bench.memory.of(KEY).config, "read again").to.equal(undefined);
        }
        expect(bench.port.asked.length, op).to.equal(may ? 1 : 0);
      }
    });

  it("I3: what another namespace has taken over is not taken back by a mark planned before", async () => {
    const guest = { spec: { adoption: "Adopt" }, status: { markedVmid: 101 } };
    const bench = new Bench(stored({ tags: ["hl.other.db"] }));
    expect(await bench.refused("Mark", inputOf({ guest }).object)).to.be.instanceOf(Waiting);
    expect(bench.port.asked).to.deep.equal([]);
    await new Bench(stored({ tags: [] })).run({ op: "Mark" }, inputOf({ guest }).object);
  });

  const newer: readonly (readonly [string, (bench: Bench, object: Guest) => void])[] = [
    ["the object is gone", (bench) => void (bench.now = undefined)],
    ["it is suspended", (bench) => void (bench.now = { suspended: true })],
    ["it is being deleted", (bench) => void (bench.now = { leaving: true })],
    ["its spec was changed", (bench, object) => void (bench.now = changed(object, { generation: -9 }))],
    ["it is another object of that name", (bench, object) => void (bench.now = changed(object, { uid: "u9" }))],
    ["no Homelab is in charge", (bench) => void (bench.lab = { homelab: undefined })],
    ["another controller acts", (bench) => void (bench.lab = { another: "it acts" })],
    ["another object has the vmid", (bench) => void (bench.heir = "Container x")],
  ];
  for (const [what, happens] of newer)
    it(`I1, L2: when by now ${what}, no configuration is written`, async () => {
      for (const op of ["Mark", "SetStartup"] as const) {
        const bench = new Bench(stored({ tags: ["hl.lab.db"] }));
        const { object } = inputOf();
        happens(bench, object);
        expect(await bench.refused(op, object), op)
          .to.be.instanceOf(Waiting)
          .and.include({ reason: "IntentSettling" });
        expect(bench.port.asked).to.deep.equal([]);
      }
    });

  it("I3: with Adopt a mark is written whosever it was, another change is not", async () => {
    const adopting = inputOf({ guest: { spec: { adoption: "Adopt" } } }).object;
    for (const [, tags] of whose) {
      const bench = new Bench(stored({ tags }));
      await bench.run({ op: "Mark" }, adopting);
      expect(bench.port.asked).to.have.length(1);
    }
    const bench = new Bench(stored({ tags: ["hl.other.db"] }));
    expect(await bench.refused("SetStartup", adopting)).to.be.instanceOf(Waiting);
    expect(bench.port.asked).to.deep.equal([]);
  });
});

describe("the last look before a destroy", () => {
  it("I5: read again, stopped, marked, unprotected, unlocked and nobody else's, it is destroyed", async () => {
    const bench = new Bench(STOPPED);
    expect(await bench.run({ op: "Destroy" })).to.equal("UPID:destroy");
    expect(bench.port.asked).to.deep.equal(["readConfig 101", "destroy 101"]);
    const vm = asVm(inputOf()).object;
    expect(await new Bench(live({ type: "qemu" })).run({ op: "Destroy" }, vm)).to.equal("UPID:destroy");
  });

  const doubts: readonly (readonly [string, Partial<ProxmoxPort>, string])[] = [
    ["its mark is gone", { ...STOPPED, ...stored({ tags: [] }) }, "its mark is not this object's"],
    ["its mark is another's", { ...STOPPED, ...stored({ tags: ["hl.lab.x"] }) }, "its mark is not this object's"],
    ["it is a VM", live({ type: "qemu" }), "it is of type qemu"],
    ["it runs", live({ power: "Running" }), "it is not stopped"],
    ["nobody knows whether it runs", live({ power: "Unknown" }), "it is not stopped"],
    ["its protection is on", { ...STOPPED, ...stored({ protection: true }) }, "its protection is on"],
    ["it is locked", { ...STOPPED, ...stored({ lock: "backup" }) }, "it is locked (backup)"],
  ];
  for (const [what, answers, said] of doubts)
    it(`I5: ${what}: nothing is destroyed, and it is read anew`, async () => {
      const bench = new Bench(answers);
      bench.memory.of(KEY).config = READING;
      const error = await bench.refused("Destroy");
      expect(error).to.be.instanceOf(Waiting).and.include({ reason: "DeletionPending" });
      expect(error.message).to.equal(`101 is not destroyed: ${said}`);
      expect(bench.memory.of(KEY).config).to.equal(undefined);
      expect(bench.port.asked).not.to.include("destroy 101");
    });

  it("I5: a data mount that was added since its configuration was last read keeps it, unless delete-data names the vmid", async () => {
    const mounts = [{ key: "mp0", volume: "local-zfs:data", sizeMiB: 1024, path: "/srv" }];
    const bench = new Bench({ ...STOPPED, ...stored({ mounts }) });
    expect((await bench.refused("Destroy")).message).to.include("it would lose data mount mp0 (local-zfs:data)");
    expect(bench.port.asked).not.to.include("destroy 101");
    const confirmed = inputOf({ annotations: { [annotation.deleteData]: "101" } }).object;
    expect(await bench.run({ op: "Destroy" }, confirmed)).to.equal("UPID:destroy");
  });

  it("I7: nothing is destroyed once its namespace is being deleted", async () => {
    const bench = new Bench(STOPPED);
    bench.terminating = true;
    expect((await bench.refused("Destroy")).message).to.equal("101 is not destroyed: its namespace is being deleted");
    expect(bench.port.asked).not.to.include("destroy 101");
  });

  it("I5: a VM's object does not destroy a container", async () => {
    const bench = new Bench(STOPPED);
    const error = await bench.refused("Destroy", asVm(inputOf()).object);
    expect(error.message).to.equal("101 is not destroyed: it is of type lxc");
  });

  it("I5: whoever declares it now keeps it, and all doubts are named", async () => {
    const bench = new Bench({ ...live({ power: "Running" }), ...stored({ protection: true }) });
    bench.heir = "Container heir";
    const error = await bench.refused("Destroy");
    expect(error.message).to.equal(
      "101 is not destroyed: it is not stopped, its protection is on, Container heir declares it now",
    );
  });

  it("I8: without a place in the brake nothing is destroyed", async () => {
    const bench = new Bench(STOPPED);
    bench.hasPlace = false;
    expect(await bench.refused("Destroy"))
      .to.be.instanceOf(Stalled)
      .and.include({ reason: "HeldByBrake" });
    expect(bench.port.asked).not.to.include("destroy 101");
  });

  it("I8: the place is given back only where the call was certainly not carried out", async () => {
    const kinds: readonly ProviderErrorKind[] = [
      "spec",
      "permission",
      "unreachable",
      "busy",
      "outcomeUnknown",
      "other",
    ];
    for (const kind of kinds) {
      const bench = new Bench({ ...STOPPED, destroy: () => Promise.reject(new ProviderError(kind, "no")) });
      expect(await bench.refused("Destroy")).to.include({ kind });
      const back = kind !== "outcomeUnknown" && kind !== "other";
      expect(bench.given, kind).to.deep.equal(back ? ["db"] : []);
    }
    const broken = new Bench({ ...STOPPED, destroy: () => Promise.reject(new TypeError("defect")) });
    await broken.refused("Destroy");
    expect(broken.given).to.deep.equal([]);
  });
});
