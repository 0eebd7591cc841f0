import type { Condition, Key } from "../api/meta.ts";
import type { Log } from "../base/log.ts";
import { textOf, type Outcome } from "../base/outcome.ts";
import type { Action, Receipt } from "./driver.ts";

/** When a key is looked at again, unless something wakes it before. */
export type Next =
  /** Not by itself. */
  | { readonly is: "rest" }
  | { readonly is: "after"; readonly ms: number }
  /** After the queue's back-off. */
  | { readonly is: "retry" };

/** How a pass ended. */
export type Ending =
  | { readonly is: "concluded"; readonly outcome: Outcome }
  /** Too early to say anything: what was written stands. */
  | { readonly is: "premature"; readonly outcome: Outcome }
  /** The finalizer was added or removed, and nothing else done. */
  | { readonly is: "finalizer"; readonly step: "add" | "remove" }
  /** The object is gone. */
  | { readonly is: "gone" }
  /** We do not lead, or are stopping: seen, nothing written. */
  | { readonly is: "followed" }
  /** Somebody wrote first: the store is behind. */
  | { readonly is: "conflict" }
  /** The API server could not be written to. */
  | { readonly is: "unwritten"; readonly error: unknown };

export interface Acted {
  readonly action: Action;
  readonly receipt?: Receipt;
  /** Present when the call failed. */
  readonly error?: unknown;
}

/** One pass, told once; metrics and log lines follow from it. */
export interface PassReport {
  readonly key: Key;
  readonly ending: Ending;
  readonly next: Next;
  /** Ready before the pass. */
  readonly before?: Condition;
  readonly acted?: Acted;
  /** Status patches sent. */
  readonly writes: number;
  readonly ms: number;
}

const CONFLICT_MS = 250;
const PROGRESS_MS = 1_000;
const PREMATURE_MS = 500;
const STALLED_MS = 300_000;

export function nextOf(ending: Ending): Next {
  switch (ending.is) {
    case "concluded":
      return nextOfOutcome(ending.outcome);
    case "premature":
      return { is: "after", ms: PREMATURE_MS };
    case "finalizer":
      return ending.step === "add" ? { is: "after", ms: 0 } : { is: "rest" };
    case "gone":
    case "followed":
      return { is: "rest" };
    case "conflict":
      return { is: "after", ms: CONFLICT_MS };
    case "unwritten":
      return { is: "retry" };
  }
}

function nextOfOutcome(outcome: Outcome): Next {
  switch (outcome.is) {
    case "settled":
    case "waiting":
    case "unknown":
      return outcome.afterMs === undefined ? { is: "rest" } : { is: "after", ms: outcome.afterMs };
    case "progressing":
      return { is: "after", ms: outcome.afterMs ?? PROGRESS_MS };
    case "stalled":
      return { is: "after", ms: outcome.afterMs ?? STALLED_MS };
    case "failed":
      return { is: "retry" };
  }
}

/** Writes one line for each pass that did or changed something; the rest at debug (S3). */
export function logPasses(log: Log): (report: PassReport) => void {
  return (report) => {
    const fields = fieldsOf(report);
    const { ending, acted } = report;
    if (acted?.error !== undefined) log.warn("Action failed", { ...fields, error: textOf(acted.error) });
    else if (acted !== undefined) log.info("Action executed", fields);
    if (ending.is === "unwritten") log.error("Status not written", ending.error, fields);
    else if (ending.is === "concluded" && ending.outcome.is === "failed" && isTransition(report))
      log.error("Pass failed", ending.outcome.error, fields);
    else if (ending.is === "concluded" && isTransition(report)) log.info("Ready changed", fields);
    else log.debug("Pass ended", fields);
  };
}

function isTransition(report: PassReport): boolean {
  return report.ending.is === "concluded" && report.before?.reason !== report.ending.outcome.reason;
}

function fieldsOf(report: PassReport): Record<string, unknown> {
  const { ending, acted } = report;
  return {
    ...report.key,
    ending: ending.is === "concluded" ? ending.outcome.is : ending.is,
    ...(ending.is === "concluded" ? { reason: ending.outcome.reason, message: ending.outcome.message } : {}),
    ...(acted === undefined ? {} : { action: acted.action.op, because: acted.action.because }),
    ...(acted?.receipt?.upid === undefined ? {} : { upid: acted.receipt.upid }),
    ms: Math.round(report.ms),
  };
}
