import { keyText, type Key } from "../api/meta.ts";
import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { Heap } from "./heap.ts";

export interface AddOptions {
  /** Not before this many milliseconds from now; default at once. */
  readonly afterMs?: number;
  /** Smaller goes first among what is due; default 0. */
  readonly priority?: number;
}

/** What the queue tells of itself. Times are milliseconds. */
export interface QueueObserver {
  added(key: Key): void;
  retried(key: Key): void;
  /** Given to a worker, that long after it was due. */
  taken(key: Key, waitedMs: number): void;
  done(key: Key, workedMs: number): void;
  /** Keys due and not with a worker. */
  depth(due: number): void;
}

interface Entry {
  readonly key: Key;
  readonly text: string;
  readonly at: number;
  readonly priority: number;
  readonly order: number;
}

interface Waiter {
  readonly give: (key: Key) => void;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly observer?: QueueObserver;
  /** First delay of `retry`, doubled each time. */
  readonly firstMs?: number;
  readonly maxMs?: number;
}

/**
 * Keys to look at. A key is in it at most once, with the earliest time and the smallest priority asked for; it is never
 * with two workers: what is added while a worker has it comes out after `done`.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver | undefined;
  readonly #firstMs: number;
  readonly #maxMs: number;
  /** The one valid entry of each key; entries in the heaps that are not here are stale. */
  readonly #entries = new Map<string, Entry>();
  readonly #later = new Heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  readonly #due = new Heap<Entry>(
    (a, b) => a.priority < b.priority || (a.priority === b.priority && a.order < b.order),
  );
  /** Entries that have moved to `#due`. */
  readonly #ready = new Set<Entry>();
  /** Keys with a worker, with the time they were taken. */
  readonly #working = new Map<string, number>();
  readonly #attempts = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();
  #order = 0;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#observer = options.observer;
    this.#firstMs = options.firstMs ?? 500;
    this.#maxMs = options.maxMs ?? 60_000;
  }

  /** Keys due and not with a worker. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys in the queue, due or not; those with a worker only when added again. */
  get size(): number {
    return this.#entries.size;
  }

  /** Keys with a worker now. */
  get working(): number {
    return this.#working.size;
  }

  /** Milliseconds the longest-running worker has had its key; 0 when all are idle. */
  get longestWorkMs(): number {
    const first = this.#working.values().next();
    return first.done === true ? 0 : this.#clock.monotonic() - first.value;
  }

  /** Milliseconds all workers together have had their keys. */
  get unfinishedWorkMs(): number {
    const now = this.#clock.monotonic();
    return this.#working.values().reduce((sum, since) => sum + now - since, 0);
  }

  add(key: Key, options: AddOptions = {}): void {
    const { afterMs = 0, priority = 0 } = options;
    const at = this.#clock.monotonic() + Math.max(0, afterMs);
    const text = keyText(key);
    const old = this.#entries.get(text);
    if (old === undefined) {
      this.#observer?.added(key);
      this.#place({ key, text, at, priority, order: this.#order++ });
    } else if (at < old.at || priority < old.priority) {
      this.#ready.delete(old);
      this.#place({ ...old, at: Math.min(at, old.at), priority: Math.min(priority, old.priority) });
    } else return;
    this.#pump();
  }

  /** Adds after a delay that doubles with each call until `forget`. */
  retry(key: Key, priority = 0): void {
    const text = keyText(key);
    const attempt = (this.#attempts.get(text) ?? 0) + 1;
    this.#attempts.set(text, attempt);
    this.#observer?.retried(key);
    this.add(key, { afterMs: backoffMs(attempt, this.#firstMs, this.#maxMs), priority });
  }

  /** Whoever waits for a retry is due now; delays go on growing until `forget`. */
  hurry(): void {
    for (const text of this.#attempts.keys()) {
      const waiting = this.#entries.get(text);
      if (waiting !== undefined) this.add(waiting.key);
    }
  }

  /** The next `retry` starts from the first delay again. */
  forget(key: Key): void {
    this.#attempts.delete(keyText(key));
  }

  /** Resolves with a due key, which stays with the caller until `done`; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Key> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal.reason as Error);
      };
      const waiter = {
        give: (key: Key): void => {
          signal.removeEventListener("abort", onAbort);
          resolve(key);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
      this.#pump();
    });
  }

  /** The worker is through with it. */
  done(key: Key): void {
    const text = keyText(key);
    const since = this.#working.get(text);
    if (since === undefined) return;
    this.#working.delete(text);
    this.#observer?.done(key, this.#clock.monotonic() - since);
    const again = this.#entries.get(text);
    if (again !== undefined) this.#place(again);
    this.#pump();
  }

  #place(entry: Entry): void {
    this.#entries.set(entry.text, entry);
    if (!this.#working.has(entry.text)) this.#later.push(entry);
  }

  /** Moves what is due, serves the waiters, and sets the timer for the rest. */
  #pump(): void {
    this.#wake();
    for (const waiter of this.#waiters) {
      const entry = this.#nextDue();
      if (entry === undefined) break;
      this.#waiters.delete(waiter);
      this.#entries.delete(entry.text);
      this.#working.set(entry.text, this.#clock.monotonic());
      this.#observer?.taken(entry.key, this.#clock.monotonic() - entry.at);
      waiter.give(entry.key);
    }
    this.#observer?.depth(this.#ready.size);
    this.#arm();
  }

  #wake(): void {
    const now = this.#clock.monotonic();
    for (let next = this.#nextLater(); next !== undefined && next.at <= now; next = this.#nextLater()) {
      this.#later.pop();
      this.#ready.add(next);
      this.#due.push(next);
    }
  }

  #nextLater(): Entry | undefined {
    for (;;) {
      const next = this.#later.peek();
      if (next === undefined || this.#isCurrent(next)) return next;
      this.#later.pop();
    }
  }

  #nextDue(): Entry | undefined {
    for (let next = this.#due.pop(); next !== undefined; next = this.#due.pop())
      if (this.#ready.delete(next) && this.#isCurrent(next)) return next;
    return undefined;
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.text) === entry;
  }

  #arm(): void {
    const next = this.#nextLater();
    if (this.#timer?.at === next?.at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (next === undefined) return;
    const cancel = this.#clock.after(next.at - this.#clock.monotonic(), () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { at: next.at, cancel };
  }
}
