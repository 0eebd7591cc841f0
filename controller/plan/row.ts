/** So many members are looked at anew when one of them changes. */
const BLOCK = 64;

/** A long list, as the members of one layer. Immutable, in blocks: a successor shares those in which nothing changed. */
export class Row<M> {
  readonly members: readonly M[];
  readonly blocks: readonly (readonly M[])[];

  private constructor(members: readonly M[], blocks: readonly (readonly M[])[]) {
    this.members = members;
    this.blocks = blocks;
  }

  static of<M>(members: readonly M[]): Row<M> {
    const starts = Array.from({ length: Math.ceil(members.length / BLOCK) }, (_, at) => at * BLOCK);
    return new Row(
      members,
      starts.map((start) => members.slice(start, start + BLOCK)),
    );
  }

  /** The same with other members at these places. */
  with(changes: ReadonlyMap<number, M>): Row<M> {
    const members = [...this.members];
    for (const [index, member] of changes) members[index] = member;
    const changed = new Set([...changes.keys()].map((index) => Math.floor(index / BLOCK)));
    const blocks = this.blocks.map((block, at) =>
      changed.has(at) ? members.slice(at * BLOCK, at * BLOCK + block.length) : block,
    );
    return new Row(members, blocks);
  }
}

/** Of a layer that nobody names. */
export const noRow: Row<never> = Row.of<never>([]);

/**
 * A pure function of a row that follows from what it says of the blocks. What it said of a block is kept as long as the
 * block lives, so one member's change costs one block, however large the layer is.
 */
export function perBlock<M, T>(
  ofBlock: (block: readonly M[]) => T,
  joined: (parts: readonly T[]) => T,
): (row: Row<M>) => T {
  const ofOne = kept(ofBlock);
  return kept((row: Row<M>) => joined(row.blocks.map(ofOne)));
}

/** Keeps what a pure function answers of an immutable object, as long as that lives. */
export function kept<O extends object, T>(compute: (of: O) => T): (of: O) => T {
  const answers = new WeakMap<O, { readonly answer: T }>();
  return (of) => {
    const known = answers.get(of);
    if (known !== undefined) return known.answer;
    const answer = compute(of);
    answers.set(of, { answer });
    return answer;
  };
}
