import type { GuestStatus } from "../../api/index.ts";
import { annotation, annotationOf } from "../../api/meta.ts";
import { backoffMs } from "../../base/backoff.ts";
import { rfc3339 } from "../../base/clock.ts";
import type { Down } from "./explain.ts";
import type { GuestAction } from "./guestAction.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import { haAtWork } from "./haAtWork.ts";
import type { Step } from "./guestStep.ts";
import { note, stalled, waiting } from "../outcomes.ts";
import { standsOnSickGround } from "./holds.ts";
import { hasRun } from "../lab.ts";
import { asksForStart, olderRestart } from "./restartRequest.ts";

type Present = Extract<Sight, { is: "present" }>;
type Hold = NonNullable<GuestStatus["hold"]>;

const HA_GRACE_MS = 60_000;
const RESTART_FIRST_MS = 5_000;
const RESTART_MAX_MS = 300_000;

/** A guest that should run and does not. */
export function startStep(input: GuestInput, sight: Present): Step {
  const first = !hasRun(input.lab, input.member);
  const requested = haAtWork(input, "Start");
  if (requested !== undefined) return requested;
  if (isReleasedByHand(input))
    return start(input, "asked for by restarted-at or a changed powerState", { counts: false, first });
  const held = holdStep(input, sight.down);
  if (held !== undefined) return held;
  if (asksForStart(input)) return start(input, "asked for by restarted-at", { counts: false, first });
  if (input.memory.lastFailure !== undefined && input.memory.lastFailure.op !== "Migrate") {
    const patience = afterFailure(input);
    if (patience !== undefined) return patience;
  }
  if (first) return start(input, firstReason(input), { first });
  return repairStep(input, sight.down);
}

/** A new restarted-at, or an own powerState that was changed, ends a hold (O7). */
export function isReleasedByHand({ object }: Pick<GuestInput, "object">): boolean {
  const { status, spec } = object;
  if (status?.hold === undefined) return false;
  const restartedAt = annotationOf(object, annotation.restartedAt);
  const restarted = restartedAt !== undefined && restartedAt !== status.lastHandledRestartAt;
  return restarted || (status.lastHandledPowerState !== undefined && status.lastHandledPowerState !== spec.powerState);
}

/** A person's stop is respected; what others are still about is waited for (O6, O7, A4, A8). */
function holdStep(input: GuestInput, down: Down | undefined): Step | undefined {
  const { object, memory } = input;
  const respects = object.spec.recovery.respectManualStop;
  const before = object.status?.hold;
  if (before !== undefined && respects) return heldStep(input, before.by, before.time);
  switch (down?.cause) {
    case "StoppedByHand":
      return respects && !isOlderThanStart(input, down) ? newHold(input, down) : undefined;
    case "NodeStopping":
      return { outcome: waiting("NodeStopping", down.message, down.retryMs), quiet: true };
    case "Busy":
      return { outcome: waiting("GuestBusy", down.message, down.retryMs) };
    case "HA":
      if (memory.downMs >= HA_GRACE_MS) return undefined;
      return { outcome: waiting("Recovering", down.message, HA_GRACE_MS - memory.downMs) };
    case "Unknown":
      return respects
        ? {
            outcome: stalled(
              "PermissionMissing",
              `${down.message}. It is left alone: grant Sys.Audit on /nodes, or set recovery.respectManualStop: false`,
            ),
          }
        : undefined;
    case "Own":
    case "HostReboot":
    case "Crashed":
    case undefined:
      return undefined;
  }
}

function newHold(input: GuestInput, down: Down): Step {
  const hold = holdOf(input, down);
  return { ...heldStep(input, hold.by, hold.time), patch: { hold, ...olderRestart(input) } };
}

function holdOf({ lab }: GuestInput, { by = "somebody", time = lab.now, upid }: Down): Hold {
  return { by, time: rfc3339(time), ...(upid === undefined ? {} : { upid }) };
}

/**
 * A stop found at first sight while the layer or the Homelab is declared Stopped: it goes on record then, because nobody
 * asks for it again, and the person may have meant this guest before the lab was stopped (O7).
 */
export function heldBefore(input: GuestInput, { down }: Present): Pick<Step, "patch"> {
  const { spec, status } = input.object;
  const isFirstSight = status?.seenVmid === undefined && status?.hold === undefined;
  if (!isFirstSight || spec.powerState === "Stopped" || !spec.recovery.respectManualStop) return {};
  return down?.cause === "StoppedByHand" ? { patch: { hold: holdOf(input, down), ...olderRestart(input) } } : {};
}

/**
 * We were asked to start it after that stop, and it has not come up since: the stop is no longer the newest word. Once it
 * was seen running a stop is newer, whatever the two clocks say (P4).
 */
function isOlderThanStart({ object }: GuestInput, down: Down): boolean {
  const { requestTime, runningTime } = object.status?.lastStart ?? {};
  if (requestTime === undefined || runningTime !== undefined || down.time === undefined) return false;
  return Date.parse(requestTime) >= down.time;
}

function heldStep(input: GuestInput, by: string, time: string): Step {
  const name = `${input.object.kind === "Container" ? "hct" : "hvm"} ${input.object.metadata.name}`;
  return {
    outcome: stalled(
      "StoppedByHand",
      `${by} stopped it at ${time}, and that is respected. To start it: start it in Proxmox, or ` +
        `kubectl annotate ${name} --overwrite ${annotation.restartedAt}="$(date)"`,
    ),
  };
}

/** The last attempt failed: wait longer each time, and say why it failed. */
function afterFailure({ memory, object }: GuestInput): Step | undefined {
  const failure = memory.lastFailure;
  if (failure?.generation !== object.metadata.generation || failure.kind === "permission") return undefined;
  const wait = backoffMs(memory.failures, RESTART_FIRST_MS, RESTART_MAX_MS) - failure.agoMs;
  if (wait <= 0) return undefined;
  const message = `${failure.op} failed: ${failure.text}; it is tried again, ${String(memory.failures)} failed in a row`;
  if (memory.failures >= 3) return { outcome: stalled("TaskFailed", message, wait) };
  return { outcome: waiting("BackingOff", message, wait) };
}

/** It ran in this boot and went down: no gate holds it (L1, H3). */
function repairStep(input: GuestInput, down: Down | undefined): Step {
  const { object, lab, member } = input;
  if (down?.cause === "Own" || down === undefined)
    return start(input, "it was stopped by this controller and should run", { counts: false });
  const why = `it went down (${down.cause})`;
  const { recovery } = object.spec;
  if (recovery.onStopped === "None")
    return {
      outcome: stalled(
        "RestartLimit",
        `${down.message}; recovery.onStopped is None, so it stays down. To start it: set restarted-at`,
      ),
    };
  const sick = standsOnSickGround(lab, member);
  const past = restartsInWindow(input);
  if (!sick && past.count >= recovery.maxRestarts) return { outcome: limit(input, down.message, past.endsMs) };
  const wait = past.count === 0 ? 0 : backoffMs(past.count, RESTART_FIRST_MS, RESTART_MAX_MS) - past.sinceMs;
  if (wait > 0 && !(sick && past.sinceMs > RESTART_MAX_MS))
    return {
      outcome: waiting(
        "BackingOff",
        `${down.message}; restarted ${String(past.count)} times already, the next follows soon`,
        wait,
      ),
    };
  return start(input, why, { counts: !sick });
}

function limit(input: GuestInput, message: string, endsMs: number): ReturnType<typeof stalled> {
  const { maxRestarts, windowSeconds } = input.object.spec.recovery;
  return stalled(
    "RestartLimit",
    `${message}; it was restarted ${String(maxRestarts)} times within ${String(windowSeconds)} s and is left alone now. ` +
      `Find out why it goes down; then set ${annotation.restartedAt} to start it`,
    Math.max(1000, endsMs),
  );
}

export interface Restarts {
  readonly count: number;
  /** Since the last one; 0 when there was none. */
  readonly sinceMs: number;
  /** Until the window ends. */
  readonly endsMs: number;
}

/** Restarts that count in the current window, from status (L10). */
export function restartsInWindow({ object, lab }: Pick<GuestInput, "object" | "lab">): Restarts {
  const restarts = object.status?.restarts;
  const windowMs = object.spec.recovery.windowSeconds * 1000;
  const begun = restarts?.windowStartTime === undefined ? undefined : Date.parse(restarts.windowStartTime);
  if (restarts === undefined || begun === undefined || lab.now - begun > windowMs)
    return { count: 0, sinceMs: 0, endsMs: 0 };
  const last = restarts.lastTime === undefined ? begun : Date.parse(restarts.lastTime);
  return {
    count: restarts.count,
    sinceMs: Math.max(0, lab.now - last),
    endsMs: Math.max(0, begun + windowMs - lab.now),
  };
}

function firstReason({ lab }: GuestInput): string {
  const boot = lab.homelab?.status?.lastBoot;
  return boot === undefined || boot.finishTime !== undefined ? "powerState is Running" : `boot ${boot.cause}`;
}

function start(_input: GuestInput, because: string, how: Pick<GuestAction, "first" | "counts">): Step {
  return {
    outcome: { is: "progressing", reason: "Starting", message: `starting: ${because}` },
    action: { op: "Start", effect: "starts", makesTask: true, because, repair: how.first !== true, ...how },
    ...(how.counts === true ? { events: [note("Warning", "Recovering", "Start", `restarting: ${because}`)] } : {}),
  };
}
