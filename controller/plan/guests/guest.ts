import type { GuestStatus } from "../../api/index.ts";
import { annotation, annotationOf, isDeleting } from "../../api/meta.ts";
import { rfc3339, rfc3339Millis } from "../../base/clock.ts";
import type { Decision } from "../action.ts";
import { withConfiguration } from "./configuration/configurationStep.ts";
import { differencesIn } from "./configuration/differences.ts";
import { newlyDue } from "./configuration/restartTurn.ts";
import { deletionStep, hasFinalizer, wantsFinalizer } from "./guestDeletion.ts";
import type { GuestAction } from "./guestAction.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import { absentStep } from "./guestAbsent.ts";
import { identityStep } from "./guestMark.ts";
import { guestClaims } from "./guestClaims.ts";
import { movesTo, notMoved, withMigration } from "./guestMigration.ts";
import { heldBy } from "./guestPolicy.ts";
import { guestEvents } from "./guestEvents.ts";
import { guestReport } from "./guestReport.ts";
import { runningStep } from "./guestRunning.ts";
import { heldBefore, restartsInWindow, startStep } from "./guestStart.ts";
import { restartAnswered } from "./restartRequest.ts";
import { isAtWork, TASK_MS, taskStep } from "./guestTaskStep.ts";
import { stopStep } from "./guestStop.ts";
import type { GuestPatch } from "./guestAction.ts";
import type { Step } from "./guestStep.ts";
import { progressing, settled, stalled, unknown, waiting } from "../outcomes.ts";
import { placeless } from "./holds.ts";
import { bootIdOf } from "../lab.ts";
import { startupAction } from "./startup.ts";
import { snapshotBefore } from "./updateSnapshot.ts";

/** The whole decision about one guest: what should be done next, what holds it, and what to say. Pure. */
export function planGuest(input: GuestInput): Decision<GuestStatus, GuestAction> {
  const differences = differencesIn(input);
  const configured = withConfiguration(stepOf(input), input, differences);
  const step = underPolicies(withStartup(configured, input), input);
  const report = guestReport(input, step, differences);
  const { action } = step;
  return {
    outcome: action?.makesTask === true ? untilTaskEnds(step.outcome) : soonIf(newlyDue(input, report), step.outcome),
    report,
    conditions: guestClaims(input, report),
    events: [
      // Why it went down may be what Ready says from now on: that is told once.
      ...guestEvents(input, report, differences).filter(({ reason }) => reason !== step.outcome.reason),
      ...(step.events ?? []),
    ],
    ...(step.quiet === true ? { quiet: true } : {}),
    ...(input.sight.is === "unseen" && input.sight.reason === "Connecting" ? { premature: true } : {}),
    ...(step.finalizer === undefined ? {} : { finalizer: step.finalizer }),
    ...(action === undefined ? {} : { action: { ...action, record: recordOf(action, input, report) } }),
    ...(step.held === undefined ? {} : { held: { ...step.held, record: recordOf(step.held, input, report) } }),
  };
}

/** What should be done, whoever may hold it. */
function stepOf(input: GuestInput): Step {
  const { object, sight } = input;
  if (isDeleting(object)) return deletionStep(input);
  if (input.rival !== undefined)
    return {
      outcome: stalled(
        "VmidTaken",
        `vmid ${String(object.spec.vmid)} is declared by ${input.rival} too, which has it; correct one of them`,
      ),
    };
  switch (sight.is) {
    case "noCluster":
      return { outcome: waiting("ClusterMissing", sight.message), quiet: true };
    case "unseen":
      return unseenStep(sight, input);
    case "hidden":
      return { outcome: stalled("PermissionMissing", sight.message) };
    case "absent":
    case "present":
      return (
        finalizerStep(input) ??
        taskStep(input) ??
        (sight.is === "absent" ? absentStep(input, sight.gone) : presentStep(input, sight))
      );
  }
}

/** The connection's trouble is told once, on the ProxmoxCluster; guests only name it (O3, H4). */
function unseenStep(sight: Extract<Sight, { is: "unseen" }>, input: GuestInput): Step {
  switch (sight.reason) {
    case "HostUnreachable":
      return { outcome: unknown(sight.reason, sight.message, sight.retryMs), quiet: true };
    case "NodeOffline":
      return { outcome: unknown(sight.reason, `${sight.message}${notMoved(input)}`, sight.retryMs), quiet: true };
    case "Connecting":
    case "SecretMissing":
    case "Unauthorized":
    case "CertificateMismatch":
      return { outcome: waiting("Connecting", sight.message, sight.retryMs), quiet: true };
  }
}

/** Only objects with something to undo carry the finalizer (I7); it is there before the first mutation. */
function finalizerStep(input: GuestInput): Step | undefined {
  const wants = wantsFinalizer(input);
  if (wants === hasFinalizer(input)) return undefined;
  return {
    outcome: progressing("NewObject", wants ? "adding the finalizer" : "removing the finalizer", 0),
    finalizer: wants ? "add" : "remove",
  };
}

function presentStep(input: GuestInput, sight: Extract<Sight, { is: "present" }>): Step {
  const identity = identityStep(input, sight);
  if (identity !== undefined) return identity;
  if (input.object.spec.management === "Observe")
    return { outcome: settled("Observing", `only observed; it is ${sight.guest.power.toLowerCase()}`) };
  if (sight.guest.power === "Unknown")
    return {
      outcome: unknown(
        "NodeOffline",
        `node ${sight.guest.node} does not answer, so nobody knows whether it runs${notMoved(input)}`,
      ),
      quiet: true,
    };
  return withMigration(powerStep(input, sight), input, sight);
}

function powerStep(input: GuestInput, sight: Extract<Sight, { is: "present" }>): Step {
  const running = sight.guest.power === "Running";
  if (input.member.wanted === "Stopped")
    return running
      ? stopStep(input)
      : { outcome: settled("Stopped", "stopped, as declared"), ...heldBefore(input, sight) };
  return running ? runningStep(input) : startStep(input, sight);
}

/** Proxmox's autostart is set beside whatever else goes on, when nothing more urgent is to be done (L9). */
function withStartup(step: Step, input: GuestInput): Step {
  if (step.finalizer !== undefined || isDeleting(input.object) || isAtWork(input.task)) return step;
  const held = step.action === undefined ? step.outcome : heldBy(step.action, input);
  const justHeld = step.patch?.hold !== undefined;
  const action = startupAction(justHeld ? { ...input, member: { ...input.member, held: true } } : input);
  if (held === undefined || action === undefined || heldBy(action, input) !== undefined) return step;
  if (input.memory.configFailure?.op === "SetStartup") return step;
  return { ...step, action, outcome: soon(held) };
}

/** The end of the task that the call makes says when to look again. */
function untilTaskEnds(outcome: Step["outcome"]): Step["outcome"] {
  return outcome.is === "failed" ? outcome : { ...outcome, afterMs: TASK_MS };
}

function soonIf(due: boolean, outcome: Step["outcome"]): Step["outcome"] {
  return due ? soon(outcome) : outcome;
}

function soon(outcome: Step["outcome"]): Step["outcome"] {
  return outcome.is === "failed" ? outcome : { ...outcome, afterMs: 100 };
}

/** A held step is not done, and says why. Waiting on a parent is told by the parent (H4). */
function underPolicies(step: Step, input: GuestInput): Step {
  if (step.action === undefined) return atRest(step, input);
  const outcome = heldBy(step.action, input);
  if (outcome === undefined) return step;
  const { action, events: _, ...rest } = step;
  return { ...rest, held: action, outcome, quiet: PARENTS.has(outcome.reason) };
}

const PARENTS: ReadonlySet<string> = new Set([
  "LayerNotReady",
  "LayerMissing",
  "HomelabMissing",
  "IntentSettling",
  "Booting",
  "PreflightFailing",
]);

/** Nothing is to be done: unless suspended or declared in a way that has no place in the order, all is well. */
function atRest(step: Step, { member, lab }: GuestInput): Step {
  if (step.outcome.is !== "settled" || step.finalizer !== undefined) return step;
  if (member.suspended)
    return { ...step, outcome: settled("Suspended", `suspended; nothing to do: ${step.outcome.message}`) };
  const outcome = step.outcome.reason === "Settled" ? placeless(lab, member) : undefined;
  return outcome === undefined ? step : { ...step, outcome, quiet: PARENTS.has(outcome.reason) };
}

/** What the status says together with the intent (A3, H3, H4, O7). */
function recordOf(action: GuestAction, input: GuestInput, report: GuestPatch): GuestPatch {
  const { object, lab } = input;
  const now = rfc3339Millis(lab.now);
  const restartedAt = annotationOf(object, annotation.restartedAt);
  const handled = restartedAt === undefined ? {} : restartAnswered(restartedAt);
  const task = { task: { action: action.op, startTime: now, ...nodeTimeOf(action, input) } };
  const counted = action.counts === true ? { restarts: nextRestarts(action, input) } : {};
  const incident = report.lastIncident;
  const acted =
    incident !== undefined && incident.recoverTime === undefined && incident.actTime === undefined
      ? { lastIncident: { ...incident, actTime: now } }
      : {};
  switch (action.op) {
    case "Start":
      return {
        ...task,
        ...handled,
        ...counted,
        ...acted,
        hold: undefined,
        lastHandledPowerState: object.spec.powerState,
        lastStart: { bootID: bootIdOf(lab), requestTime: now },
      };
    case "Shutdown":
      return {
        ...task,
        ...counted,
        ...acted,
        ...(action.restart === true ? handled : {}),
        ...movesTo(action, input),
        ...(action.update === true ? { updating: updatingSince(now, object) } : {}),
      };
    case "Migrate":
      return { ...task, ...movesTo(action, input) };
    case "Snapshot":
      return { ...task, ...snapshotBefore(action, object) };
    case "Download":
    case "Create":
    case "Resize":
    case "Destroy":
      return task;
    case "Configure":
      return action.makesTask ? task : {};
    case "Mark":
    case "SetStartup":
      return {};
  }
}

function updatingSince(time: string, { status }: GuestInput["object"]): NonNullable<GuestPatch["updating"]> {
  return { time, ...(status?.startTime === undefined ? {} : { formerStartTime: status.startTime }) };
}

/** The clock of the node that the call is for. Its tasks carry its own times: an older one is not this intent's (A3). */
function nodeTimeOf({ creation }: GuestAction, { sight, rules, lab }: GuestInput): { readonly nodeTime?: string } {
  const node = sight.is === "present" ? sight.guest.node : creation?.node;
  const host = lab.hosts.find(({ cluster, name }) => cluster === rules?.name && name === node);
  return host?.clockOffsetMs === undefined ? {} : { nodeTime: rfc3339Millis(lab.monotonic + host.clockOffsetMs) };
}

function nextRestarts(action: GuestAction, input: GuestInput): NonNullable<GuestPatch["restarts"]> {
  const past = restartsInWindow(input);
  const now = rfc3339(input.lab.now);
  const begun = past.count === 0 ? now : (input.object.status?.restarts?.windowStartTime ?? now);
  return { count: past.count + 1, lastTime: now, lastCause: action.because.slice(0, 64), windowStartTime: begun };
}
