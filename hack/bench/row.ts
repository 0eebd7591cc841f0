import type { Table } from "./table.ts";

/** What a row runs with. */
export interface RowContext {
  readonly runs: number;
  /** Numbers of guests to measure with; for rows that have sizes. */
  readonly sizes: readonly number[];
  /** How long rest is watched; for rows that watch it. */
  readonly windowSeconds: number;
  /** The controller as it is released: one file. */
  readonly program: string;
  /** Tells what begins or has ended; not part of the result. */
  readonly say: (line: string) => void;
  /** Tells how far something has come; shown on a terminal only, one in place of the other. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface RowResult {
  readonly row: string;
  readonly tables: readonly Table[];
  /** Everything measured, for the JSON file. */
  readonly data: unknown;
}

/** One figure of `npm run bench`. */
export interface Row {
  readonly name: string;
  readonly about: string;
  /** Sizes unless others are asked for; absent: the row has one lab. */
  readonly sizes?: readonly number[];
  /** Absent: the row watches no rest. */
  readonly windowSeconds?: number;
  run(context: RowContext): Promise<RowResult>;
}
