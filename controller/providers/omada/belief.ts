/** A part of a site whose list may come back shorter than it is. */
interface Remembered {
  readonly rows: Map<string, unknown>;
  /** Monotonic milliseconds at which a look first did not show the row. */
  readonly missing: Map<string, number>;
  /** When the first look at it began, and the last. */
  readonly first: number;
  readonly last: number;
}

const BELIEVED_MS = 5_000;
/** People and phones come and go: here a second look is enough. */
const SWIFT_PART = "clients";

/**
 * An empty or shrunken list is believed only after it repeats (N1): a row that one look does not show is kept as it was
 * last seen until looks over five seconds agree that it is gone.
 */
export class Belief {
  readonly #parts = new Map<string, Remembered>();

  /** The rows to believe, those that were just seen first. `monotonic`: when the look began. */
  believe<T>(part: string, seen: readonly T[], keyOf: (row: T) => string, monotonic: number): readonly T[] {
    const before = this.#parts.get(part);
    const rows = new Map<string, T>(seen.map((row) => [keyOf(row), row]));
    const missing = new Map<string, number>();
    const believedMs = part === SWIFT_PART ? 0 : BELIEVED_MS;
    for (const [key, row] of (before?.rows ?? []) as Iterable<[string, T]>) {
      if (rows.has(key)) continue;
      const since = before?.missing.get(key) ?? monotonic;
      const repeated = before?.missing.has(key) === true;
      if (repeated && monotonic - since >= believedMs) continue;
      rows.set(key, row);
      missing.set(key, since);
    }
    this.#parts.set(part, { rows, missing, ...span(before, monotonic) });
    return [...rows.values()];
  }

  /** Is a row of the part kept although the last look did not show it, or was it only just looked at for the first time? */
  doubts(part: string): boolean {
    return (this.#parts.get(part)?.missing.size ?? 0) > 0 || this.isYoung(part);
  }

  /** Looks at the part do not yet span five seconds: that they do not show a row does not prove that there is none. */
  isYoung(part: string): boolean {
    const { first, last } = this.#parts.get(part) ?? { first: 0, last: Infinity };
    return part !== SWIFT_PART && last - first < BELIEVED_MS;
  }

  /** We deleted it ourselves: a list without it needs no second look. */
  gone(part: string, key: string): void {
    this.#parts.get(part)?.rows.delete(key);
    this.#parts.get(part)?.missing.delete(key);
  }

  /** Nobody asks for the part any more; what it showed is not compared with what it shows one day. */
  forget(part: string): void {
    this.#parts.delete(part);
  }
}

function span(before: Remembered | undefined, monotonic: number): Pick<Remembered, "first" | "last"> {
  return { first: before?.first ?? monotonic, last: monotonic };
}
