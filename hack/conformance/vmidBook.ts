/** Vmids as the tests write them. */
const ROLES = { first: 600, last: 699 } as const;

/** Which vmid of the host stands for which vmid of the tests, and which guests were made by this run. */
export class VmidBook {
  readonly #free: number[];
  readonly #actual = new Map<number, number>();
  readonly #roles = new Map<number, number>();
  readonly #made = new Set<number>();

  /** `free`: vmids nobody has. Throws later, when there are too few. */
  constructor(free: readonly number[]) {
    this.#free = [...free];
  }

  isRole(vmid: number): boolean {
    return vmid >= ROLES.first && vmid <= ROLES.last;
  }

  /** The vmid at the host for one of the tests. */
  actual(role: number): number {
    const known = this.#actual.get(role);
    if (known !== undefined) return known;
    if (!this.isRole(role)) throw new Error(`vmid ${String(role)} is not one of the tests'`);
    const next = this.#free.shift();
    if (next === undefined) throw new Error("no free vmid is left in the range");
    this.#actual.set(role, next);
    this.#roles.set(next, role);
    return next;
  }

  /** The tests' vmid for one of the host; undefined for guests of others. */
  role(actual: number): number | undefined {
    return this.#roles.get(actual);
  }

  /** A creation was accepted: from now on the guest is ours to change and to remove. */
  made(actual: number): void {
    this.#made.add(actual);
  }

  /** Throws when a guest was not made by this run. */
  requireMade(actual: number): void {
    if (!this.#made.has(actual)) throw new Error(`guest ${String(actual)} was not made by this run: it is left alone`);
  }

  gone(actual: number): void {
    this.#made.delete(actual);
  }

  /** Guests that are to be removed. */
  left(): readonly number[] {
    return [...this.#made];
  }
}
