/** Objects of one kind in a site; what was just made is not in lists yet. */
export class Shelf<T> {
  readonly #kept = new Map<string, { value: T; readonly visibleAt: number }>();

  add(id: string, value: T, visibleAt = 0): void {
    this.#kept.set(id, { value, visibleAt });
  }

  get(id: string): T | undefined {
    return this.#kept.get(id)?.value;
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /** Throws for one that is not there. */
  change(id: string, fields: Partial<T>): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new Error(`the fake has no ${id}`);
    kept.value = { ...kept.value, ...fields };
  }

  /** In place of the one that is there. */
  put(id: string, value: T): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new Error(`the fake has no ${id}`);
    kept.value = value;
  }

  delete(id: string): boolean {
    return this.#kept.delete(id);
  }

  all(): readonly T[] {
    return [...this.#kept.values()].map(({ value }) => value);
  }

  /** What a list shows at that monotonic time. */
  listed(now: number): readonly T[] {
    return [...this.#kept.values()].filter(({ visibleAt }) => visibleAt <= now).map(({ value }) => value);
  }

  find(test: (value: T) => boolean): T | undefined {
    return this.all().find(test);
  }
}
