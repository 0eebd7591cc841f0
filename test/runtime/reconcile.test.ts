import { expect } from "chai";
import { FINALIZER, type Key } from "../../controller/api/meta.ts";
import { ProviderError, Stalled, Unseen, Waiting } from "../../controller/base/outcome.ts";
import { Forbidden, KubeUnavailable } from "../../controller/runtime/kube.ts";
import type { Next } from "../../controller/runtime/passReport.ts";
import { key, LampLab, settled, starting } from "./lab.ts";

const never = new AbortController().signal;

/** One pass over a lab without watcher and workers. */
async function pass(lab: LampLab, of: Key = key(), signal = never): Promise<Next> {
  return lab.reconciler.reconcile(of, signal);
}

/** A lamp that an earlier pass has seen. */
async function known(): Promise<LampLab> {
  const lab = new LampLab();
  lab.apply();
  lab.sync();
  lab.driver.on.set("hall", 5);
  await pass(lab);
  lab.kube.writes.length = 0;
  lab.driver.calls.length = 0;
  lab.reports.length = 0;
  return lab;
}

const writesOf = (lab: LampLab): number => lab.kube.writes.length;
const executed = (lab: LampLab): boolean => lab.driver.calls.some((call) => call.startsWith("execute"));

describe("the reconcile body", () => {
  describe("a new object", () => {
    it("says Reconciling/NewObject at its generation while the first look takes long", async () => {
      const lab = new LampLab();
      lab.apply();
      lab.sync();
      const slow = Promise.withResolvers<undefined>();
      lab.driver.observing = () => slow.promise;
      const passing = pass(lab);
      await lab.clock.advance(900);
      expect(writesOf(lab)).to.equal(0);
      await lab.clock.advance(200);
      expect([...lab.conditions(), String(lab.lamp().status?.observedGeneration)]).to.deep.equal([
        "Reconciling=True/NewObject",
        "Ready=False/NewObject",
        "1",
      ]);
      slow.resolve(undefined);
      await passing;
      expect(lab.reports[0]?.ending.is).to.equal("concluded");
    });

    it("S1: is written about once when the first look is quick", async () => {
      const lab = new LampLab();
      lab.apply();
      lab.sync();
      lab.driver.on.set("hall", 5);
      await pass(lab);
      expect(writesOf(lab)).to.equal(1);
    });

    it("P1: is not written to by a follower", async () => {
      const lab = new LampLab();
      lab.leads = false;
      lab.apply();
      lab.sync();
      expect(await pass(lab)).to.deep.equal({ is: "rest" });
      expect(lab.driver.calls).to.deep.equal(["observe hall"]);
      expect(writesOf(lab)).to.equal(0);
    });
  });

  describe("writes", () => {
    it("S1: nothing when nothing changed", async () => {
      const lab = await known();
      await lab.clock.advance(60_000);
      await pass(lab);
      expect(writesOf(lab)).to.equal(0);
    });

    it("once when something did, and the store has it at once", async () => {
      const lab = await known();
      lab.driver.claims = [{ type: "Warm", status: "True", reason: "Warm", message: "" }];
      await pass(lab);
      expect(writesOf(lab)).to.equal(1);
      expect(lab.store.get(key())?.metadata.resourceVersion).to.equal(lab.lamp().metadata.resourceVersion);
    });

    it("an older view is a conflict: quietly again, without an event and without acting", async () => {
      const lab = await known();
      lab.apply("hall", 9);
      lab.driver.deciding = () => ({ outcome: starting, report: {}, conditions: [], action: act() });
      expect(await pass(lab)).to.deep.equal({ is: "after", ms: 250 });
      expect(lab.reports[0]?.ending.is).to.equal("conflict");
      expect(executed(lab)).to.equal(false);
      expect(lab.recorder.waiting).to.equal(1);
    });

    it("an API server that does not take them makes the queue back off", async () => {
      const lab = await known();
      lab.kube.failNext("patch", new Forbidden("no role"));
      lab.driver.deciding = () => ({ outcome: starting, report: {}, conditions: [] });
      expect(await pass(lab)).to.deep.equal({ is: "retry" });
    });

    it("an object that went meanwhile is let go", async () => {
      const lab = await known();
      lab.kube.delete(key());
      lab.driver.deciding = () => ({ outcome: starting, report: {}, conditions: [] });
      expect(await pass(lab)).to.deep.equal({ is: "rest" });
    });
  });

  describe("an action", () => {
    it("A3: its intent is written before the call, its receipt after it", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      const tasks: unknown[] = [];
      lab.driver.executing = () => {
        tasks.push(lab.lamp().status?.task);
        return Promise.resolve({ upid: "UPID:9" });
      };
      await pass(lab);
      tasks.push(lab.lamp().status?.task);
      expect(tasks).to.deep.equal([{ action: "Dim" }, { action: "Dim", upid: "UPID:9" }]);
      expect(writesOf(lab)).to.equal(2);
    });

    it("A3: without an intent written nothing is sent", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.driver.repair = true;
      lab.kube.away();
      expect(await pass(lab)).to.deep.equal({ is: "retry" });
      expect(executed(lab)).to.equal(false);
    });

    it("P1: a repair goes on while the API server is away, where that is allowed", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.unrecorded = true;
      lab.driver.repair = true;
      lab.kube.away();
      await pass(lab);
      expect(lab.driver.on.get("hall")).to.equal(5);
    });

    it("P1: anything but a repair waits for the API server", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.unrecorded = true;
      lab.kube.away();
      await pass(lab);
      expect(executed(lab)).to.equal(false);
    });

    it("one that makes no task needs no intent", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.driver.makesTask = false;
      await pass(lab);
      expect(writesOf(lab)).to.equal(1);
      expect(lab.lamp().status?.task).to.equal(undefined);
    });

    it("P1: nothing is sent when the lease is lost after the intent", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      const patch = lab.kube.patch.bind(lab.kube);
      lab.kube.patch = async (...words) => {
        const stored = await patch(...words);
        lab.leads = false;
        return stored;
      };
      expect(await pass(lab)).to.deep.equal({ is: "rest" });
      expect(executed(lab)).to.equal(false);
      expect(lab.lamp().status?.task).to.deep.equal({ action: "Dim" });
    });

    it("P1: a decision made before the lease was lost is dropped", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.driver.observing = () => {
        lab.leads = false;
        return Promise.resolve();
      };
      await pass(lab);
      expect([executed(lab), writesOf(lab)]).to.deep.equal([false, 0]);
    });

    it("A3: its receipt is written although a person edits the object during the call", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.driver.executing = () => {
        lab.kube.annotate(key(), { note: "hello" });
        return Promise.resolve({ upid: "UPID:9" });
      };
      await pass(lab);
      expect(lab.lamp().status?.task?.upid).to.equal("UPID:9");
      expect(lab.lamp().metadata.annotations).to.deep.equal({ note: "hello" });
    });

    it("S2: is told once, as what was done and why", async () => {
      const lab = await known();
      lab.driver.on.set("hall", 1);
      lab.start();
      await lab.clock.advance(0);
      const told = lab.kube.events.map((event) => `${event.type} ${event.action} ${event.reason}: ${event.message}`);
      expect(told.filter((line) => line.includes("Dim"))).to.deep.equal(["Normal Dim Starting: being switched on"]);
      expect(told.filter((line) => line.includes("Starting"))).to.have.length(1);
      await lab[Symbol.asyncDispose]();
    });

    it("S1: a pass in which it changed the status does not wake itself", async () => {
      await using lab = new LampLab((change) => [{ key: change.key }]);
      lab.driver.on.set("hall", 5);
      lab.start();
      lab.apply();
      await lab.clock.advance(60_000);
      expect(lab.reports.length).to.equal(1);
    });

    const failures = [
      { error: new ProviderError("outcomeUnknown", "timeout"), open: true },
      { error: new ProviderError("other", "500"), open: true },
      { error: new Error("a defect"), open: true },
      { error: new ProviderError("spec", "no such storage"), open: false },
      { error: new ProviderError("permission", "no"), open: false },
      { error: new ProviderError("unreachable", "refused"), open: false },
      { error: new ProviderError("busy", "locked"), open: false },
    ];
    for (const { error, open } of failures)
      it(`A2: after "${error.message}" its intent ${open ? "stays open" : "is closed"}`, async () => {
        const lab = await known();
        lab.driver.on.set("hall", 1);
        lab.driver.executing = () => Promise.reject(error);
        await pass(lab);
        expect(lab.lamp().status?.task).to.deep.equal(open ? { action: "Dim" } : undefined);
        expect(lab.driver.ended).to.deep.equal([{ op: "Dim", receipt: undefined, error }]);
      });
  });

  describe("a finalizer", () => {
    it("I7: is added alone: no action in that pass, and again at once", async () => {
      const lab = await known();
      lab.driver.deciding = () => ({ outcome: starting, report: {}, conditions: [], action: act(), finalizer: "add" });
      expect(await pass(lab)).to.deep.equal({ is: "after", ms: 0 });
      expect(lab.lamp().metadata.finalizers).to.deep.equal([FINALIZER]);
      expect([executed(lab), writesOf(lab)]).to.deep.equal([false, 1]);
    });

    it("I7: when the last one goes the object goes, from the store too", async () => {
      const lab = await known();
      lab.driver.deciding = () => ({ outcome: settled, report: {}, conditions: [], finalizer: "add" });
      await pass(lab);
      lab.kube.delete(key());
      lab.sync();
      lab.driver.deciding = () => ({ outcome: settled, report: {}, conditions: [], finalizer: "remove" });
      expect(await pass(lab)).to.deep.equal({ is: "rest" });
      expect([lab.kube.read(key()), lab.store.get(key())]).to.deep.equal([undefined, undefined]);
      await pass(lab);
      expect(lab.driver.forgotten).to.deep.equal(["Lamp/home/hall"]);
    });
  });

  describe("what a pass comes to", () => {
    const table = [
      {
        thrown: new Waiting("LayerMissing", "no layer"),
        reads: "Ready=False/LayerMissing",
        next: { is: "after", ms: 2000 },
      },
      {
        thrown: new Unseen("HostUnreachable", "no answer"),
        reads: "Ready=Unknown/HostUnreachable",
        next: { is: "rest" },
      },
      { thrown: new Stalled("VmidTaken", "taken"), reads: "Ready=False/VmidTaken", next: { is: "after", ms: 300_000 } },
      { thrown: new ProviderError("other", "500"), reads: "Ready=False/ProviderFailed", next: { is: "retry" } },
      { thrown: new TypeError("a defect"), reads: "Ready=False/InternalError", next: { is: "retry" } },
    ] as const;
    for (const { thrown, reads, next } of table)
      it(`${thrown.name} while looking reads ${reads}, keeps the report, and goes on: ${JSON.stringify(next)}`, async () => {
        const lab = await known();
        lab.driver.observing = () => Promise.reject(thrown);
        expect(await pass(lab)).to.deep.equal(next);
        expect(lab.conditions().at(-1)).to.equal(reads);
        expect(lab.lamp().status?.bright).to.equal(5);
      });

    const said = { reason: "Settled", message: "" } as const;
    const nexts = [
      { outcome: { is: "settled", ...said }, next: { is: "rest" } },
      { outcome: { is: "settled", ...said, afterMs: 7 }, next: { is: "after", ms: 7 } },
      { outcome: { is: "progressing", ...said }, next: { is: "after", ms: 1_000 } },
      { outcome: { is: "progressing", ...said, afterMs: 7 }, next: { is: "after", ms: 7 } },
      { outcome: { is: "waiting", ...said, afterMs: 7 }, next: { is: "after", ms: 7 } },
      { outcome: { is: "stalled", ...said, afterMs: 7 }, next: { is: "after", ms: 7 } },
    ] as const;
    for (const { outcome, next } of nexts)
      it(`${JSON.stringify(outcome)} goes on: ${JSON.stringify(next)}`, async () => {
        const lab = await known();
        lab.driver.deciding = () => ({ outcome, report: {}, conditions: [] });
        expect(await pass(lab)).to.deep.equal(next);
      });

    it("H4: a quiet transition, and waiting for or not seeing another object, are no events", async () => {
      const lab = await known();
      const before = lab.recorder.waiting;
      lab.driver.observing = () => Promise.reject(new Unseen("HostUnreachable", "no answer"));
      await pass(lab);
      lab.driver.observing = () => Promise.resolve();
      lab.driver.deciding = () => ({ outcome: starting, report: {}, conditions: [], quiet: true });
      await pass(lab);
      expect(lab.recorder.waiting).to.equal(before);
    });

    it("S2: a transition is told when the status changes, although the reason stays", async () => {
      const lab = await known();
      const before = lab.recorder.waiting;
      lab.driver.deciding = () => ({ outcome: { ...settled, is: "progressing" }, report: {}, conditions: [] });
      lab.driver.observing = async () => lab.clock.advance(600_000);
      await pass(lab);
      expect(lab.recorder.waiting).to.equal(before + 1);
      await pass(lab);
      expect(lab.recorder.waiting).to.equal(before + 1);
    });

    it("P2: a pass that is stopped while it looks writes nothing", async () => {
      const lab = await known();
      const stop = new AbortController();
      lab.driver.observing = () => {
        stop.abort(new Error("stopping"));
        return Promise.reject(new Error("stopping"));
      };
      expect(await pass(lab, key(), stop.signal)).to.deep.equal({ is: "rest" });
      expect(writesOf(lab)).to.equal(0);
    });

    it("its generation is the one that was looked at", async () => {
      const lab = await known();
      lab.kube.failNext("patch", new KubeUnavailable("busy", 503));
      lab.apply("hall", 6);
      lab.sync();
      lab.driver.deciding = () => ({ outcome: settled, report: {}, conditions: [] });
      await pass(lab);
      expect(lab.lamp().status?.observedGeneration).to.equal(1);
      await pass(lab);
      expect(lab.lamp().status?.observedGeneration).to.equal(2);
    });
  });
});

function act(): { op: string; because: string; makesTask: boolean } {
  return { op: "Dim", because: "asked to", makesTask: true };
}
