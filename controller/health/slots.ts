/** Something to do for `id`; two of one id never run together. */
export interface Errand {
  readonly id: string;
  /** Never rejects. */
  readonly run: () => Promise<void>;
}

/** Runs errands in the order they came, at most `limit` at once and at most one of each id: it bounds sockets (H1). */
export class Slots {
  readonly #limit: number;
  readonly #running = new Set<string>();
  readonly #waiting = new Set<Errand>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(errand: Errand): void {
    this.#waiting.add(errand);
    this.#fill();
  }

  /** Forgets an errand that has not begun. */
  remove(errand: Errand): void {
    this.#waiting.delete(errand);
  }

  #fill(): void {
    for (const errand of this.#waiting) {
      if (this.#running.size >= this.#limit) return;
      if (this.#running.has(errand.id)) continue;
      this.#waiting.delete(errand);
      this.#running.add(errand.id);
      void errand.run().finally(() => {
        this.#running.delete(errand.id);
        this.#fill();
      });
    }
  }
}
