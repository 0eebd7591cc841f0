import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { ProviderError, textOf } from "../../base/outcome.ts";
import type { Reach } from "../port.ts";

/** At least two failed polls over this long before the host counts as unreachable (O3). */
const UNREACHABLE_MS = 10_000;
const SUSPECT_MS = 2_000;
const LOST_MS = 5_000;
const HURRY_MS = 100;
/** Distance between hurried looks at something that does not answer. */
const PRESSED_MS = 1_000;

interface ViewPorts<Seen> {
  readonly clock: Clock;
  readonly log: Log;
  /** Whom the log lines name. */
  readonly product: "Proxmox" | "Omada";
  readonly pollIntervalSeconds: number;
  /** Milliseconds between two looks while a key is busy. */
  readonly busyMs: number;
  /** One look at everything; throws a `ProviderError` when it could not be had. */
  readonly look: (before: Seen | undefined, signal: AbortSignal) => Promise<Seen>;
  /** Wall milliseconds of the next try after a 401. */
  readonly nextTryTime: () => number | undefined;
}

/** Failed looks since the last good one. */
interface Failing {
  readonly monotonic: number;
  readonly wall: number;
  readonly times: number;
}

/** The poller: the only thing here that acts by itself. Owns when to look and what the looks say about the connection. */
export class View<Seen> {
  readonly #ports: ViewPorts<Seen>;
  readonly #listeners = new Set<() => void>();
  readonly #busy = new Set<string>();
  readonly #closed = new AbortController();
  #seen: Seen | undefined;
  #reach: Reach = { is: "connecting" };
  #failing: Failing | undefined;
  #polling = false;
  #hurried = false;
  #lastBegin = -Infinity;
  #lastTook = 0;
  #cancel: () => void = () => undefined;

  constructor(ports: ViewPorts<Seen>) {
    this.#ports = ports;
  }

  /** Begins to look, at once. */
  begin(): void {
    this.#schedule(0);
  }

  seen(): Seen | undefined {
    return this.#seen;
  }

  reach(): Reach {
    return this.#reach;
  }

  /** False from a failed look to the next good one: nothing is changed meanwhile (O3). */
  get sure(): boolean {
    return this.#failing === undefined && this.#reach.is === "reachable";
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  hurry(): void {
    if (this.#closed.signal.aborted) return;
    this.#hurried = true;
    if (!this.#polling) this.#schedule(this.#delay());
  }

  keepBusy(key: string, busy: boolean): void {
    const before = this.#busy.size;
    if (busy) this.#busy.add(key);
    else this.#busy.delete(key);
    const changed = (before === 0) !== (this.#busy.size === 0);
    if (changed && !this.#polling && !this.#closed.signal.aborted) this.#schedule(this.#delay());
  }

  close(): void {
    this.#closed.abort(new ProviderError("unreachable", "the connection was closed"));
    this.#cancel();
    this.#listeners.clear();
  }

  #schedule(ms: number): void {
    this.#cancel();
    this.#cancel = this.#ports.clock.after(ms, () => {
      void this.#poll();
    });
  }

  /** Milliseconds from now to the next look, counted from the begin of the last one. */
  #delay(): number {
    const since = this.#ports.clock.monotonic() - this.#lastBegin;
    const rest = this.#ports.pollIntervalSeconds * 1000;
    const next = this.#reach.is === "unauthorized" ? this.#ports.nextTryTime() : undefined;
    if (next !== undefined) return Math.max(HURRY_MS, next - this.#ports.clock.now());
    if (this.#hurried) return Math.max(0, this.#hurryMs() - since);
    if (this.#failing !== undefined) {
      return Math.max(HURRY_MS, Math.min(rest, this.#reach.is === "reachable" ? SUSPECT_MS : LOST_MS) - since);
    }
    return Math.max(0, (this.#busy.size > 0 ? Math.min(this.#ports.busyMs, rest) : rest) - since);
  }

  /** Distance between two looks in a hurry: a slow cluster, or one that does not answer, is not pressed. */
  #hurryMs(): number {
    return this.#failing === undefined ? Math.max(HURRY_MS, 2 * this.#lastTook) : PRESSED_MS;
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    this.#hurried = false;
    this.#lastBegin = this.#ports.clock.monotonic();
    try {
      this.#good(await this.#ports.look(this.#seen, this.#closed.signal));
    } catch (error) {
      this.#bad(error);
    } finally {
      this.#polling = false;
      this.#lastTook = this.#ports.clock.monotonic() - this.#lastBegin;
    }
    if (this.#closed.signal.aborted) return;
    this.#schedule(this.#delay());
    this.#tell();
  }

  #good(seen: Seen): void {
    if (this.#closed.signal.aborted) return;
    if (this.#reach.is !== "reachable") this.#ports.log.info(`${this.#ports.product} is reachable`);
    this.#seen = seen;
    this.#failing = undefined;
    this.#reach = { is: "reachable" };
  }

  #bad(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    const before = this.#reach.is;
    const { clock } = this.#ports;
    const took = clock.monotonic() - this.#lastBegin;
    const first = this.#failing ?? { monotonic: this.#lastBegin, wall: clock.now() - took, times: 0 };
    this.#failing = { ...first, times: first.times + 1 };
    this.#reach = this.#reachAfter(error, this.#failing);
    if (this.#reach.is === before) return;
    this.#ports.log.warn(`${this.#ports.product} is not reachable`, { reach: this.#reach.is, reason: textOf(error) });
  }

  #reachAfter(error: unknown, failing: Failing): Reach {
    const message = textOf(error);
    const kind = error instanceof ProviderError ? error.kind : "other";
    if (kind === "unauthorized") {
      return { is: "unauthorized", message, nextTryTime: this.#ports.nextTryTime() ?? this.#ports.clock.now() };
    }
    if (kind === "certificate") return { is: "untrusted", message };
    const long = this.#ports.clock.monotonic() - failing.monotonic >= UNREACHABLE_MS;
    if (failing.times >= 2 && long) return { is: "unreachable", since: failing.wall, message };
    return this.#reach.is === "reachable" || this.#reach.is === "unreachable" ? this.#reach : { is: "connecting" };
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
