import type { Clock } from "../../base/clock.ts";
import type { NetMemory, NetObject } from "../../plan/network/netInput.ts";
import type { Shelf } from "../../plan/network/omadaWrite.ts";

interface Lane {
  holder: string | undefined;
  readonly queue: Set<string>;
  /** Looks with a smaller sequence number are from before our last write (O2). */
  freshAfter: number;
  /** The last create in each list, save those that Omada has refused. */
  readonly sent: Map<Shelf, Sent>;
}

interface Sent {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** Monotonic. */
  readonly at: number;
}

interface Note {
  creating?: { readonly startTime: string; firstLook: number | undefined };
  leavingSince?: number;
  refused?: {
    readonly write: string;
    readonly outcome: NonNullable<NetMemory["refused"]>["outcome"];
    /** Monotonic; undefined: it does not pass by itself. */
    readonly until: number | undefined;
    /** Of the object and of the site, as they were: another one is tried (A7). */
    readonly situation: string;
  };
}

/** A create is disproved by so long of complete lists without it (N4). */
const DISPROOF_MS = 30_000;

/** What the passes must know about a site's look, to tell whether a create has shown in it. */
export interface Looked {
  readonly startTime: string | undefined;
  /** The last look succeeded. */
  readonly sure: boolean;
}

/**
 * One write at a time and site, and none on a look from before the last one (N4, O2). Remembers of each object what only
 * time can tell: how long a create was not seen, how long it has been leaving, what Omada has refused.
 */
export class SiteLanes {
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  readonly #notes = new Map<string, Note>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The lane for an object, if it is free or the object's already; else it is called when it is free. */
  take(site: string, key: string): boolean {
    const lane = this.#lane(site);
    if (lane.holder === undefined || lane.holder === key) {
      lane.holder = key;
      lane.queue.delete(key);
      return true;
    }
    lane.queue.add(key);
    return false;
  }

  /** The object has no write to send; whoever waits for its lane. */
  free(key: string): readonly string[] {
    const waiting: string[] = [];
    for (const lane of this.#lanes.values()) {
      lane.queue.delete(key);
      if (lane.holder !== key) continue;
      lane.holder = undefined;
      waiting.push(...lane.queue);
      lane.queue.clear();
    }
    return waiting;
  }

  /** A write has ended, however; `mark`: number of the site's next request. */
  wrote(site: string, mark: number): void {
    this.#lane(site).freshAfter = mark;
  }

  /** A create in that list has ended, and nobody has said that it did nothing. */
  sent(site: string, shelf: Shelf, { kind, metadata: { name, uid } }: NetObject): void {
    this.#lane(site).sent.set(shelf, { kind, name, uid, at: this.#clock.monotonic() });
  }

  /**
   * "NetworkSegment servers": the object that made the last create in that list, where the create is on nobody's record
   * any more, because the object is gone, and half a minute of lists has not disproved it yet (N4).
   */
  orphan(site: string, shelf: Shelf, isLiving: (uid: string) => boolean): string | undefined {
    const sent = this.#lane(site).sent.get(shelf);
    if (sent === undefined || this.#clock.monotonic() - sent.at >= DISPROOF_MS || isLiving(sent.uid)) return undefined;
    return `${sent.kind} ${sent.name}`;
  }

  isStale(site: string, sequence: number): boolean {
    return sequence < this.#lane(site).freshAfter;
  }

  /** What an object's plan goes by. */
  memory(key: string, { startTime, sure }: Looked, leaving: boolean, situation: () => string): NetMemory {
    const note = this.#note(key);
    const now = this.#clock.monotonic();
    if (leaving) note.leavingSince ??= now;
    const { refused } = note;
    const valid = refused !== undefined && (refused.until ?? Infinity) > now && refused.situation === situation();
    return {
      disproved: this.#disproved(note, startTime, sure),
      leavingMs: note.leavingSince === undefined ? 0 : now - note.leavingSince,
      ...(valid ? { refused: { write: refused.write, outcome: refused.outcome } } : {}),
    };
  }

  refuse(key: string, write: string, refusal: Omit<NonNullable<Note["refused"]>, "write">): void {
    this.#note(key).refused = { write, ...refusal };
  }

  forget(key: string): readonly string[] {
    this.#notes.delete(key);
    return this.free(key);
  }

  #disproved(note: Note, startTime: string | undefined, sure: boolean): boolean {
    if (startTime === undefined) {
      delete note.creating;
      return false;
    }
    if (note.creating?.startTime !== startTime) note.creating = { startTime, firstLook: undefined };
    const now = this.#clock.monotonic();
    note.creating.firstLook = sure ? (note.creating.firstLook ?? now) : undefined;
    return note.creating.firstLook !== undefined && now - note.creating.firstLook >= DISPROOF_MS;
  }

  #lane(site: string): Lane {
    const known = this.#lanes.get(site);
    if (known !== undefined) return known;
    const lane: Lane = { holder: undefined, queue: new Set(), freshAfter: 0, sent: new Map() };
    this.#lanes.set(site, lane);
    return lane;
  }

  #note(key: string): Note {
    const known = this.#notes.get(key);
    if (known !== undefined) return known;
    const note: Note = {};
    this.#notes.set(key, note);
    return note;
  }
}
