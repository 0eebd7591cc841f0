import { expect } from "chai";
import { FINALIZER } from "../../../controller/api/meta.ts";
import { ProviderError, type ProviderErrorKind } from "../../../controller/base/outcome.ts";
import type { Sight } from "../../../controller/plan/guests/guestInput.ts";
import type { Guest } from "../../../controller/plan/lab.ts";
import type { GuestSeen, ProxmoxPort } from "../../../controller/providers/port.ts";
import type { Connection } from "../../../controller/reconcilers/shared/connections.ts";
import { GuestMemory, type GuestRecord } from "../../../controller/reconcilers/lab/guestMemory.ts";
import { lookAt, startIdOf } from "../../../controller/reconcilers/guests/guestSight.ts";
import { NodeTasks } from "../../../controller/reconcilers/shared/nodeTasks.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { config, inputOf, seen } from "../../plan/inputs.ts";
import { clusterSeen, never, node, scriptedPort, type ScriptedPort } from "../scriptedPort.ts";

const START = 1_700_000_000_000;
const RUNNING = { startTime: START } as const;

/** One guest, one connection, and what the pass before remembered. */
class Bench {
  readonly clock = new FakeClock();
  readonly record: GuestRecord = new GuestMemory().of("Container/lab/db");
  readonly port: ScriptedPort;
  readonly connection: Connection;

  constructor(answers: Partial<ProxmoxPort> = {}) {
    this.port = scriptedPort(answers);
    const key = { kind: "ProxmoxCluster", namespace: "lab", name: "pve" };
    this.connection = { key, port: this.port, permissions: undefined, permissionsStale: false };
  }

  async look(object: Guest = inputOf().object): Promise<Sight> {
    const { connection, record, clock } = this;
    const looking = { connection, record, clock, nodeTasks: new NodeTasks(), meets: () => undefined };
    return await lookAt(object, looking, never);
  }

  /** The sight, which must be of a present guest. */
  async present(object?: Guest): Promise<Extract<Sight, { is: "present" }>> {
    const sight = await this.look(object);
    if (sight.is !== "present") throw new Error(JSON.stringify(sight));
    return sight;
  }

  count(call: string): number {
    return this.port.asked.filter((asked) => asked.startsWith(call)).length;
  }
}

function showing(guest: Partial<GuestSeen> | undefined, sequence = 1, answers: Partial<ProxmoxPort> = {}): Bench {
  const guests = guest === undefined ? [] : [seen({ ...RUNNING, sequence, ...guest })];
  return new Bench({ seen: () => clusterSeen(guests, { sequence }), ...answers });
}

describe("what cannot be seen", () => {
  const reaches: readonly (readonly [ReturnType<ProxmoxPort["reach"]>, string, string])[] = [
    [{ is: "connecting" }, "Connecting", "connecting to Proxmox"],
    [{ is: "unreachable", since: 0, message: "m1" }, "HostUnreachable", "m1"],
    [{ is: "unauthorized", message: "m2", nextTryTime: 0 }, "Unauthorized", "m2"],
    [{ is: "untrusted", message: "m3" }, "CertificateMismatch", "m3"],
  ];
  for (const [reach, reason, message] of reaches)
    it(`O3: ${reach.is} is ${reason}, never Stopped or absent, and nothing is asked`, async () => {
      const bench = new Bench({ reach: () => reach });
      expect(await bench.look()).to.deep.equal({ is: "unseen", reason, message });
      expect(bench.port.asked).to.deep.equal([]);
    });

  it("O3: before the first answer nothing is known", async () => {
    const bench = new Bench({ seen: () => undefined });
    expect(await bench.look()).to.include({ is: "unseen", reason: "Connecting" });
    expect(bench.port.asked).to.deep.equal([]);
  });

  it("O3: the guests of an offline node are unknown, whatever the list says", async () => {
    const bench = new Bench({ seen: () => clusterSeen([seen()], { nodes: [node({ online: false })] }) });
    bench.record.takenAt = 5;
    expect(await bench.look()).to.include({ is: "unseen", reason: "NodeOffline" });
    expect(bench.record.takenAt).to.equal(undefined);
    const elsewhere = new Bench({ seen: () => clusterSeen([seen()], { nodes: [] }) });
    expect((await elsewhere.look()).is, "a node that is not listed").to.equal("present");
  });
});

describe("a guest that is not listed", () => {
  it("O4: is absent when that is proven", async () => {
    const bench = showing(undefined, 2);
    bench.record.read = seen();
    bench.record.takenAt = 5;
    expect(await bench.look()).to.deep.equal({ is: "absent" });
    expect(bench.port.asked).to.deep.equal(["proveAbsence 101"]);
    expect(bench.record).to.include({ read: undefined, takenAt: undefined });
  });

  it("O4: is not absent because nobody can tell", async () => {
    const bench = showing(undefined, 1, { proveAbsence: () => Promise.resolve("unknown") });
    bench.record.takenAt = 5;
    expect(await bench.look()).to.include({ is: "unseen", reason: "HostUnreachable", retryMs: 30_000 });
    expect(bench.record.takenAt).to.equal(5);
  });

  it("O4: whose vmid is taken is looked for once more, at once, before it counts as hidden", async () => {
    let sequence = 50;
    const bench = new Bench({
      seen: () => clusterSeen([], { sequence }),
      proveAbsence: () => Promise.resolve("taken"),
    });
    expect(await bench.look()).to.include({ is: "unseen", reason: "Connecting", retryMs: 2000 });
    expect(bench.port.asked).to.deep.equal(["hurry"]);
    expect(bench.record.takenAt, "the mark at that moment").to.equal(100);
    expect(bench.connection.permissionsStale, "privileges are read again").to.equal(true);
    sequence = 99;
    expect((await bench.look()).is).to.equal("unseen");
    sequence = 100;
    expect((await bench.look()).is).to.equal("hidden");
    expect(bench.port.asked, "no further hurry").to.deep.equal(["hurry", "hurry"]);
  });

  it("O4: that is hidden is told with the privilege", async () => {
    const bench = showing(undefined, 200, { proveAbsence: () => Promise.resolve("taken") });
    const sight = await bench.look();
    expect(sight.is).to.equal("hidden");
    expect(sight).to.have.property("message").that.includes("VM.Audit on /vms/101");
  });
});

describe("a view older than our last act", () => {
  const listed = (sequence: number): Bench =>
    showing({}, sequence, { readGuest: () => Promise.resolve(seen({ name: "fresh", sequence: 60 })) });

  it("O2: is not gone by: the guest itself is read", async () => {
    const bench = listed(50);
    bench.record.freshAfter = 51;
    expect((await bench.present()).guest.name).to.equal("fresh");
    expect(bench.record.read?.name).to.equal("fresh");
  });

  it("O2: is good enough when it is as new as that act", async () => {
    const bench = listed(50);
    bench.record.freshAfter = 50;
    expect((await bench.present()).guest.name).to.equal("db");
  });

  it("O2: a direct read stands until the poller has caught up", async () => {
    const read = seen({ name: "read", sequence: 60 });
    const newerThanList = listed(50);
    newerThanList.record.read = read;
    newerThanList.record.freshAfter = 55;
    expect((await newerThanList.present()).guest.name).to.equal("read");
    const caughtUp = listed(61);
    caughtUp.record.read = read;
    expect((await caughtUp.present()).guest.name).to.equal("db");
    const same = listed(60);
    same.record.read = read;
    expect((await same.present()).guest.name, "of the same moment the list counts").to.equal("db");
  });

  it("O4: a direct read does not keep a guest that newer lists no longer show", async () => {
    const gone = showing(undefined, 70);
    gone.record.read = seen({ sequence: 60 });
    expect((await gone.look()).is).to.equal("absent");
    const notYet = showing(undefined, 50);
    notYet.record.read = seen({ sequence: 60 });
    expect((await notYet.look()).is, "the list is older").to.equal("present");
    const justThen = showing(undefined, 60);
    justThen.record.read = seen({ sequence: 60 });
    expect((await justThen.look()).is, "of the same moment").to.equal("present");
  });

  it("O4: one that the read does not find is proven absent or not; other errors are told", async () => {
    const failing = (error: Error): Bench => {
      const bench = showing({}, 50, { readGuest: () => Promise.reject(error) });
      bench.record.freshAfter = 51;
      return bench;
    };
    expect((await failing(new ProviderError("missing", "no")).look()).is).to.equal("absent");
    for (const error of [new ProviderError("unreachable", "no"), new TypeError("defect")])
      expect(
        await failing(error)
          .look()
          .catch((thrown: unknown) => thrown),
      ).to.equal(error);
  });
});

describe("a guest that is seen", () => {
  it("O6: running, the node's clock says when it last ran", async () => {
    const at = async (time: number | undefined): Promise<Bench> => {
      const nodes = [node(time === undefined ? {} : { time })];
      const bench = new Bench({ seen: () => clusterSeen([seen(RUNNING)], { nodes }) });
      bench.record.downSince = 7;
      await bench.look();
      return bench;
    };
    expect((await at(123)).record).to.include({ lastRunning: 123, downSince: undefined });
    const unsaid = await at(undefined);
    expect(unsaid.record.lastRunning).to.equal(unsaid.clock.now());
    const stopped = showing({ power: "Stopped" });
    await stopped.look();
    expect(stopped.record.lastRunning).to.equal(undefined);
  });

  it("A4: since when it is locked is kept while it is", async () => {
    let lock: string | undefined = "backup";
    const bench = new Bench({
      seen: () => clusterSeen([seen({ ...RUNNING, ...(lock === undefined ? {} : { lock }) })]),
    });
    await bench.clock.advance(500);
    await bench.look();
    await bench.clock.advance(500);
    await bench.look();
    expect(bench.record.lockedSince).to.equal(500);
    lock = undefined;
    await bench.look();
    expect(bench.record.lockedSince).to.equal(undefined);
  });

  it("A4: the lock of a guest that was gone meanwhile is another", async () => {
    const bench = new Bench({ seen: () => clusterSeen([]) });
    bench.record.lockedSince = 500;
    await bench.look();
    expect(bench.record.lockedSince).to.equal(undefined);
  });

  it("O4: seen again, it is no longer taken unseen", async () => {
    const bench = showing({});
    bench.record.takenAt = 5;
    await bench.look();
    expect(bench.record.takenAt).to.equal(undefined);
  });

  it("I5: what a destroy would lose is read only when a destroy is next", async () => {
    const { object } = inputOf({
      leaving: true,
      guest: { status: { deletion: { firstSeenTime: "2026-01-01T00:00:00Z" } } },
    });
    const losses = async (one: Guest, power: GuestSeen["power"] = "Stopped"): Promise<unknown> =>
      (await showing({ power }, 1, { losses: () => Promise.resolve(["HA resource"]) }).present(one)).losses;
    expect(await losses(object)).to.deep.equal(["HA resource"]);
    expect(await losses(object, "Running")).to.equal(undefined);
    expect(await losses({ ...object, status: { observedGeneration: 1 } }), "the 60 s have not begun").to.equal(
      undefined,
    );
    const { finalizers: _, ...unbound } = object.metadata;
    expect(await losses({ ...object, metadata: unbound })).to.equal(undefined);
    const { deletionTimestamp: __, ...living } = object.metadata;
    expect(await losses({ ...object, metadata: { ...living, finalizers: [FINALIZER] } })).to.equal(undefined);
  });
});

describe("a guest's configuration", () => {
  it("O5: is read once, and again when something about the guest has changed", async () => {
    let guest = seen(RUNNING);
    const bench = new Bench({ seen: () => clusterSeen([guest]) });
    const reads = async (): Promise<number> => {
      expect((await bench.present()).config?.digest).to.equal("d");
      return bench.count("readConfig");
    };
    expect(await reads()).to.equal(1);
    expect(await reads()).to.equal(1);
    const changes: readonly Partial<GuestSeen>[] = [
      { node: "pve2" },
      { name: "other" },
      { lock: "backup" },
      { startTime: START + 1 },
      { tags: ["hl.lab.db", "x"] },
      { tags: ["hl.lab.db"] },
    ];
    let expected = 1;
    for (const change of changes) {
      guest = { ...guest, ...change };
      expected += 1;
      expect(await reads(), JSON.stringify(change)).to.equal(expected);
    }
    if (bench.record.config !== undefined) bench.record.config.stale = true;
    expect(await reads(), "asked for").to.equal(expected + 1);
    expect(await reads()).to.equal(expected + 1);
  });

  it("O5: when it was read is kept", async () => {
    const bench = showing({});
    await bench.clock.advance(42);
    await bench.look();
    expect(bench.record.config).to.include({ at: 42, stale: false });
  });

  it("O4: one that may not or cannot be read is unknown, and nothing is made of it", async () => {
    const kinds: readonly ProviderErrorKind[] = ["permission", "missing", "other"];
    for (const kind of kinds) {
      const bench = showing({}, 1, { readConfig: () => Promise.reject(new ProviderError(kind, "no")) });
      expect((await bench.present()).config, kind).to.equal(undefined);
    }
    const errors = [
      new ProviderError("unreachable", "no"),
      new ProviderError("unauthorized", "no"),
      new TypeError("x"),
    ];
    for (const error of errors) {
      const bench = showing({}, 1, { readConfig: () => Promise.reject(error) });
      expect(await bench.look().catch((thrown: unknown) => thrown)).to.equal(error);
    }
  });
});

describe("a guest's addresses", () => {
  it("O5: are asked for after a start until there is one, and when that is asked for", async () => {
    let guest = seen(RUNNING);
    let list: readonly string[] = [];
    let asked = 0;
    const bench = new Bench({
      seen: () => clusterSeen([guest]),
      readAddresses: () => {
        asked += 1;
        return Promise.resolve(list);
      },
    });
    const found = async (): Promise<readonly string[]> => (await bench.present()).addresses;
    expect(await found()).to.deep.equal([]);
    list = ["10.0.0.7"];
    expect(await found()).to.deep.equal(["10.0.0.7"]);
    expect(asked).to.equal(2);
    expect(await found()).to.deep.equal(["10.0.0.7"]);
    expect(asked, "never periodically").to.equal(2);
    if (bench.record.addresses !== undefined) bench.record.addresses.stale = true;
    await found();
    await found();
    expect(asked).to.equal(3);
    guest = { ...guest, startTime: START + 10_000 };
    await found();
    expect(asked, "another start").to.equal(4);
  });

  it("O4: that cannot be asked for again stay, those of another start do not", async () => {
    const bench = showing({}, 1, { readAddresses: () => Promise.reject(new ProviderError("permission", "no")) });
    const startID = startIdOf(seen({ ...RUNNING }));
    bench.record.addresses = { startID, list: ["10.0.0.7"], stale: true };
    expect((await bench.present()).addresses).to.deep.equal(["10.0.0.7"]);
    bench.record.addresses = { startID: "pve1/1", list: ["10.0.0.7"], stale: true };
    expect((await bench.present()).addresses).to.deep.equal([]);
  });

  it("O5: a guest that does not run has none, and is not asked", async () => {
    const bench = showing({ power: "Stopped" });
    bench.record.addresses = { startID: "x", list: ["10.0.0.7"], stale: false };
    expect((await bench.present()).addresses).to.deep.equal([]);
    expect(bench.record.addresses).to.equal(undefined);
    expect(bench.count("readAddresses")).to.equal(0);
  });

  it("L10: a start is its node and its time", () => {
    expect(startIdOf(seen({ node: "pve2", startTime: 5 }))).to.equal("pve2/5");
    expect(startIdOf(seen())).to.equal("pve1/0");
  });

  it("I5: what is read of a guest is all there is of it", async () => {
    const bench = showing({});
    expect(await bench.look()).to.deep.equal({
      is: "present",
      guest: seen({ ...RUNNING, sequence: 1 }),
      config: config(),
      addresses: ["10.0.0.1"],
      busy: undefined,
      down: undefined,
      losses: undefined,
    });
  });
});
