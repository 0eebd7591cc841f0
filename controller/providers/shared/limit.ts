import { bulkhead } from "cockatiel";

/** So many at once; the others wait in the order they came. */
export class Limit {
  readonly #bulkhead: ReturnType<typeof bulkhead>;

  constructor(atOnce: number) {
    this.#bulkhead = bulkhead(atOnce, Infinity);
  }

  execute<T>(run: () => Promise<T>): Promise<T> {
    return this.#bulkhead.execute(run);
  }
}
