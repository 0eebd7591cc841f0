import type { Clock } from "../../base/clock.ts";
import type { SnapshotGuest } from "../../plan/snapshots/snapshotInput.ts";

/** A failed one is shown to the plan as something to wait for, for so long. */
const PAUSE_MS = 60_000;
const TRIES = 3;
/** What a guest's storage can do is asked again after so long when it could not. */
const ABLE_AGAIN_MS = 300_000;

interface GuestNotes {
  snapshots: readonly string[] | undefined;
  /** The one before an update that was there when they were read. */
  update: string | undefined;
  able: { readonly is: boolean; readonly at: number } | undefined;
  failed: { readonly snapshot: string; readonly text: string; readonly tries: number; readonly at: number } | undefined;
}

/** What this process remembers of a policy's guests; after a restart it is read and tried again. */
export class SnapshotMemory {
  readonly #clock: Clock;
  readonly #policies = new Map<string, Map<string, GuestNotes>>();
  /** UPIDs of our own snapshot tasks. */
  readonly own = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(policy: string, guest: string): GuestNotes {
    const notes = this.#policies.get(policy) ?? new Map<string, GuestNotes>();
    this.#policies.set(policy, notes);
    const known = notes.get(guest) ?? { snapshots: undefined, update: undefined, able: undefined, failed: undefined };
    notes.set(guest, known);
    return known;
  }

  forget(policy: string): void {
    this.#policies.delete(policy);
  }

  /** Whether its storage can, as far as that is still believed. */
  able(policy: string, guest: string): boolean | undefined {
    const { able } = this.of(policy, guest);
    if (able === undefined) return undefined;
    return !able.is && this.#clock.monotonic() - able.at >= ABLE_AGAIN_MS ? undefined : able.is;
  }

  noteAble(policy: string, guest: string, is: boolean): void {
    this.of(policy, guest).able = { is, at: this.#clock.monotonic() };
  }

  noteFailure(policy: string, guest: string, failure: { readonly snapshot: string; readonly text: string }): void {
    const notes = this.of(policy, guest);
    const tries = notes.failed?.snapshot === failure.snapshot ? notes.failed.tries + 1 : 1;
    notes.failed = { ...failure, tries, at: this.#clock.monotonic() };
  }

  noteSuccess(policy: string, guest: string): void {
    this.of(policy, guest).failed = undefined;
  }

  /** What the plan shall know of the last failure: after a pause it is tried again, after the third time no more. */
  failed(policy: string, guest: string): SnapshotGuest["failed"] {
    const { failed } = this.of(policy, guest);
    if (failed === undefined) return undefined;
    const { snapshot, text } = failed;
    if (failed.tries >= TRIES) return { snapshot, text, final: true };
    return this.#clock.monotonic() - failed.at < PAUSE_MS ? { snapshot, text, final: false } : undefined;
  }
}
