import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How far the random histories of one mix are. */
export interface Told {
  readonly name: string;
  readonly done: number;
  readonly of: number;
  /** Since the first one began. */
  readonly ms: number;
}

/** Counts the histories of one mix into a file of the directory that HISTORY_TALLY names; without one it does nothing. */
export class HistoryTally {
  readonly #file: string | undefined;
  readonly #began = performance.now();
  #told: Omit<Told, "ms">;

  constructor(name: string, of: number) {
    const room = process.env["HISTORY_TALLY"];
    this.#file =
      room === undefined ? undefined : join(room, `${String(process.pid)}-${name.replaceAll(/\W+/g, "-")}.json`);
    this.#told = { name, done: 0, of };
  }

  /** One more was told. */
  count(): void {
    if (this.#file === undefined) return;
    this.#told = { ...this.#told, done: this.#told.done + 1 };
    writeFileSync(this.#file, JSON.stringify({ ...this.#told, ms: performance.now() - this.#began }));
  }
}

/** What the processes that tell have counted so far, by name. A file that is being written is left out. */
export function toldIn(room: string): readonly Told[] {
  return globSync("*.json", { cwd: room })
    .toSorted()
    .flatMap((file) => {
      try {
        return [JSON.parse(readFileSync(join(room, file), "utf8")) as Told];
      } catch {
        return [];
      }
    });
}

/** One line: how many of all, how many a minute, how long it will go on. */
export function progressLine(told: readonly Told[], all: number, seconds: number): string {
  const done = told.reduce((sum, one) => sum + one.done, 0);
  const perMinute = (done / Math.max(1, seconds)) * 60;
  const left = perMinute === 0 ? "?" : ((all - done) / perMinute).toFixed(0);
  const bar = "#".repeat(Math.min(30, Math.round((done / all) * 30))).padEnd(30);
  return `[${bar}] ${done}/${all} histories, ${perMinute.toFixed(0)} a minute, ${left} min left`;
}

/** A row for each mix: how many, in how long, how many a minute. */
export function tallyTable(told: readonly Told[]): string {
  const rows = told.map(({ name, done, of, ms }) => {
    const perMinute = ((done / Math.max(1, ms)) * 60_000).toFixed(0);
    return `  ${String(done).padStart(6)} of ${String(of).padStart(5)}  ${(ms / 60_000).toFixed(1).padStart(6)} min  ${perMinute.padStart(5)} a minute  ${name}`;
  });
  return `${rows.join("\n")}\n`;
}
