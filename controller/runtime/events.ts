import { keyOf, keyText, type Stored } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { textOf } from "../base/outcome.ts";
import { KubeUnavailable, type EventNote, type Kube } from "./kube.ts";

export interface EventPorts {
  readonly kube: Pick<Kube, "event">;
  readonly clock: Clock;
  readonly log: Log;
}

interface Waiting {
  readonly about: Stored;
  readonly note: EventNote;
}

const LIMIT = 1_000;
const WINDOW_MS = 600_000;
const AWAY_MS = 2_000;
const NOTE_LIMIT = 1_024;

/**
 * Sends events to the API server in the order they were recorded, one at a time. An event is never worth more than what
 * it tells of: nothing here throws, and beyond a thousand waiting ones the oldest are dropped.
 */
export class EventRecorder {
  readonly #ports: EventPorts;
  readonly #waiting: Waiting[] = [];
  /** When the same was last told, by object, reason and message. */
  readonly #told = new Map<string, number>();
  #arrived = Promise.withResolvers<undefined>();

  constructor(ports: EventPorts) {
    this.#ports = ports;
  }

  /** Events not yet sent. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The same about the same object within ten minutes is told once. */
  readonly record = (about: Stored, note: EventNote): void => {
    const now = this.#ports.clock.monotonic();
    const same = [keyText(keyOf(about)), about.metadata.uid, note.reason, note.message].join("\n");
    const last = this.#told.get(same);
    if (last !== undefined && now - last < WINDOW_MS) return;
    this.#told.delete(same);
    this.#told.set(same, now);
    this.#forgetOld(now);
    this.#waiting.push({ about, note: { ...note, message: cut(note.message) } });
    if (this.#waiting.length > LIMIT) {
      this.#waiting.shift();
      this.#ports.log.warn("Event dropped, too many are waiting", { limit: LIMIT });
    }
    this.#arrived.resolve(undefined);
  };

  /** Sends until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => {
        resolve(undefined);
      });
    });
    while (!signal.aborted) {
      this.#arrived = Promise.withResolvers();
      await this.#sendAll(signal);
      if (this.#waiting.length === 0) await Promise.race([this.#arrived.promise, aborted]);
    }
  }

  /** Sends what is left, each once, while the signal lets it. */
  async flush(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0 && !signal.aborted) if (!(await this.#sendFirst(signal))) return;
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0 && !signal.aborted) {
      if (await this.#sendFirst(signal)) continue;
      await this.#ports.clock.sleep(AWAY_MS, signal).catch(() => undefined);
    }
  }

  /** False when the API server is away and the event still waits. */
  async #sendFirst(signal: AbortSignal): Promise<boolean> {
    const first = this.#waiting[0];
    if (first === undefined) return true;
    try {
      await this.#ports.kube.event(first.about, first.note, signal);
    } catch (error) {
      if (error instanceof KubeUnavailable || signal.aborted) return false;
      this.#ports.log.warn("Event not written", {
        ...keyOf(first.about),
        reason: first.note.reason,
        error: textOf(error),
      });
    }
    if (this.#waiting[0] === first) this.#waiting.shift();
    return true;
  }

  #forgetOld(now: number): void {
    for (const [same, at] of this.#told) {
      if (now - at < WINDOW_MS) return;
      this.#told.delete(same);
    }
  }
}

function cut(message: string): string {
  return message.length <= NOTE_LIMIT ? message : `${message.slice(0, NOTE_LIMIT - 1)}…`;
}
