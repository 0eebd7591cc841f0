import { expect } from "chai";
import { silentLog } from "../../controller/base/log.ts";
import { Expired, Forbidden, KubeUnavailable } from "../../controller/runtime/kube.ts";
import { Store } from "../../controller/runtime/store.ts";
import { Watcher } from "../../controller/runtime/watcher.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

const LAMP = { kind: "Lamp", plural: "lamps" };

class Scene implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly kube = new FakeKube(this.clock);
  readonly store = new Store();
  relists = 0;
  backs = 0;
  synced = false;
  readonly watcher = new Watcher(LAMP, "home", {
    kube: this.kube,
    store: this.store,
    clock: this.clock,
    log: silentLog,
    random: () => 1,
    onRelist: () => this.relists++,
    onBack: () => this.backs++,
  });
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  async start(): Promise<void> {
    void this.watcher.synced.then(() => {
      this.synced = true;
    });
    this.#running = this.watcher.run(this.#stop.signal);
    await this.clock.advance(0);
  }

  apply(name: string): void {
    this.kube.apply({ kind: "Lamp", metadata: { name, namespace: "home" }, spec: {} });
  }

  get names(): readonly string[] {
    return this.store.list("Lamp", "home").map((object) => object.metadata.name);
  }

  calls(verb: "list" | "watch"): number {
    return this.kube.calls.get(verb) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.clock.advance(0);
    await this.#running;
  }
}

describe("Watcher", () => {
  it("lists, says so, and follows from there", async () => {
    await using scene = new Scene();
    scene.apply("a");
    await scene.start();
    expect(scene.synced).to.equal(true);
    expect(scene.watcher.watching).to.equal(true);
    scene.apply("b");
    scene.kube.delete({ kind: "Lamp", namespace: "home", name: "a" });
    await scene.clock.advance(0);
    expect(scene.names).to.deep.equal(["b"]);
    expect(scene.calls("list")).to.equal(1);
  });

  it("P2: a watch that ends after its time goes on where it ended, without a list", async () => {
    await using scene = new Scene();
    await scene.start();
    await scene.clock.advance(60_000);
    scene.kube.breakWatches();
    scene.apply("a");
    await scene.clock.advance(0);
    expect(scene.names).to.deep.equal(["a"]);
    expect(scene.calls("list")).to.equal(1);
  });

  it("P2: a server that ends each watch at once is not asked in a loop", async () => {
    await using scene = new Scene();
    await scene.start();
    const before = scene.calls("watch");
    for (let second = 0; second < 30; second++) {
      scene.kube.breakWatches();
      await scene.clock.advance(1_000);
    }
    expect(scene.calls("watch") - before).to.be.within(3, 12);
  });

  it("P2: 410 lists again and misses neither what came nor what went", async () => {
    await using scene = new Scene();
    scene.apply("a");
    await scene.start();
    scene.kube.failNext("watch", new KubeUnavailable("busy", 503));
    scene.kube.breakWatches(new KubeUnavailable("reset", 0));
    scene.kube.delete({ kind: "Lamp", namespace: "home", name: "a" });
    scene.apply("b");
    scene.kube.expire();
    await scene.clock.advance(10_000);
    expect(scene.names).to.deep.equal(["b"]);
    expect(scene.relists).to.be.at.least(1);
  });

  for (const error of [
    new KubeUnavailable("too many requests", 429),
    new KubeUnavailable("internal error", 500),
    new KubeUnavailable("connection reset", 0),
    new Expired("too old"),
    new Forbidden("no such role yet"),
    new SyntaxError("half a line"),
  ])
    it(`P2: ${error.name} (${error.message}) inside a watch lists again`, async () => {
      await using scene = new Scene();
      await scene.start();
      scene.kube.breakWatches(error);
      scene.apply("a");
      await scene.clock.advance(1_000);
      expect(scene.names).to.deep.equal(["a"]);
      expect(scene.relists).to.equal(1);
      expect(scene.watcher.watching).to.equal(true);
    });

  it("P2: a watch that is silent without bookmarks is dead, and is replaced", async () => {
    await using scene = new Scene();
    await scene.start();
    scene.kube.stall();
    scene.apply("a");
    await scene.clock.advance(129_000);
    expect(scene.names).to.deep.equal([]);
    await scene.clock.advance(3_000);
    expect(scene.names).to.deep.equal(["a"]);
  });

  it("P2: a quiet watch with bookmarks lives on", async () => {
    await using scene = new Scene();
    await scene.start();
    for (let minute = 0; minute < 10; minute++) {
      await scene.clock.advance(60_000);
      scene.kube.bookmark();
      await scene.clock.advance(0);
    }
    expect([scene.calls("list"), scene.calls("watch")]).to.deep.equal([1, 1]);
  });

  it("P2: goes on from a bookmark when the history before it is gone", async () => {
    await using scene = new Scene();
    await scene.start();
    scene.kube.apply({ kind: "Other", metadata: { name: "x", namespace: "home" }, spec: {} });
    scene.kube.bookmark();
    scene.kube.compact();
    await scene.clock.advance(60_000);
    scene.kube.breakWatches();
    await scene.clock.advance(1_000);
    expect([scene.calls("list"), scene.calls("watch")]).to.deep.equal([1, 2]);
  });

  it("P2: waits out an API server that is away, ever more rarely up to ten seconds, and then is there within that", async () => {
    await using scene = new Scene();
    scene.kube.away();
    await scene.start();
    await scene.clock.advance(3_600_000);
    expect(scene.synced).to.equal(false);
    expect(scene.calls("list")).to.be.within(360, 370);
    scene.kube.back();
    scene.apply("a");
    await scene.clock.advance(10_000);
    expect(scene.synced).to.equal(true);
    expect(scene.names).to.deep.equal(["a"]);
    expect(scene.backs).to.equal(1);
    scene.kube.breakWatches(new KubeUnavailable("reset", 0));
    await scene.clock.advance(1_000);
    expect(scene.backs).to.equal(2);
  });

  it("P2: is soon back after a break, when the breaks before it were made good", async () => {
    for (const heal of ["an event", "time"]) {
      await using scene = new Scene();
      await scene.start();
      scene.kube.failNext("list", new KubeUnavailable("busy", 503), 6);
      scene.kube.breakWatches(new KubeUnavailable("reset", 0));
      await scene.clock.advance(60_000);
      if (heal === "an event") {
        scene.kube.breakWatches(new KubeUnavailable("reset", 0));
        await scene.clock.advance(1_000);
        scene.apply("a");
        await scene.clock.advance(0);
      }
      scene.kube.breakWatches(new KubeUnavailable("reset", 0));
      scene.apply("b");
      await scene.clock.advance(400);
      expect(scene.names, heal).to.include("b");
    }
  });

  it("P2: a stream that ends without a word when it is given up as dead leads to a list", async () => {
    const clock = new FakeClock();
    let lists = 0;
    async function* watch(_k: unknown, _n: unknown, _v: unknown, signal: AbortSignal): AsyncGenerator<never> {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      yield* [];
    }
    const list = (): Promise<{ items: []; resourceVersion: string }> => {
      lists++;
      return Promise.resolve({ items: [], resourceVersion: "1" });
    };
    const stop = new AbortController();
    const ports = { kube: { list, watch }, store: new Store(), clock, log: silentLog, random: () => 0 };
    const running = new Watcher(LAMP, "home", ports).run(stop.signal);
    await clock.advance(131_000);
    expect(lists).to.equal(2);
    stop.abort(new Error("the test is over"));
    await running;
  });

  it("a kind that is not installed yet is waited for", async () => {
    await using scene = new Scene();
    scene.kube.uninstall("Lamp");
    await scene.start();
    await scene.clock.advance(60_000);
    expect([scene.synced, scene.watcher.missing]).to.deep.equal([false, true]);
    scene.kube.install("Lamp");
    scene.apply("a");
    await scene.clock.advance(2_000);
    expect([scene.synced, scene.watcher.missing]).to.deep.equal([true, false]);
    expect(scene.names).to.deep.equal(["a"]);
  });

  it("ends at once when told to, in whatever state", async () => {
    for (const prepare of [
      (scene: Scene): void => scene.kube.away(),
      (scene: Scene): void => scene.kube.failNext("list", "hang"),
      (scene: Scene): void => scene.kube.failNext("watch", "hang"),
      (): void => undefined,
    ]) {
      const scene = new Scene();
      prepare(scene);
      await scene.start();
      await scene[Symbol.asyncDispose]();
      expect(scene.clock.pending).to.equal(0);
    }
  });
});
