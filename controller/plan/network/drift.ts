/** One declared field whose value in Omada is another. */
export interface Drift {
  readonly field: string;
  readonly desired: string;
  readonly actual: string;
}
