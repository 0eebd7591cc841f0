import type { GuestAction } from "../../plan/guests/guestAction.ts";
import type { Lab, Member } from "../../plan/lab.ts";

/** A guest that wants a slot. `rank`: starts before creates, lower layers first. */
export interface Asking {
  readonly key: string;
  readonly rank: number;
  readonly max: number;
}

/** One node's slots. */
interface Desk {
  max: number;
  readonly taken: Set<string>;
  /** Who waits, with its rank. */
  readonly waiting: Map<string, number>;
  /** The same by rank, in the order they came. */
  readonly lines: Map<number, Set<string>>;
  /** Those of them that were told that a slot is free, and have not answered yet. */
  readonly called: Set<string>;
}

/**
 * Guest tasks at work, by node: at most so many at once. A slot that gets free is for the lowest rank that waits (A6):
 * that one is called, and nobody else, so that many who wait cost nothing.
 */
export class TaskSlots {
  readonly #desks = new Map<string, Desk>();

  /** Takes a slot for this guest, or keeps the one it has; false when the node is full, and the guest is remembered. */
  take(node: string, { key, rank, max }: Asking): boolean {
    const desk = this.#of(node);
    desk.max = max;
    if (desk.taken.has(key)) return true;
    leave(desk, key);
    if (desk.taken.size < max) {
      desk.taken.add(key);
      return true;
    }
    desk.waiting.set(key, rank);
    desk.lines.set(rank, (desk.lines.get(rank) ?? new Set()).add(key));
    return false;
  }

  /** Whether somebody waits for a slot. */
  get awaited(): boolean {
    return [...this.#desks.values()].some(({ waiting }) => waiting.size > 0);
  }

  /** A task is known to be at work there, whoever began it. */
  note(node: string, key: string): void {
    const desk = this.#of(node);
    leave(desk, key);
    desk.taken.add(key);
  }

  /** Frees this guest's slots and takes it out of every line; answers whom to call, the lowest rank first. */
  free(key: string): readonly string[] {
    return [...this.#desks.values()].flatMap((desk) => {
      const had = desk.taken.delete(key);
      return leave(desk, key) || had ? call(desk) : [];
    });
  }

  /** It could not answer its call, and comes again by itself; a slot it has it keeps. Answers whom to call instead. */
  pass(key: string): readonly string[] {
    return [...this.#desks.values()].flatMap((desk) => (leave(desk, key) ? call(desk) : []));
  }

  #of(node: string): Desk {
    const known = this.#desks.get(node);
    if (known !== undefined) return known;
    const desk: Desk = { max: 0, taken: new Set(), waiting: new Map(), lines: new Map(), called: new Set() };
    this.#desks.set(node, desk);
    return desk;
  }
}

/** Out of the line; true when it stood there. */
function leave({ waiting, lines, called }: Desk, key: string): boolean {
  const rank = waiting.get(key);
  if (rank === undefined) return false;
  waiting.delete(key);
  called.delete(key);
  const line = lines.get(rank);
  line?.delete(key);
  if (line?.size === 0) lines.delete(rank);
  return true;
}

/** As many as there are free slots that nobody was called for. */
function call({ max, taken, lines, called }: Desk): readonly string[] {
  const next: string[] = [];
  for (const [, line] of [...lines].sort(([a], [b]) => a - b))
    for (const key of line) {
      if (taken.size + called.size >= max) return next;
      if (called.has(key)) continue;
      called.add(key);
      next.push(key);
    }
  return next;
}

const CREATE_LATER = 1_000_000;

/** Starts before creates, lower layers first (A6). */
export function rankOf(action: GuestAction, lab: Lab, member: Member | undefined): number {
  const layer = member === undefined ? 0 : (lab.order.rank(member.layer) ?? 0);
  return action.effect === "creates" ? CREATE_LATER + layer : layer;
}
