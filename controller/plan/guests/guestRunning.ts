import { backoffMs } from "../../base/backoff.ts";
import type { GuestInput } from "./guestInput.ts";
import { restartsInWindow } from "./guestStart.ts";
import type { Step } from "./guestStep.ts";
import { note, progressing, settled, stalled } from "../outcomes.ts";
import { haAtWork } from "./haAtWork.ts";
import { standsOnSickGround } from "./holds.ts";
import { failureWindowMs, isOnBrokenPath } from "./probePath.ts";
import { asksForRestart } from "./restartRequest.ts";

const ADDRESS_MS = 5_000;
const RESTART_FIRST_MS = 30_000;
const RESTART_MAX_MS = 600_000;

/** A guest that runs and should: restart it where asked, else say how it feels. */
export function runningStep(input: GuestInput): Step {
  return haAtWork(input, "Shutdown") ?? askedRestart(input) ?? healthStep(input);
}

/** A new value of restarted-at restarts once, gracefully (A9); the value is recorded with the intent. */
function askedRestart(input: GuestInput): Step | undefined {
  if (!asksForRestart(input) || input.object.status?.hold !== undefined) return undefined;
  return {
    outcome: progressing("Stopping", "restarting: asked for by restarted-at"),
    action: {
      op: "Shutdown",
      effect: "stops",
      makesTask: true,
      restart: true,
      because: "restart asked for by restarted-at",
    },
  };
}

function healthStep(input: GuestInput): Step {
  const { object, health } = input;
  if ((object.spec.probes ?? []).length === 0) return { outcome: withoutProbes(input) };
  if (health === undefined || health.state === "Starting") return { outcome: startingOutcome(input) };
  if (health.state === "Healthy") return { outcome: settled("Settled", "running and healthy") };
  return restartUnhealthy(input) ?? { outcome: sickOutcome(input) };
}

/** Healthy as it runs; its address is still looked for during its start-up time, to be shown. */
function withoutProbes({ object, sight, lab, member }: GuestInput): Step["outcome"] {
  const hasAddress = sight.is === "present" && sight.addresses.length > 0;
  const age = member.startTime === undefined ? Infinity : lab.now - member.startTime;
  const settling = !hasAddress && age < object.spec.startupTimeoutSeconds * 1000;
  return { is: "settled", reason: "Settled", message: "running", ...(settling ? { afterMs: ADDRESS_MS } : {}) };
}

function startingOutcome({ health }: GuestInput): Step["outcome"] {
  const waitsFor = (health?.probes ?? []).filter((probe) => probe.state !== "Succeeding").map((probe) => probe.name);
  return progressing(
    "Starting",
    waitsFor.length === 0 ? "running; waiting for its probes" : `running; waiting for probe ${waitsFor.join(", ")}`,
    60_000,
  );
}

function sickOutcome({ health }: GuestInput, afterMs = 60_000): Step["outcome"] {
  const failing = (health?.probes ?? []).filter((probe) => probe.state === "Failing");
  const text = failing.map((probe) => `${probe.name}: ${probe.message}`).join("; ");
  if (health?.noAddress === true)
    return progressing(
      "NoAddress",
      "it runs and has no address yet: check its network and DHCP, or give the probes a host",
      60_000,
    );
  return progressing("ProbeFailing", `running, but its probes fail: ${text}`, afterMs);
}

/** Only where opted in, only a guest that was healthy before, never on sick ground, within the limit (H3). */
function restartUnhealthy(input: GuestInput): Step | undefined {
  const { object, health, lab, member } = input;
  if (object.spec.recovery.onUnhealthy !== "Restart" || health?.wasHealthy !== true) return undefined;
  if (standsOnSickGround(lab, member) || isOnBrokenPath(lab, member)) return undefined;
  const rest = failureWindowMs(object) - (lab.monotonic - health.since);
  if (rest > 0) return { outcome: sickOutcome(input, rest) };
  const past = restartsInWindow(input);
  const { maxRestarts, windowSeconds } = object.spec.recovery;
  if (past.count >= maxRestarts)
    return {
      outcome: stalled(
        "RestartLimit",
        `its probes fail, and it was restarted ${String(maxRestarts)} times within ${String(windowSeconds)} s; it is left as it is`,
        Math.max(1000, past.endsMs),
      ),
    };
  const wait = past.count === 0 ? 0 : backoffMs(past.count, RESTART_FIRST_MS, RESTART_MAX_MS) - past.sinceMs;
  if (wait > 0) return { outcome: sickOutcome(input, wait) };
  return {
    outcome: progressing("Recovering", "restarting: its probes fail and recovery.onUnhealthy is Restart"),
    action: {
      op: "Shutdown",
      effect: "stops",
      makesTask: true,
      restart: true,
      counts: true,
      because: "its probes fail",
    },
    events: [note("Warning", "Recovering", "Shutdown", "restarting: its probes fail")],
  };
}
