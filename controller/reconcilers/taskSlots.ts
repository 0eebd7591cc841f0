import type { GuestAction } from "../plan/guestAction.ts";
import type { Lab, Member } from "../plan/lab.ts";

/** A guest that wants a slot. `rank`: starts before creates, lower layers first. */
export interface Asking {
  readonly key: string;
  readonly rank: number;
  readonly max: number;
}

/** Guest tasks at work, by node: at most so many at once; a slot that gets free is for the lowest rank that waits (A6). */
export class TaskSlots {
  readonly #taken = new Map<string, Set<string>>();
  /** Who waits at a node, with its rank. */
  readonly #waiting = new Map<string, Map<string, number>>();

  /** Takes a slot for this guest, or keeps the one it has; false when the node is full, and the guest is remembered. */
  take(node: string, { key, rank, max }: Asking): boolean {
    const taken = this.#of(node);
    if (taken.has(key)) return true;
    if (taken.size >= max) {
      const waiting = this.#waiting.get(node) ?? new Map<string, number>();
      this.#waiting.set(node, waiting.set(key, rank));
      return false;
    }
    taken.add(key);
    this.#waiting.get(node)?.delete(key);
    return true;
  }

  /** A task is known to be at work there, whoever began it. */
  note(node: string, key: string): void {
    this.#of(node).add(key);
  }

  /** Frees this guest's slots; answers who waited for one, the lowest rank first, then in the order they came. */
  free(key: string): readonly string[] {
    const woken: string[] = [];
    for (const [node, taken] of this.#taken) {
      if (!taken.delete(key)) continue;
      const waiting = [...(this.#waiting.get(node) ?? [])].sort(([, a], [, b]) => a - b);
      woken.push(...waiting.map(([other]) => other));
      this.#waiting.delete(node);
    }
    return woken;
  }

  #of(node: string): Set<string> {
    const set = this.#taken.get(node) ?? new Set<string>();
    this.#taken.set(node, set);
    return set;
  }
}

const CREATE_LATER = 1_000_000;

/** Starts before creates, lower layers first (A6). */
export function rankOf(action: GuestAction, lab: Lab, member: Member | undefined): number {
  const layer = member === undefined ? 0 : (lab.order.rank(member.layer) ?? 0);
  return action.effect === "creates" ? CREATE_LATER + layer : layer;
}
