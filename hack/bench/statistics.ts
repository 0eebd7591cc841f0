/** The middle and the ends of some measurements, in the unit they were given in. */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** Undefined when nothing was measured. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN;
  if (sorted.length === 0) return undefined;
  const half = sorted.length / 2;
  const median = Number.isInteger(half) ? ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2 : at(0.5);
  return { count: sorted.length, min: sorted[0] ?? NaN, median, p90: at(0.9), max: at(1) };
}
