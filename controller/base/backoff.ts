/** Delays that double from `firstMs` up to `maxMs`. `attempt` counts from 1. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, Math.min(attempt, 32) - 1));
}
