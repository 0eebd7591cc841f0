import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { textOf } from "../base/outcome.ts";
import { Conflict, type Kube, type LeaseRecord } from "./kube.ts";

export interface LeaderOptions {
  readonly kube: Pick<Kube, "lease" | "putLease">;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  /** Others may take over so long after they saw the last renewal; default 15 s. */
  readonly leaseMs?: number;
  /** We lead for so long after the sending of our last good renewal, less than `leaseMs`; default 10 s. */
  readonly renewMs?: number;
  /** Between two tries; default 2 s. */
  readonly retryMs?: number;
}

/** When the last good renewal was sent, by both clocks. */
interface Held {
  readonly monotonic: number;
  readonly wall: number;
}

/** How far the wall clock may step back before a lease is no longer believed. */
const WALL_BACK_MS = 1_000;

/**
 * Leads while a Lease of ours is fresh (P1). Other processes' clocks are never compared: a foreign lease is free when it
 * has not changed for its whole duration by our own monotonic clock. Losing the lease ends nothing; it is tried again.
 */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #leaseMs: number;
  readonly #renewMs: number;
  readonly #retryMs: number;
  readonly #listeners = new Set<(leads: boolean) => void>();
  #held: Held | undefined;
  #seen: { readonly record: LeaseRecord; readonly since: number } | undefined;
  #told = false;
  #failing = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#renewMs = options.renewMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 2_000;
  }

  /** Whether we lead at this very moment. A process that was paused finds out by the wall clock. */
  holds(): boolean {
    if (this.#held === undefined) return false;
    const { clock } = this.#options;
    const wall = clock.now() - this.#held.wall;
    return clock.monotonic() - this.#held.monotonic < this.#renewMs && wall < this.#renewMs && wall > -WALL_BACK_MS;
  }

  /** Called after each change, with what `holds` says; listeners must not throw. */
  onTransition(listener: (leads: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** Acquires and renews until the signal aborts; never rejects. Does not release. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#try(signal);
      this.#tell();
      await this.#options.clock.sleep(this.#pauseMs(), signal).catch(() => undefined);
      this.#tell();
    }
  }

  /** Gives the lease up, so that another process need not wait; call after `run` has ended. */
  async release(signal: AbortSignal): Promise<void> {
    const wasOurs = this.#seen?.record.holderIdentity === this.#options.identity;
    this.#held = undefined;
    this.#tell();
    if (!wasOurs) return;
    try {
      await this.#giveUp(signal).catch((error: unknown) => {
        if (error instanceof Conflict) return this.#giveUp(signal);
        throw error;
      });
    } catch (error) {
      this.#options.log.warn("Lease not released", { error: textOf(error) });
    }
  }

  /** As it is now: a renewal that was cut off may have arrived all the same, also between the two calls. */
  async #giveUp(signal: AbortSignal): Promise<void> {
    const { kube, namespace, name, identity } = this.#options;
    const record = await kube.lease(namespace, name, signal);
    if (record?.holderIdentity !== identity) return;
    await this.#put({ ...record, holderIdentity: "", leaseDurationSeconds: 1, renewTime: this.#microTime() }, signal);
  }

  async #try(signal: AbortSignal): Promise<void> {
    const limit = new AbortController();
    const cancel = this.#options.clock.after(this.#renewMs / 2, () => {
      limit.abort(new Error("the lease call took too long"));
    });
    try {
      await this.#acquire(AbortSignal.any([signal, limit.signal]));
      this.#failing = false;
    } catch (error) {
      if (signal.aborted || error instanceof Conflict) return;
      if (!this.#failing) this.#options.log.warn("Lease not renewed", { error: textOf(error) });
      this.#failing = true;
    } finally {
      cancel();
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    const { kube, clock, namespace, name, identity } = this.#options;
    const record = await kube.lease(namespace, name, signal);
    if (record !== undefined) this.#see(record);
    if (record?.holderIdentity !== identity) {
      this.#held = undefined;
      if (record !== undefined && this.#freeInMs() > 0) return;
    }
    const sent = { monotonic: clock.monotonic(), wall: clock.now() };
    await this.#put(this.#next(record), signal);
    // It may have run out meanwhile: what was not done then is only done when both are told.
    this.#tell();
    this.#held = sent;
  }

  /** The record that makes or keeps us the holder. */
  #next(record: LeaseRecord | undefined): Parameters<Kube["putLease"]>[2] {
    const now = this.#microTime();
    const mine = {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.#leaseMs / 1_000)),
      renewTime: now,
    };
    if (record === undefined) return { ...mine, acquireTime: now, leaseTransitions: 0 };
    if (record.holderIdentity === this.#options.identity) return { ...record, ...mine };
    return { ...record, ...mine, acquireTime: now, leaseTransitions: record.leaseTransitions + 1 };
  }

  async #put(record: Parameters<Kube["putLease"]>[2], signal: AbortSignal): Promise<void> {
    const { kube, namespace, name } = this.#options;
    this.#see(await kube.putLease(namespace, name, record, signal));
  }

  #see(record: LeaseRecord): void {
    if (this.#seen?.record.resourceVersion === record.resourceVersion) return;
    this.#seen = { record, since: this.#options.clock.monotonic() };
  }

  /** How long the lease we saw still binds us. */
  #freeInMs(): number {
    if (this.#seen === undefined || this.#seen.record.holderIdentity === "") return 0;
    const { record, since } = this.#seen;
    return since + record.leaseDurationSeconds * 1_000 - this.#options.clock.monotonic();
  }

  /** Until the next try; a follower wakes when the foreign lease runs out. */
  #pauseMs(): number {
    const free = this.#freeInMs();
    return this.#held === undefined && free > 0 ? Math.min(this.#retryMs, free) : this.#retryMs;
  }

  #tell(): void {
    const leads = this.holds();
    if (leads === this.#told) return;
    this.#told = leads;
    this.#options.log.info(leads ? "Lease acquired" : "Lease lost", { identity: this.#options.identity });
    for (const listener of this.#listeners) listener(leads);
  }

  #microTime(): string {
    return new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
  }
}
