import type { Outcome } from "../base/outcome.ts";
import type { Reason } from "../base/reasons.ts";
import type { EventNote } from "./action.ts";

const HOUR_MS = 3_600_000;
export const RECHECK_MS = 300_000;

export function settled(reason: Reason, message: string): Outcome {
  return { is: "settled", reason, message };
}

export function progressing(reason: Reason, message: string, afterMs?: number): Outcome {
  return { is: "progressing", reason, message, ...delay(afterMs) };
}

export function waiting(reason: Reason, message: string, afterMs?: number): Outcome {
  return { is: "waiting", reason, message, ...delay(afterMs) };
}

export function stalled(reason: Reason, message: string, afterMs?: number): Outcome {
  return { is: "stalled", reason, message, ...delay(afterMs) };
}

export function unknown(reason: Reason, message: string, afterMs?: number): Outcome {
  return { is: "unknown", reason, message, ...delay(afterMs) };
}

function delay(afterMs: number | undefined): { afterMs?: number } {
  return afterMs === undefined ? {} : { afterMs: Math.min(afterMs, HOUR_MS) };
}

export function note(type: "Normal" | "Warning", reason: string, action: string, message: string): EventNote {
  return { type, reason, action, message };
}
