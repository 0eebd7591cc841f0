/** One declared field whose value in Omada is another. */
export interface Drift {
  readonly field: string;
  readonly desired: string;
  readonly actual: string;
}

/** Each difference in a phrase, for messages. */
export function driftText(drift: readonly Drift[]): string {
  return drift.map(({ field, desired, actual }) => `${field} is ${actual}, declared ${desired}`).join("; ");
}
