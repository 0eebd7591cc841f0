/** What goes wrong with a request that matches. */
export type Effect =
  /** Answers that instead; nothing happens. `after` lets it happen first. */
  | { readonly kind: "status"; readonly status: number; readonly text: string; readonly after?: boolean }
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** Waits before anything happens, or (`after`) once it has. */
  | { readonly kind: "delay"; readonly ms: number; readonly after?: boolean }
  /** The headers come at once, the body this much later. */
  | { readonly kind: "slowBody"; readonly ms: number }
  | { readonly kind: "halfBody" }
  /** Nothing ever comes back. */
  | { readonly kind: "silence"; readonly when: "before" | "after" };

export interface Fault {
  readonly id: string;
  readonly method?: string;
  /** A regular expression over the path without /api2/json. */
  readonly path?: string;
  /** How many requests it meets; absent: all. */
  readonly count?: number;
  /** How many matching requests pass first. */
  readonly skip?: number;
  readonly effect: Effect;
}

/** Scripted faults; the first that matches a request meets it. */
export class Faults {
  #armed: { fault: Fault; left: number; skip: number; pattern: RegExp }[] = [];
  #next = 1;

  add(fault: Omit<Fault, "id"> & { readonly id?: string }): string {
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

  list(): readonly Fault[] {
    return this.#armed.map((armed) => armed.fault);
  }

  /** The fault that meets this request, used up by one. */
  meet(method: string, path: string): Fault | undefined {
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
