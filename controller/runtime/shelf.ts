import type { Stored } from "../api/meta.ts";

/**
 * The objects of one kind in one namespace. `list` is sorted by name and stays as it is when objects change later; it
 * costs one pass over the names after a change, and a sort only after one came.
 */
export class Shelf {
  readonly #objects = new Map<string, Stored>();
  #names: string[] = [];
  #sorted = true;
  #list: readonly Stored[] | undefined;

  get(name: string): Stored | undefined {
    return this.#objects.get(name);
  }

  set(name: string, object: Stored): void {
    if (!this.#objects.has(name)) {
      this.#names.push(name);
      this.#sorted = false;
    }
    this.#objects.set(name, object);
    this.#list = undefined;
  }

  delete(name: string): void {
    if (!this.#objects.delete(name)) return;
    this.#names = this.#names.filter((known) => known !== name);
    this.#list = undefined;
  }

  list(): readonly Stored[] {
    if (this.#list !== undefined) return this.#list;
    if (!this.#sorted) this.#names.sort();
    this.#sorted = true;
    const list = this.#names.flatMap((name) => this.#objects.get(name) ?? []);
    this.#list = list;
    return list;
  }
}
