import type { ProbeSeen } from "./port.ts";
import type { Timing } from "./timing.ts";

/** What one attempt came to. */
export type Answer =
  { readonly ok: true } | { readonly ok: false; readonly refused: boolean; readonly message: string };

/** What is known of one probe. Immutable. */
export interface Verdict {
  readonly state: ProbeSeen["state"];
  readonly message: string;
  /** Wall milliseconds of the last change of state; absent while Unknown. */
  readonly transitionTime: number | undefined;
  readonly everSucceeded: boolean;
  /** Successes in a row. */
  readonly successes: number;
  /** Failures in a row that count. */
  readonly failures: number;
  /** The newest failure text and how often in a row it came. */
  readonly latest: string;
  readonly repeats: number;
}

export const noVerdict: Verdict = {
  state: "Unknown",
  message: "",
  transitionTime: undefined,
  everSucceeded: false,
  successes: 0,
  failures: 0,
  latest: "",
  repeats: 0,
};

/** When the attempt ended, and whether a failure counts yet (H2). */
export interface Moment {
  readonly now: number;
  readonly failuresCount: boolean;
}

/** The verdict after one more attempt. Thresholds are those of Pod probes: that many in a row. */
export function judge(before: Verdict, answer: Answer, timing: Timing, at: Moment): Verdict {
  return answer.ok ? afterSuccess(before, timing, at) : afterFailure(before, answer.message, timing, at);
}

function afterSuccess(before: Verdict, timing: Timing, at: Moment): Verdict {
  const successes = before.successes + 1;
  const counted = { ...before, everSucceeded: true, successes, failures: 0, latest: "", repeats: 0 };
  if (before.state === "Succeeding" || successes < timing.successThreshold) return counted;
  return { ...counted, state: "Succeeding", message: "", transitionTime: at.now };
}

function afterFailure(before: Verdict, message: string, timing: Timing, at: Moment): Verdict {
  const failures = at.failuresCount ? before.failures + 1 : 0;
  const repeats = message === before.latest ? before.repeats + 1 : 1;
  const counted = { ...before, successes: 0, failures, latest: message, repeats };
  if (before.state !== "Failing" && failures >= timing.failureThreshold)
    return { ...counted, state: "Failing", message, transitionTime: at.now };
  if (!at.failuresCount) return waiting(counted, message, timing);
  return before.state === "Succeeding" ? counted : { ...counted, message: messageOf(counted, message, timing) };
}

/**
 * While Starting a failure cannot make a probe Failing, but it ends a success: Healthy means that all probes succeed
 * now, not that each did at some time.
 */
function waiting(before: Verdict, message: string, timing: Timing): Verdict {
  return { ...before, state: "Unknown", transitionTime: undefined, message: messageOf(before, message, timing) };
}

/** A message stays until another one has come `failureThreshold` times in a row: no number in it may flicker (S1). */
function messageOf(counted: Verdict, message: string, timing: Timing): string {
  return counted.message === "" || counted.repeats >= timing.failureThreshold ? message : counted.message;
}
