import { expect } from "chai";
import type { Key } from "../../controller/api/meta.ts";
import { silentLog } from "../../controller/base/log.ts";
import { Controller, type Trigger } from "../../controller/runtime/controller.ts";
import type { Next } from "../../controller/runtime/passReport.ts";
import { Queue } from "../../controller/runtime/queue.ts";
import { Store } from "../../controller/runtime/store.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

const key = (name: string, kind = "Lamp"): Key => ({ kind, namespace: "home", name });

class Scene implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly kube = new FakeKube(this.clock);
  readonly store = new Store();
  readonly queue = new Queue({ clock: this.clock });
  readonly passes: string[] = [];
  readonly panics: string[] = [];
  readonly controller: Controller;
  next: (of: Key) => Promise<Next> = () => Promise.resolve({ is: "rest" });
  readonly stop = new AbortController();
  running: Promise<void> = Promise.resolve();

  constructor(triggers: readonly Trigger[] = [], workers = 2) {
    const reconcile = (of: Key): Promise<Next> => {
      this.passes.push(`${String(this.clock.monotonic())} ${of.name}`);
      return this.next(of);
    };
    const { clock, queue, store } = this;
    this.controller = new Controller({
      clock,
      queue,
      store,
      log: silentLog,
      kinds: new Map([
        ["Lamp", { reconcile, priority: 2 }],
        ["House", { reconcile, priority: 0 }],
      ]),
      triggers,
      workers,
      onPanic: (of) => this.panics.push(of.name),
    });
  }

  async start(): Promise<void> {
    this.running = this.controller.run(this.stop.signal);
    await this.clock.advance(0);
  }

  put(name: string, kind = "Lamp"): void {
    this.store.put(this.kube.apply({ kind, metadata: { name, namespace: "home" }, spec: { at: this.clock.now() } }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort(new Error("the test is over"));
    await this.running;
  }
}

describe("Controller", () => {
  it("comes back after the time a pass asked for", async () => {
    await using scene = new Scene();
    const retry = { is: "retry" } as const;
    const answers: Next[] = [{ is: "after", ms: 700 }, retry, retry, { is: "after", ms: 100 }, retry, { is: "rest" }];
    scene.next = () => Promise.resolve(answers.shift() ?? { is: "rest" });
    await scene.start();
    scene.controller.wake(key("a"));
    await scene.clock.advance(60_000);
    expect(scene.passes).to.deep.equal(["0 a", "700 a", "1200 a", "2200 a", "2300 a", "2800 a"]);
  });

  it("P5: counts a pass that rejects, backs off and goes on with the others", async () => {
    await using scene = new Scene([], 1);
    scene.next = (of) => (of.name === "bad" ? Promise.reject(new Error("a defect")) : Promise.resolve({ is: "rest" }));
    await scene.start();
    scene.controller.wake(key("bad"));
    scene.controller.wake(key("good"));
    await scene.clock.advance(1_600);
    expect(scene.passes).to.deep.equal(["0 bad", "0 good", "500 bad", "1500 bad"]);
    expect(scene.panics).to.deep.equal(["bad", "bad", "bad"]);
  });

  it("P5: a trigger that throws stops neither the others nor the store", async () => {
    const bad: Trigger = () => {
      throw new Error("a defect");
    };
    await using scene = new Scene([bad, (change) => [{ key: change.key }]]);
    await scene.start();
    scene.put("a");
    await scene.clock.advance(0);
    expect(scene.passes).to.deep.equal(["0 a"]);
  });

  it("wakes what a change concerns, after the time the trigger says, and drops unknown kinds", async () => {
    await using scene = new Scene([
      (change) => [{ key: key("roof", "House"), afterMs: 1_000 }, { key: key("x", "Nothing") }, { key: change.key }],
    ]);
    await scene.start();
    scene.put("a");
    await scene.clock.advance(2_000);
    expect(scene.passes).to.deep.equal(["0 a", "1000 roof"]);
    expect(scene.queue.size).to.equal(0);
  });

  it("wakes everything that is stored, parents first", async () => {
    await using scene = new Scene([], 1);
    scene.put("a");
    scene.put("roof", "House");
    scene.controller.wakeAll(["home"]);
    await scene.start();
    expect(scene.passes).to.deep.equal(["0 roof", "0 a"]);
  });

  it("P2: when stopped it ends current passes and begins no other", async () => {
    const scene = new Scene([], 1);
    const current = Promise.withResolvers<Next>();
    scene.next = () => current.promise;
    await scene.start();
    scene.controller.wake(key("a"));
    scene.controller.wake(key("b"));
    await scene.clock.advance(0);
    scene.stop.abort(new Error("stopping"));
    let ended = false;
    void scene.running.then(() => {
      ended = true;
    });
    await scene.clock.advance(1_000);
    expect(ended).to.equal(false);
    current.resolve({ is: "rest" });
    await scene.running;
    expect(scene.passes).to.deep.equal(["0 a"]);
  });

  it("S4: its beat stands still only while work is stuck", async () => {
    await using scene = new Scene([], 1);
    await scene.start();
    await scene.clock.advance(600_000);
    expect(scene.controller.sinceBeatMs).to.equal(0);
    const current = Promise.withResolvers<Next>();
    scene.next = () => current.promise;
    scene.controller.wake(key("a"));
    await scene.clock.advance(45_000);
    expect(scene.controller.sinceBeatMs).to.equal(45_000);
    current.resolve({ is: "rest" });
    await scene.clock.advance(0);
    expect(scene.controller.sinceBeatMs).to.equal(0);
  });
});
