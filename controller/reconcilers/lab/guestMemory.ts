import type { Guest } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { ProviderErrorKind } from "../../base/outcome.ts";
import type { FieldChange } from "../../plan/guests/configuration/difference.ts";
import type { Down } from "../../plan/guests/explain.ts";
import type { Gone, Memory, PastFailure } from "../../plan/guests/guestInput.ts";
import type { CreateObstacle, GuestConfig, GuestSeen } from "../../providers/port.ts";

/** What is remembered of a guest while it is proven absent. Times are monotonic. */
interface Absent {
  /** The end of what was here; undefined: not asked yet. */
  readonly gone?: { readonly by: Gone | undefined };
  /** The last look for obstacles, for this create call. */
  readonly looked?: { readonly call: string; readonly at: number; readonly list: readonly CreateObstacle[] };
  /** The image that a task of ours has fetched or checked. */
  readonly checked?: { readonly volume: string; readonly at: number };
  /** When an obstacle was last there. */
  readonly blockedAt?: number;
}

interface NotedFailure {
  readonly op: string;
  /** How the call was refused; absent when its task failed. */
  readonly kind?: ProviderErrorKind;
  readonly text: string;
  readonly at: number;
  readonly generation: number;
}

export interface ConfigReading {
  readonly fingerprint: string;
  readonly config: GuestConfig;
  readonly at: number;
  readonly node: string;
  /** Clock of that node, not after the reading. */
  readonly nodeTime: number;
  /** Read it again at the next pass, and go by this one until then (O5). */
  stale: boolean;
}

/** What this process remembers of one guest. Times are monotonic milliseconds unless said otherwise. */
export interface GuestRecord {
  /** A pass of this process has looked at it. */
  looked: boolean;
  /** A direct read, when it is newer than the poller's view. */
  read: GuestSeen | undefined;
  /** What has a smaller sequence was seen before our last write or the end of our last task (O2). */
  freshAfter: number;
  /** Observed addresses, with the start they belong to; `stale`: ask again. */
  addresses: { readonly startID: string; readonly list: readonly string[]; stale: boolean } | undefined;
  config: ConfigReading | undefined;
  /** The reading before that one, if nothing was written by us in between; kept until the two were compared. */
  formerConfig: ConfigReading | undefined;
  /** What people changed in Proxmox, as of this reading. */
  changes: { readonly of: GuestConfig; readonly list: readonly FieldChange[] } | undefined;
  downSince: number | undefined;
  /** Nodes it was on since it was last seen running. */
  readonly downNodes: Set<string>;
  down: { readonly down: Down; readonly at: number } | undefined;
  /** Wall clock of the last look that showed it as it should be (H4). */
  lastGood: number | undefined;
  /** Whether the last pass found it so. */
  good: boolean;
  /** Node clock when it was last seen running. */
  lastRunning: number | undefined;
  /** Since when it is locked without any task. */
  lockedSince: number | undefined;
  /** The vmid was said to be taken while no list showed it: the mark at that moment (O4). */
  takenAt: number | undefined;
  /** While it is proven absent. */
  absent: Absent | undefined;
  /** The last look for what stands against a migration, for this way. */
  immovable: { readonly from: string; readonly at: number; readonly list: readonly string[] } | undefined;
  /** Its storage could make no snapshot, at that moment. */
  unableAt: number | undefined;
  failures: number;
  lastFailure: NotedFailure | undefined;
  /** The last refusal of a write of the configuration. */
  configFailure: NotedFailure | undefined;
  /** When the deletion of its object began, as far as this process can tell; before it, by what is on record. */
  leavingSince: number | undefined;
  /** The last task that ended well. */
  lastDone: { readonly op: string; readonly at: number } | undefined;
  /** The intent, by its time, whose task is looked for, and since when. */
  sought: { readonly intent: string; readonly at: number } | undefined;
  /** The task whose end was noted last. */
  endedUpid: string | undefined;
  /** Tasks of ours, for telling them from others'. */
  readonly own: Set<string>;
}

/** More tasks of objects that are gone are not remembered; task lists forget them too. */
const PAST_MAX = 10_000;

/** Records by object key text. None of it is needed to be right after a restart. */
export class GuestMemory {
  readonly #records = new Map<string, GuestRecord>();
  readonly #past = new Set<string>();

  of(key: string): GuestRecord {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const fresh: GuestRecord = {
      looked: false,
      read: undefined,
      freshAfter: 0,
      addresses: undefined,
      config: undefined,
      formerConfig: undefined,
      changes: undefined,
      downSince: undefined,
      downNodes: new Set(),
      down: undefined,
      lastGood: undefined,
      good: false,
      lastRunning: undefined,
      lockedSince: undefined,
      takenAt: undefined,
      absent: undefined,
      immovable: undefined,
      unableAt: undefined,
      failures: 0,
      lastFailure: undefined,
      leavingSince: undefined,
      lastDone: undefined,
      configFailure: undefined,
      sought: undefined,
      endedUpid: undefined,
      own: new Set(),
    };
    this.#records.set(key, fresh);
    return fresh;
  }

  peek(key: string): GuestRecord | undefined {
    return this.#records.get(key);
  }

  /**
   * A pass has found it good or not. A pass goes by the last look and says nothing of now, so only the first good one
   * counts; from then on the looks do (H4).
   */
  found(key: string, good: boolean, now: number): GuestRecord {
    const record = this.of(key);
    if (good && !record.good) record.lastGood = now;
    record.good = good;
    return record;
  }

  /** Its tasks stay ours after the object is gone (A3). */
  forget(key: string): void {
    for (const upid of this.#records.get(key)?.own ?? []) this.#past.add(upid);
    for (const oldest of [...this.#past].slice(0, -PAST_MAX)) this.#past.delete(oldest);
    this.#records.delete(key);
  }

  /** Every UPID of ours that this process knows. */
  knows(upid: string): boolean {
    if (this.#past.has(upid)) return true;
    for (const record of this.#records.values()) if (record.own.has(upid)) return true;
    return false;
  }

  /** As the plan takes it. */
  view(key: string, monotonic: number): Memory {
    const record = this.of(key);
    const failure = record.lastFailure;
    const done = record.lastDone;
    const past = (noted: NotedFailure | undefined): PastFailure | undefined =>
      noted === undefined ? undefined : { ...noted, agoMs: monotonic - noted.at };
    return {
      failures: record.failures,
      lastFailure: past(failure),
      configFailure: past(record.configFailure),
      leavingMs: record.leavingSince === undefined ? 0 : monotonic - record.leavingSince,
      lastDone: done === undefined ? undefined : { op: done.op, agoMs: monotonic - done.at },
      healed: failure !== undefined && (record.absent?.blockedAt ?? -Infinity) > failure.at,
      downMs: record.downSince === undefined ? 0 : monotonic - record.downSince,
      lastGood: record.lastGood,
    };
  }
}

/** Notes since when its object is being deleted; what an earlier process waited counts by what it wrote down (I5, L10). */
export function noteLeaving(record: GuestRecord, { metadata, status }: Guest, clock: Clock): void {
  if (metadata.deletionTimestamp === undefined) {
    record.leavingSince = undefined;
    return;
  }
  const written = status?.deletion?.firstSeenTime;
  const before = written === undefined ? 0 : Math.max(0, clock.now() - Date.parse(written));
  record.leavingSince ??= clock.monotonic() - before;
}

/** The newer of two looks at the same guest. */
export function newer(a: GuestSeen | undefined, b: GuestSeen | undefined): GuestSeen | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.sequence >= b.sequence ? a : b;
}
