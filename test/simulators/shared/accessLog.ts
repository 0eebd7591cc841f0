import { closeSync, openSync, writeSync } from "node:fs";

const KEPT = 200_000;

/** Every request, in memory and as a file of JSON lines: the witness of the tests. */
export class AccessLog<Entry> {
  readonly #entries: (Entry & { readonly sequence: number })[] = [];
  readonly #file: number;
  #sequence = 0;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  add(entry: Entry): void {
    this.#sequence += 1;
    const whole = { sequence: this.#sequence, ...entry };
    this.#entries.push(whole);
    if (this.#entries.length > KEPT) this.#entries.splice(0, KEPT / 2);
    writeSync(this.#file, `${JSON.stringify(whole)}\n`);
  }

  since(sequence: number): readonly (Entry & { readonly sequence: number })[] {
    return this.#entries.filter((entry) => entry.sequence > sequence);
  }

  close(): void {
    closeSync(this.#file);
  }
}
