import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { textOf } from "../base/outcome.ts";
import { Gone, type Kube, type KindRef, type WatchEvent } from "./kube.ts";
import type { Store } from "./store.ts";

export interface WatcherPorts {
  readonly kube: Pick<Kube, "list" | "watch">;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A watch without event or bookmark for so long is taken for dead. Bookmarks come about once a minute. */
  readonly stallMs?: number;
  /** Called before each list but the first. */
  readonly onRelist?: () => void;
  /** Called when a list succeeds after something went wrong: the API server is back. */
  readonly onBack?: () => void;
}

type State =
  /** Nothing known, or what is known can't be continued from. */
  | { readonly is: "empty" }
  /** Everything up to this version is in the store. */
  | { readonly is: "listed"; readonly resourceVersion: string }
  /** Something went wrong that often in a row; then list again. */
  | { readonly is: "resting"; readonly attempt: number };

const FIRST_MS = 400;
const MAX_MS = 10_000;
/** The kind is not installed yet; asking is cheap. */
const MISSING_MS = 2_000;
/** A watch that lasted so long was a good one: what ends it is no failure in a row. */
const GOOD_MS = 5_000;

class Stalled extends Error {
  override readonly name = "Stalled";
}

/** Keeps one kind of one namespace in the store, whatever the API server does (P2). */
export class Watcher {
  readonly #kind: KindRef;
  readonly #namespace: string;
  readonly #ports: WatcherPorts;
  readonly #synced = Promise.withResolvers<undefined>();
  /** Failures in a row. */
  #failures = 0;
  #lists = 0;
  #watching = false;
  #missing = false;

  constructor(kind: KindRef, namespace: string, ports: WatcherPorts) {
    this.#kind = kind;
    this.#namespace = namespace;
    this.#ports = ports;
  }

  /** Resolves after the first list. */
  get synced(): Promise<undefined> {
    return this.#synced.promise;
  }

  /** Whether a watch is open now: the API server is there, as far as we know. */
  get watching(): boolean {
    return this.#watching;
  }

  /** Whether the API server does not know the kind. */
  get missing(): boolean {
    return this.#missing;
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let state: State = { is: "empty" };
    while (!signal.aborted) {
      try {
        state = await this.#step(state, signal);
      } catch (error) {
        state = this.#afterError(error, signal);
      }
    }
  }

  async #step(state: State, signal: AbortSignal): Promise<State> {
    switch (state.is) {
      case "empty":
        return this.#list(signal);
      case "listed":
        return this.#watch(state.resourceVersion, signal);
      case "resting":
        await this.#ports.clock.sleep(this.#delayMs(state.attempt), signal);
        return { is: "empty" };
    }
  }

  async #list(signal: AbortSignal): Promise<State> {
    if (this.#lists++ > 0) this.#ports.onRelist?.();
    const listed = await this.#ports.kube.list(this.#kind, this.#namespace, signal);
    this.#missing = false;
    this.#ports.store.replace(this.#kind.kind, this.#namespace, listed);
    this.#synced.resolve(undefined);
    if (this.#failures > 0) this.#ports.onBack?.();
    return { is: "listed", resourceVersion: listed.resourceVersion };
  }

  /** Follows one stream to its end; the next goes on where it ended. */
  async #watch(from: string, signal: AbortSignal): Promise<State> {
    const { kube, clock } = this.#ports;
    const opened = clock.monotonic();
    const watchdog = new AbortController();
    const dog = this.#watchdog(watchdog);
    let resourceVersion = from;
    try {
      const both = AbortSignal.any([signal, watchdog.signal]);
      this.#watching = true;
      for await (const event of kube.watch(this.#kind, this.#namespace, resourceVersion, both)) {
        dog.feed();
        this.#failures = 0;
        resourceVersion = this.#take(event);
      }
    } finally {
      if (clock.monotonic() - opened >= GOOD_MS) this.#failures = 0;
      dog.end();
      this.#watching = false;
    }
    watchdog.signal.throwIfAborted();
    if (resourceVersion === from && clock.monotonic() - opened < GOOD_MS) return this.#rest();
    return { is: "listed", resourceVersion };
  }

  #take(event: WatchEvent): string {
    switch (event.is) {
      case "bookmark":
        return event.resourceVersion;
      case "put":
        this.#ports.store.put(event.object);
        return event.object.metadata.resourceVersion;
      case "deleted":
        this.#ports.store.drop(event.object);
        return event.object.metadata.resourceVersion;
    }
  }

  #watchdog(controller: AbortController): { feed(): void; end(): void } {
    const { clock, stallMs = 130_000 } = this.#ports;
    const arm = (): (() => void) =>
      clock.after(stallMs, () => {
        controller.abort(new Stalled(`no event and no bookmark for ${String(stallMs / 1000)} s`));
      });
    let cancel = arm();
    return {
      feed: () => {
        cancel();
        cancel = arm();
      },
      end: () => {
        cancel();
      },
    };
  }

  #afterError(error: unknown, signal: AbortSignal): State {
    if (signal.aborted) return { is: "empty" };
    const fields = { kind: this.#kind.kind, namespace: this.#namespace, error: textOf(error) };
    if (error instanceof Gone) {
      if (!this.#missing) this.#ports.log.warn("Kind is not installed, waiting for it", fields);
      this.#missing = true;
    } else if (this.#failures === 0) this.#ports.log.info("Watch broke off, listing again", fields);
    else this.#ports.log.debug("Watch broke off, listing again", fields);
    return this.#rest();
  }

  #rest(): State {
    this.#failures++;
    return { is: "resting", attempt: this.#failures };
  }

  #delayMs(attempt: number): number {
    const whole = this.#missing ? MISSING_MS : backoffMs(attempt, FIRST_MS, MAX_MS);
    return whole * (0.5 + this.#ports.random() / 2);
  }
}
