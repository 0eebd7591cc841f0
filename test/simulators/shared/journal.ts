import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";

type Line = readonly [section: string, key: string, value: unknown];

/** State on disk as an append-only file of lines, written before anybody is answered, compacted at each start. */
export class Journal {
  readonly #path: string;
  readonly #loaded = new Map<string, Map<string, unknown>>();
  #file: number | undefined;

  /** Reads what is there; a last line cut by a crash is dropped. */
  constructor(path: string) {
    this.#path = path;
    if (existsSync(path)) for (const text of readFileSync(path, "utf8").split("\n")) this.#replay(text);
  }

  /** True when there was state to load. */
  get existed(): boolean {
    return this.#loaded.size > 0;
  }

  /** What was loaded for a section. */
  loaded(section: string): ReadonlyMap<string, unknown> {
    return this.#loaded.get(section) ?? new Map();
  }

  /** Rewrites the file with the current state only and opens it for appending. */
  open(current: Iterable<Line>): void {
    const lines: string[] = [];
    for (const line of current) lines.push(JSON.stringify(line));
    writeFileSync(`${this.#path}.new`, lines.map((line) => `${line}\n`).join(""));
    renameSync(`${this.#path}.new`, this.#path);
    this.#file = openSync(this.#path, "a");
    this.#loaded.clear();
  }

  /** Notes one value; undefined removes it. */
  write(section: string, key: string, value: unknown): void {
    if (this.#file === undefined) return;
    writeSync(this.#file, `${JSON.stringify([section, key, value ?? null])}\n`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #replay(text: string): void {
    if (text === "") return;
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      return;
    }
    const [section, key, value] = line;
    const values = this.#loaded.get(section) ?? new Map<string, unknown>();
    this.#loaded.set(section, values);
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
}

/** A map whose changes go to the journal. Values that are changed in place are announced with `touch`. */
export class Section<T> extends Map<string, T> {
  readonly name: string;
  #journal: Journal | undefined;

  constructor(name: string) {
    super();
    this.name = name;
  }

  /** Takes what the journal holds and writes to it from now on. */
  attach(journal: Journal): void {
    for (const [key, value] of journal.loaded(this.name)) super.set(key, value as T);
    this.#journal = journal;
  }

  override set(key: string, value: T): this {
    super.set(key, value);
    this.#journal?.write(this.name, key, value);
    return this;
  }

  override delete(key: string): boolean {
    this.#journal?.write(this.name, key, undefined);
    return super.delete(key);
  }

  /** Saves a value that was changed in place. */
  touch(key: string): void {
    this.#journal?.write(this.name, key, this.get(key));
  }

  *lines(): Generator<Line> {
    for (const [key, value] of this) yield [this.name, key, value];
  }
}
