import { backoffMs } from "../base/backoff.ts";

/**
 * How often a probe that cannot connect asks for a look: at once when it is news, then ever more rarely, so that a
 * guest which stays unreachable does not keep the poller busy (O1).
 */
export interface Notices {
  readonly given: number;
  /** Monotonic milliseconds. */
  readonly notBefore: number;
}

export const noNotices: Notices = { given: 0, notBefore: 0 };

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

export function isDue(notices: Notices, monotonic: number): boolean {
  return notices.given === 0 || monotonic >= notices.notBefore;
}

export function given(notices: Notices, monotonic: number): Notices {
  const count = notices.given + 1;
  return { given: count, notBefore: monotonic + backoffMs(count, FIRST_MS, LONGEST_MS) };
}
