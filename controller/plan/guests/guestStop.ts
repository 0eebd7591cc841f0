import { backoffMs } from "../../base/backoff.ts";
import type { GuestInput } from "./guestInput.ts";
import { haAtWork } from "./haAtWork.ts";
import type { Step } from "./guestStep.ts";
import { RECHECK_MS, stalled, waiting } from "../outcomes.ts";

const GRACEFUL_TRIES = 3;
const STOP_FIRST_MS = 10_000;

/** A running guest that is declared Stopped: graceful, three tries with back-off, then a person is asked (A9, L6). */
export function stopStep(input: GuestInput): Step {
  const { memory } = input;
  const requested = haAtWork(input, "Shutdown");
  if (requested !== undefined) return requested;
  const failure = memory.lastFailure;
  if (failure?.op === "Shutdown" && failure.kind !== "permission") {
    const given = memory.failures >= GRACEFUL_TRIES;
    const wait = (given ? RECHECK_MS : backoffMs(memory.failures, STOP_FIRST_MS, RECHECK_MS)) - failure.agoMs;
    const message = `it did not shut down (${failure.text})`;
    if (wait > 0 && given)
      return {
        outcome: stalled(
          "StopRefused",
          `${message} in ${String(GRACEFUL_TRIES)} tries; it is tried again every 5 min. Shut it down by hand, or set shutdown.force: true (a kill can lose data)`,
          wait,
        ),
      };
    if (wait > 0) return { outcome: waiting("Stopping", `${message}; tried again soon`, wait) };
  }
  return shutdown(reasonOf(input));
}

function reasonOf({ object, member }: GuestInput): string {
  if (member.leaving) return "its object is deleted and deletionPolicy is Delete";
  return object.spec.powerState === "Stopped"
    ? "powerState is Stopped"
    : "its layer or the Homelab is declared Stopped";
}

function shutdown(because: string): Step {
  return {
    outcome: { is: "progressing", reason: "Stopping", message: `shutting down: ${because}` },
    action: { op: "Shutdown", effect: "stops", makesTask: true, declared: true, because },
  };
}
