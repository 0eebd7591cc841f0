/** Guest tasks at work, by node: at most so many at once, shared first come, first served in the queue's order (A6). */
export class TaskSlots {
  readonly #taken = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Set<string>>();

  /** Takes a slot for this guest, or keeps the one it has; false when the node is full, and the guest is remembered. */
  take(node: string, key: string, max: number): boolean {
    const taken = this.#of(this.#taken, node);
    if (taken.has(key)) return true;
    if (taken.size >= max) {
      this.#of(this.#waiting, node).add(key);
      return false;
    }
    taken.add(key);
    this.#waiting.get(node)?.delete(key);
    return true;
  }

  /** A task is known to be at work there, whoever began it. */
  note(node: string, key: string): void {
    this.#of(this.#taken, node).add(key);
  }

  /** Frees this guest's slots; answers who waited for one, in the order they came. */
  free(key: string): readonly string[] {
    const woken: string[] = [];
    for (const [node, taken] of this.#taken) {
      if (!taken.delete(key)) continue;
      woken.push(...(this.#waiting.get(node) ?? []));
      this.#waiting.delete(node);
    }
    return woken;
  }

  #of(map: Map<string, Set<string>>, node: string): Set<string> {
    const set = map.get(node) ?? new Set<string>();
    map.set(node, set);
    return set;
  }
}
