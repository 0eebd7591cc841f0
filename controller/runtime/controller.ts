import { keyText, type Key } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Next } from "./passReport.ts";
import type { Queue } from "./queue.ts";
import type { Reconcile } from "./reconcile.ts";
import type { Change, Store } from "./store.ts";

export interface Wake {
  readonly key: Key;
  readonly afterMs?: number;
}

/** Which keys a change concerns. */
export type Trigger = (change: Change) => Iterable<Wake>;

export interface KindRun {
  readonly reconcile: Reconcile;
  /** Smaller goes first. */
  readonly priority: number;
}

export interface ControllerParts {
  readonly queue: Queue;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** By kind; keys of other kinds are dropped. */
  readonly kinds: ReadonlyMap<string, KindRun>;
  readonly triggers: readonly Trigger[];
  readonly workers: number;
  /** A reconcile rejected: a defect of ours, counted. */
  readonly onPanic?: (key: Key) => void;
}

/** Takes keys to their reconcilers, some at a time. Nothing a reconcile does ends it (P5). */
export class Controller {
  readonly #parts: ControllerParts;
  #beat: number;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#beat = parts.clock.monotonic();
    parts.store.onChange((change) => {
      this.#onChange(change);
    });
  }

  /** Puts a key into the queue with its kind's priority. */
  wake(key: Key, afterMs = 0): void {
    const run = this.#parts.kinds.get(key.kind);
    if (run === undefined) return;
    this.#parts.queue.add(key, { afterMs, priority: run.priority });
  }

  /** Puts all stored objects of these namespaces into the queue, as after taking the lead. */
  wakeAll(namespaces: readonly string[]): void {
    for (const kind of this.#parts.kinds.keys())
      for (const namespace of namespaces)
        for (const object of this.#parts.store.list(kind, namespace))
          this.wake({ kind, namespace, name: object.metadata.name });
  }

  /** Whatever failed is tried now: what it failed by may be over. */
  hurry(): void {
    this.#parts.queue.hurry();
  }

  /** Milliseconds since a worker last took or ended a key while there was something to do; 0 at rest. */
  get sinceBeatMs(): number {
    const { queue, clock } = this.#parts;
    return queue.depth === 0 && queue.working === 0 ? 0 : clock.monotonic() - this.#beat;
  }

  /** Works until the signal aborts; then current passes end, and it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    const workers = Array.from({ length: this.#parts.workers }, () => this.#work(signal));
    await Promise.all(workers);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await this.#take(signal);
      if (key === undefined) return;
      this.#beat = this.#parts.clock.monotonic();
      const next = await this.#reconcile(key, signal);
      this.#beat = this.#parts.clock.monotonic();
      this.#schedule(key, next);
      this.#parts.queue.done(key);
    }
  }

  async #take(signal: AbortSignal): Promise<Key | undefined> {
    try {
      return await this.#parts.queue.take(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #reconcile(key: Key, signal: AbortSignal): Promise<Next> {
    try {
      return (await this.#parts.kinds.get(key.kind)?.reconcile(key, signal)) ?? { is: "rest" };
    } catch (error) {
      this.#parts.log.error("Reconcile threw", error, { ...key });
      this.#parts.onPanic?.(key);
      return { is: "retry" };
    }
  }

  #schedule(key: Key, next: Next): void {
    const { queue, kinds } = this.#parts;
    const priority = kinds.get(key.kind)?.priority ?? 0;
    switch (next.is) {
      case "retry":
        queue.retry(key, priority);
        return;
      case "after":
        queue.forget(key);
        queue.add(key, { afterMs: next.ms, priority });
        return;
      case "rest":
        queue.forget(key);
        return;
    }
  }

  #onChange(change: Change): void {
    const changed = keyText(change.key);
    for (const trigger of this.#parts.triggers)
      for (const { key, afterMs } of this.#wakes(trigger, change))
        // S1: a pass never triggers itself; what is gone has one more, to be forgotten.
        if (!change.own || keyText(key) !== changed || change.after === undefined) this.wake(key, afterMs);
  }

  #wakes(trigger: Trigger, change: Change): readonly Wake[] {
    try {
      return [...trigger(change)];
    } catch (error) {
      this.#parts.log.error("Trigger threw", error, { ...change.key });
      return [];
    }
  }
}
