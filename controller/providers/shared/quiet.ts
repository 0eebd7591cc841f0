import type { Clock } from "../../base/clock.ts";

const TRIES_MS = [60_000, 300_000, 900_000] as const;

/**
 * Silence after refused credentials: each refusal costs Proxmox 3 s and feeds fail2ban, and locks an Omada account, so
 * after it one try is let through after 1, 5, then every 15 minutes (A7). A new secret is a new connection and starts
 * without this.
 */
export class Quiet {
  readonly #clock: Clock;
  #tries = 0;
  #nextTry: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wall milliseconds of the next try; undefined while nothing is wrong. */
  get nextTryTime(): number | undefined {
    if (this.#nextTry === undefined) return undefined;
    return this.#clock.now() + Math.max(0, this.#nextTry - this.#clock.monotonic());
  }

  /** May this request go? At the time of a try the first that asks is let through, and only that one. */
  admits(): boolean {
    if (this.#nextTry === undefined) return true;
    if (this.#clock.monotonic() < this.#nextTry) return false;
    this.#schedule();
    return true;
  }

  refused(): void {
    if (this.#nextTry === undefined) this.#schedule();
  }

  answered(): void {
    this.#tries = 0;
    this.#nextTry = undefined;
  }

  #schedule(): void {
    this.#nextTry = this.#clock.monotonic() + (TRIES_MS[Math.min(this.#tries, TRIES_MS.length - 1)] ?? 0);
    this.#tries += 1;
  }
}
