import { expect } from "chai";
import fc from "fast-check";
import { keyText, type Key } from "../../controller/api/meta.ts";
import { Queue } from "../../controller/runtime/queue.ts";
import { FakeClock, settle } from "../fakes/clock.ts";

const key = (name: string): Key => ({ kind: "Lamp", namespace: "home", name });
const never = new AbortController().signal;

/** Takes all that is due now, in order, and is done with it. */
async function drain(queue: Queue): Promise<readonly string[]> {
  const names: string[] = [];
  while (queue.depth > 0) {
    const taken = await queue.take(never);
    names.push(taken.name);
    queue.done(taken);
  }
  return names;
}

describe("Queue", () => {
  let clock = new FakeClock();
  let queue = new Queue({ clock });
  beforeEach(() => {
    clock = new FakeClock();
    queue = new Queue({ clock });
  });

  it("gives a key once however often it was added", async () => {
    for (let n = 0; n < 3; n++) queue.add(key("a"));
    expect(await drain(queue)).to.deep.equal(["a"]);
  });

  it("gives a key at the earliest time asked for", async () => {
    queue.add(key("a"), { afterMs: 10_000 });
    queue.add(key("a"), { afterMs: 2_000 });
    queue.add(key("a"), { afterMs: 30_000 });
    await clock.advance(1_999);
    expect(queue.depth).to.equal(0);
    await clock.advance(1);
    expect(await drain(queue)).to.deep.equal(["a"]);
    await clock.advance(60_000);
    expect(queue.size).to.equal(0);
  });

  it("gives smaller priorities first among what is due, and the older of equals", async () => {
    queue.add(key("guest-1"), { priority: 2 });
    queue.add(key("layer"), { priority: 1 });
    queue.add(key("guest-2"), { priority: 2 });
    queue.add(key("lab"), { priority: 0 });
    expect(await drain(queue)).to.deep.equal(["lab", "layer", "guest-1", "guest-2"]);
  });

  it("raises the priority of a key that waits, and never lowers it", async () => {
    queue.add(key("a"), { priority: 1 });
    queue.add(key("b"), { priority: 2 });
    queue.add(key("b"), { priority: 0 });
    queue.add(key("b"), { priority: 5 });
    expect(await drain(queue)).to.deep.equal(["b", "a"]);
  });

  it("keeps what is added while a worker has the key until it is done", async () => {
    queue.add(key("a"));
    const taken = await queue.take(never);
    queue.add(key("a"));
    expect(queue.depth).to.equal(0);
    queue.done(taken);
    expect(await drain(queue)).to.deep.equal(["a"]);
  });

  it("doubles the delay of retries up to its maximum, until forget", async () => {
    const delays: number[] = [];
    const next = async (): Promise<void> => {
      queue.retry(key("a"));
      delays.push(clock.nextInMs ?? -1);
      await clock.advance(60_000);
      await drain(queue);
    };
    for (let n = 0; n < 9; n++) await next();
    expect(delays).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    queue.forget(key("a"));
    await next();
    expect(delays.at(-1)).to.equal(500);
  });

  it("is woken out of a back-off by a change", async () => {
    queue.retry(key("a"));
    queue.add(key("a"));
    expect(await drain(queue)).to.deep.equal(["a"]);
  });

  it("P2: takes everybody out of a back-off at once, and nobody who only waits; the back-off goes on growing", async () => {
    queue.retry(key("a"));
    queue.retry(key("b"));
    queue.add(key("later"), { afterMs: 30_000 });
    queue.hurry();
    expect(await drain(queue)).to.deep.equal(["a", "b"]);
    queue.hurry();
    expect(queue.depth).to.equal(0);
    queue.retry(key("a"));
    expect(clock.nextInMs).to.equal(1_000);
  });

  it("serves a waiting worker when a key falls due", async () => {
    const taken = queue.take(never);
    queue.add(key("a"), { afterMs: 1_000 });
    await clock.advance(1_000);
    expect(await taken).to.deep.equal(key("a"));
  });

  it("lets a waiting worker go when it is aborted, and gives its key to another", async () => {
    const stop = new AbortController();
    const gone = queue.take(stop.signal).catch((error: unknown) => String(error));
    stop.abort(new Error("enough"));
    expect(await gone).to.equal("Error: enough");
    const taken = queue.take(never);
    queue.add(key("a"));
    expect(await taken).to.deep.equal(key("a"));
  });

  it("tells how long a key waited beyond its time, and how long it was worked on", async () => {
    const told: string[] = [];
    queue = new Queue({
      clock,
      observer: {
        added: (k) => told.push(`added ${k.name}`),
        retried: (k) => told.push(`retried ${k.name}`),
        taken: (k, ms) => told.push(`taken ${k.name} after ${String(ms)}`),
        done: (k, ms) => told.push(`done ${k.name} after ${String(ms)}`),
        depth: () => undefined,
      },
    });
    queue.add(key("a"), { afterMs: 100 });
    queue.add(key("a"), { afterMs: 50 });
    await clock.advance(80);
    const taken = await queue.take(never);
    await clock.advance(7);
    expect(queue.longestWorkMs).to.equal(7);
    queue.done(taken);
    queue.retry(key("a"));
    expect(told).to.deep.equal(["added a", "taken a after 30", "done a after 7", "retried a", "added a"]);
  });

  it("never gives a key to two workers, loses none, and is never early", async () => {
    const step = fc.oneof(
      fc.record({
        is: fc.constant("add" as const),
        name: fc.integer({ min: 0, max: 4 }),
        ms: fc.nat(50),
        priority: fc.nat(2),
      }),
      fc.record({
        is: fc.constant("retry" as const),
        name: fc.integer({ min: 0, max: 4 }),
        ms: fc.constant(0),
        priority: fc.nat(2),
      }),
      fc.record({
        is: fc.constant("advance" as const),
        name: fc.constant(0),
        ms: fc.nat(40),
        priority: fc.constant(0),
      }),
      fc.record({
        is: fc.constant("done" as const),
        name: fc.integer({ min: 0, max: 4 }),
        ms: fc.constant(0),
        priority: fc.constant(0),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model = new Model();
        model.start();
        for (const { is, name, ms, priority } of steps) {
          if (is === "add") model.add(key(String(name)), ms, priority);
          else if (is === "retry") model.retry(key(String(name)));
          else if (is === "advance") await model.clock.advance(ms);
          else model.finish(key(String(name)));
          await settle();
          model.check();
        }
        await model.finishAll();
      }),
      { numRuns: 200 },
    );
  });
});

/** What is owed, beside the queue that is to give it. */
class Model {
  readonly clock = new FakeClock();
  readonly #queue = new Queue({ clock: this.clock, firstMs: 10, maxMs: 80 });
  readonly #held = new Set<string>();
  /** Earliest time each key is owed. */
  readonly #owed = new Map<string, number>();
  readonly #attempts = new Map<string, number>();

  start(): void {
    for (let worker = 0; worker < 3; worker++) void this.#work();
  }

  async #work(): Promise<never> {
    for (;;) {
      const taken = keyText(await this.#queue.take(never));
      expect(this.#held.has(taken), `${taken} is with a worker already`).to.equal(false);
      const owed = this.#owed.get(taken);
      expect(owed, `${taken} was not asked for`).not.to.equal(undefined);
      expect(this.clock.monotonic()).to.be.at.least(owed ?? Infinity);
      this.#held.add(taken);
      this.#owed.delete(taken);
      await this.#untilDone(taken);
    }
  }

  readonly #waiting = new Map<string, () => void>();
  #untilDone(text: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(text, resolve));
  }

  add(asked: Key, afterMs: number, priority: number): void {
    this.#owe(asked, afterMs);
    this.#queue.add(asked, { afterMs, priority });
  }

  retry(asked: Key): void {
    const attempt = (this.#attempts.get(keyText(asked)) ?? 0) + 1;
    this.#attempts.set(keyText(asked), attempt);
    this.#owe(asked, Math.min(80, 10 * 2 ** (attempt - 1)));
    this.#queue.retry(asked);
  }

  finish(held: Key): void {
    if (!this.#held.delete(keyText(held))) return;
    this.#queue.done(held);
    this.#waiting.get(keyText(held))?.();
  }

  /** With an idle worker, what is owed and due is not left lying. */
  check(): void {
    if (this.#held.size >= 3) return;
    for (const [text, at] of this.#owed)
      if (at <= this.clock.monotonic()) expect(this.#held.has(text), `${text} is due and left lying`).to.equal(true);
  }

  async finishAll(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      for (const name of ["0", "1", "2", "3", "4"]) this.finish(key(name));
      await this.clock.advance(100);
    }
    expect([...this.#owed.keys()], "lost").to.deep.equal([]);
    expect(this.#queue.size).to.equal(0);
  }

  #owe(asked: Key, afterMs: number): void {
    const at = this.clock.monotonic() + afterMs;
    this.#owed.set(keyText(asked), Math.min(at, this.#owed.get(keyText(asked)) ?? at));
  }
}
