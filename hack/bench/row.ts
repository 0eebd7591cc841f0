import type { Table } from "./table.ts";

/** What a row runs with. */
export interface RowContext {
  readonly runs: number;
  /** Tells how far it has come; not part of the result. */
  readonly say: (line: string) => void;
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
  run(context: RowContext): Promise<RowResult>;
}
