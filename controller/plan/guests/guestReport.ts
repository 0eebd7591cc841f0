import { annotation, annotationOf } from "../../api/meta.ts";
import { rfc3339, rfc3339Millis } from "../../base/clock.ts";
import type { HealthSeen } from "../../health/port.ts";
import type { Difference } from "./configuration/difference.ts";
import { pendingChanges } from "./configuration/pendingChanges.ts";
import { updatePolicyOf } from "./configuration/policy.ts";
import { restartTurn } from "./configuration/restartTurn.ts";
import { driftOf, unmanagedOf } from "./drift.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import type { GuestPatch, GuestReport } from "./guestAction.ts";
import type { Step } from "./guestStep.ts";
import { hasCreated, isAtWork, saidWithCall, wasNeverSent } from "./guestTaskStep.ts";
import { nextIncident } from "./incident.ts";
import { isToBeMarked } from "./guestMark.ts";
import { nodePart } from "./handledNode.ts";
import { bootIdOf, concerns } from "../lab.ts";
import { restartPart } from "./restartRequest.ts";

type Present = Extract<Sight, { is: "present" }>;

/** The status as it should read: what was there, what was seen, what the step adds. Nothing in it moves by itself (S1). */
export function guestReport(input: GuestInput, step: Step, differences: readonly Difference[]): GuestReport {
  const { observedGeneration: _, conditions: __, ...before } = input.object.status ?? { observedGeneration: -1 };
  if (saidWithCall(input) !== undefined)
    return compact({ ...before, ...handledPart(input), ...taskPart(input), ...step.patch });
  const seen = input.sight.is === "present" ? presentPart(input, input.sight, differences) : awayPart(input);
  return compact({ ...before, ...seen, ...handledPart(input), ...taskPart(input), ...step.patch });
}

function presentPart(input: GuestInput, sight: Present, differences: readonly Difference[]): GuestPatch {
  const { object, member } = input;
  const running = sight.guest.power === "Running";
  const { addresses } = sight;
  return {
    node: sight.guest.node,
    powerState: sight.guest.power,
    health: member.health,
    startTime: running ? startTime(input, sight) : undefined,
    bootID: bootID(input, sight),
    ...seenPart(input, sight),
    ...markedPart(input),
    addresses: addresses.length === 0 ? undefined : [...addresses],
    summary: addresses[0] === undefined ? undefined : { address: addresses[0] },
    probes: probesPart(input),
    hold: running ? undefined : object.status?.hold,
    lastIncident: nextIncident(input),
    lastStart: lastStart(input, sight),
    ...configPart(input, sight, differences),
    updating: updating(input, sight),
    ...nodePart({ ...input, guest: sight.guest }),
  };
}

/** Until it is healthy again after its restart, or it is no longer to run. */
function updating(input: GuestInput, sight: Present): GuestReport["updating"] {
  const { object, member } = input;
  const before = object.status?.updating;
  if (before === undefined || member.wanted === "Stopped" || object.status?.hold !== undefined) return undefined;
  if (sight.guest.power !== "Running") return before;
  const restarted = startTime(input, sight) !== before.formerStartTime;
  const over = restarted ? member.health === "Healthy" : wasNeverSent(input);
  return over ? undefined : before;
}

/**
 * What is being created may still fail and go without a trace: then it was never here. And first sight lasts until it is
 * explained why a guest that is down is down, and a person's stop is on record as a hold (O7): the mark comes before it.
 */
function seenPart(input: GuestInput, { guest, down }: Present): GuestPatch {
  const { object, task } = input;
  const creating = task.is !== "none" && task.action === "Create" && isAtWork(task);
  if (creating || guest.lock === "create" || guest.lock === "clone" || down?.retryMs !== undefined) return {};
  if (down?.cause === "StoppedByHand" && isToBeMarked(input, guest)) return {};
  return exists(object);
}

/** Who refuses adoption again and then adopts says so anew (I3). */
function markedPart({ object, ownership }: GuestInput): GuestPatch {
  if (ownership?.is === "ours") return { markedVmid: object.spec.vmid };
  return object.spec.adoption === "Adopt" ? {} : { markedVmid: undefined };
}

/** Once here, it is not created again by itself, and what asked for it is answered (I5). */
function exists(object: GuestInput["object"]): GuestPatch {
  return { seenVmid: object.spec.vmid, lastHandledRecreate: annotationOf(object, annotation.recreate) };
}

function configPart(input: GuestInput, sight: Present, differences: readonly Difference[]): GuestPatch {
  const { object, lab, member } = input;
  if (sight.config === undefined) return {};
  const drift = driftOf(differences, object.status?.drift);
  const unmanaged = unmanagedOf(object, sight.config);
  const sameStart = sight.guest.power === "Running" && startTime(input, sight) === object.status?.startTime;
  const turn = updatePolicyOf(object) === "Restart" ? restartTurn(lab, member) : undefined;
  const pending = pendingChanges(object, { config: sight.config, differences, lab, sameStart, turn });
  return {
    drift: drift.length === 0 ? undefined : drift,
    pendingChanges: pending.length === 0 ? undefined : [...pending],
    unmanaged: unmanaged.length === 0 ? undefined : unmanaged,
  };
}

/** The written start time stands while the difference is within the measuring error (± 5 s, L10). */
function startTime({ object }: GuestInput, { guest }: Present): string | undefined {
  const before = object.status?.startTime;
  if (guest.startTime === undefined) return before;
  if (before !== undefined && Math.abs(Date.parse(before) - guest.startTime) <= 5000) return before;
  return rfc3339(guest.startTime);
}

/** Written when it is seen running; a declared stop clears it, a crash or a person's stop does not (L0). */
function bootID({ object, lab, member }: GuestInput, { guest }: Present): string | undefined {
  const before = object.status?.bootID;
  if (guest.power === "Running") return before !== undefined && !concerns(lab, member) ? before : bootIdOf(lab);
  return member.wanted === "Stopped" && guest.power === "Stopped" ? undefined : before;
}

function lastStart(input: GuestInput, sight: Present): GuestReport["lastStart"] {
  const { object, lab, member, health } = input;
  const before = object.status?.lastStart;
  if (sight.guest.power !== "Running") return before;
  const boot = bootIdOf(lab);
  const now = rfc3339Millis(lab.now);
  const same = before?.runningTime === undefined || startTime(input, sight) === object.status?.startTime;
  const base = before !== undefined && same ? before : { bootID: boot };
  const started = base.runningTime === undefined ? { ...base, runningTime: now } : base;
  if (member.health !== "Healthy" || started.healthyTime !== undefined) return started;
  const slowest = slowestOf(health);
  return { ...started, healthyTime: now, ...(slowest === undefined ? {} : { slowestProbe: slowest }) };
}

function slowestOf(health: HealthSeen | undefined): string | undefined {
  const done = (health?.probes ?? []).filter((probe) => probe.transitionTime !== undefined);
  done.sort((a, b) => (b.transitionTime ?? 0) - (a.transitionTime ?? 0));
  return done[0]?.name;
}

/** Until this process has judged, the written verdicts stand; a time moves only with its state (L10, S1). */
function probesPart({ health, object }: GuestInput): GuestReport["probes"] {
  const before = object.status?.probes;
  if (health === undefined || health.probes.length === 0) return undefined;
  if (!health.judged && before !== undefined) return before;
  return health.probes.map((probe) => {
    const old = before?.find((other) => other.name === probe.name && other.state === probe.state)?.lastTransitionTime;
    const time = old ?? (probe.transitionTime === undefined ? undefined : rfc3339(probe.transitionTime));
    return {
      name: probe.name,
      state: probe.state,
      ...(probe.message === "" ? {} : { message: probe.message.slice(0, 1024) }),
      ...(time === undefined ? {} : { lastTransitionTime: time }),
    };
  });
}

/** Not seen: what was known stays, power and health are Unknown. Proven absent: nothing is known of it any more. */
function awayPart({ sight }: GuestInput): GuestPatch {
  if (sight.is === "absent")
    return {
      powerState: undefined,
      health: undefined,
      startTime: undefined,
      addresses: undefined,
      summary: undefined,
      probes: undefined,
      bootID: undefined,
      hold: undefined,
    };
  if (sight.is === "noCluster") return {};
  return { powerState: "Unknown", health: "Unknown" };
}

/** One-shot requests found at the first pass are recorded and not acted upon: a rebuild from Git restarts nothing. */
function handledPart(input: GuestInput): GuestPatch {
  const { object } = input;
  const first = object.status?.lastHandledPowerState === undefined;
  const restartedAt = annotationOf(object, annotation.restartedAt);
  const hold = object.status?.hold;
  return {
    lastHandledReconcileAt: annotationOf(object, annotation.reconcileRequestedAt),
    ...(annotationOf(object, annotation.recreate) === undefined ? { lastHandledRecreate: undefined } : {}),
    ...(first && restartedAt !== undefined ? { lastHandledRestartAt: restartedAt } : restartPart(input)),
    ...(hold === undefined || object.spec.powerState === "Stopped"
      ? { lastHandledPowerState: object.spec.powerState }
      : {}),
    ...(object.spec.powerState === "Stopped" ? { hold: undefined } : {}),
  };
}

function taskPart({ object, task }: GuestInput): GuestPatch {
  if (task.is === "none") return { task: undefined };
  if (task.is === "sought") return {};
  if (task.state.is === "running") {
    const before = object.status?.task;
    return before === undefined ? {} : { task: { ...before, upid: task.upid } };
  }
  return { task: undefined, ...(hasCreated(task) ? { createdVmid: object.spec.vmid, ...exists(object) } : {}) };
}

/** Without the fields that are undefined. */
function compact(patch: GuestPatch): GuestReport {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
