/** A scripted fault: which requests it meets, and what happens to them. */
export interface Fault<Effect> {
  readonly id: string;
  readonly method?: string;
  /** A regular expression over the path as the access log has it. */
  readonly path?: string;
  /** How many requests it meets; absent: all. */
  readonly count?: number;
  /** How many matching requests pass first. */
  readonly skip?: number;
  readonly effect: Effect;
}

/** Scripted faults; the first that matches a request meets it. */
export class Faults<Effect> {
  #armed: { fault: Fault<Effect>; left: number; skip: number; pattern: RegExp }[] = [];
  #next = 1;

  add(fault: Omit<Fault<Effect>, "id"> & { readonly id?: string }): string {
    const id = fault.id ?? `fault-${String(this.#next)}`;
    this.#next += 1;
    const pattern = new RegExp(fault.path ?? "");
    this.#armed.push({ fault: { ...fault, id }, left: fault.count ?? Infinity, skip: fault.skip ?? 0, pattern });
    return id;
  }

  remove(id: string): boolean {
    const before = this.#armed.length;
    this.#armed = this.#armed.filter((armed) => armed.fault.id !== id);
    return this.#armed.length < before;
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly Fault<Effect>[] {
    return this.#armed.map((armed) => armed.fault);
  }

  /** The fault that meets this request, used up by one. */
  meet(method: string, path: string): Fault<Effect> | undefined {
    for (const armed of this.#armed) {
      if ((armed.fault.method ?? method) !== method || !armed.pattern.test(path)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.left -= 1;
      if (armed.left <= 0) this.#armed = this.#armed.filter((other) => other !== armed);
      return armed.fault;
    }
    return undefined;
  }
}
