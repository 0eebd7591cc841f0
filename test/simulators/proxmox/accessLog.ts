import { closeSync, openSync, writeSync } from "node:fs";

/** One request as it was answered: the witness of the tests. */
export interface LogEntry {
  readonly sequence: number;
  /** Milliseconds since the epoch, when it came in. */
  readonly time: number;
  readonly ms: number;
  readonly user: string;
  readonly method: string;
  /** Without /api2/json and query. */
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** 0 when the connection was cut instead. */
  readonly status: number;
  readonly reason: string;
  readonly upid?: string;
  /** The fault that met it. */
  readonly fault?: string;
}

const KEPT = 200_000;

/** Every request, in memory and as a file of JSON lines. */
export class AccessLog {
  readonly #entries: LogEntry[] = [];
  readonly #file: number;
  #sequence = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  add(entry: Omit<LogEntry, "sequence">): void {
    this.#sequence += 1;
    const whole = { sequence: this.#sequence, ...entry };
    this.#entries.push(whole);
    if (this.#entries.length > KEPT) this.#entries.splice(0, KEPT / 2);
    writeSync(this.#file, `${JSON.stringify(whole)}\n`);
  }

  since(sequence: number): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.sequence > sequence);
  }

  close(): void {
    closeSync(this.#file);
  }
}
