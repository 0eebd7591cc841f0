import type { HealthSeen, HealthState, Probe, Target } from "./port.ts";
import { timingOf } from "./timing.ts";
import { judge, noVerdict, type Answer, type Verdict } from "./verdict.ts";

/** The health of one start of a guest so far. Immutable; the functions below are its only transitions. */
export interface Course {
  readonly state: HealthState;
  /** Monotonic milliseconds since when `state` holds. */
  readonly since: number;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Failures count: every probe has succeeded once, or the startup timeout is over, or an earlier process saw it (H2). */
  readonly started: boolean;
  readonly startupOver: boolean;
  readonly judged: boolean;
  /** A state of an earlier process stands until everything is judged (L10). */
  readonly resumed: boolean;
  readonly wasHealthy: boolean;
  readonly missedAddress: boolean;
  readonly hadAddress: boolean;
}

/** Both clocks at one moment, milliseconds. */
export interface At {
  readonly wall: number;
  readonly monotonic: number;
}

/** An answer, or the lack of an address to ask at. */
export type Heard = Answer | "noAddress";

const NO_ADDRESS: Answer = { ok: false, refused: true, message: "no address yet" };

/** A new start. Without probes a guest is healthy as soon as it runs. */
export function begin(target: Target, wasHealthy: boolean, monotonic: number): Course {
  const fresh: Course = {
    state: target.resume ?? "Starting",
    since: monotonic,
    verdicts: new Map(target.probes.map((probe) => [probe.name, noVerdict])),
    started: target.resume !== undefined,
    startupOver: false,
    judged: false,
    resumed: target.resume !== undefined,
    wasHealthy,
    missedAddress: false,
    hadAddress: false,
  };
  return concluded(fresh, monotonic);
}

/** One more attempt of one probe has ended. */
export function heard(course: Course, probe: Probe, what: Heard, at: At): Course {
  const answer = what === "noAddress" ? NO_ADDRESS : what;
  const moment = { now: at.wall, failuresCount: course.started };
  const verdict = judge(course.verdicts.get(probe.name) ?? noVerdict, answer, timingOf(probe), moment);
  const next = {
    ...course,
    verdicts: new Map(course.verdicts).set(probe.name, verdict),
    missedAddress: course.missedAddress || what === "noAddress",
    hadAddress: course.hadAddress || what !== "noAddress",
  };
  return concluded(next, at.monotonic);
}

/** `startupTimeoutSeconds` are over: from now on failures count. */
export function startupEnded(course: Course, monotonic: number): Course {
  return concluded({ ...course, startupOver: true }, monotonic);
}

/** Other probes for the same start: what was known of the ones in `kept` stays, the others are unknown. */
export function reprobed(
  course: Course,
  probes: readonly Probe[],
  kept: ReadonlySet<string>,
  monotonic: number,
): Course {
  const verdicts = new Map(
    probes.map(({ name }) => [name, (kept.has(name) ? course.verdicts.get(name) : undefined) ?? noVerdict]),
  );
  return concluded({ ...course, verdicts }, monotonic);
}

export function seenOf(course: Course): HealthSeen {
  return {
    state: course.state,
    since: course.since,
    probes: [...course.verdicts].map(([name, { state, message, transitionTime }]) => ({
      name,
      state,
      message,
      ...(transitionTime === undefined ? {} : { transitionTime }),
    })),
    judged: course.judged,
    wasHealthy: course.wasHealthy,
    noAddress: lacksAddress(course),
  };
}

/** Whether anybody has to hear of it: a state changed, not merely a count or a text (H1). */
export function isTransition(before: Course, after: Course): boolean {
  if (before.state !== after.state || lacksAddress(before) !== lacksAddress(after)) return true;
  return [...after.verdicts].some(([name, verdict]) => before.verdicts.get(name)?.state !== verdict.state);
}

function lacksAddress(course: Course): boolean {
  return course.startupOver && course.missedAddress && !course.hadAddress;
}

function concluded(course: Course, monotonic: number): Course {
  const verdicts = [...course.verdicts.values()];
  const judged = course.judged || verdicts.every(({ state }) => state !== "Unknown");
  const started = course.started || course.startupOver || verdicts.every(({ everSucceeded }) => everSucceeded);
  const state = course.resumed && !judged ? course.state : stateOf(verdicts, course.state);
  return {
    ...course,
    judged,
    started,
    state,
    since: state === course.state ? course.since : monotonic,
    wasHealthy: course.wasHealthy || (judged && state === "Healthy"),
  };
}

function stateOf(verdicts: readonly Verdict[], before: HealthState): HealthState {
  if (verdicts.some(({ state }) => state === "Failing")) return "Unhealthy";
  return verdicts.every(({ state }) => state === "Succeeding") ? "Healthy" : before;
}
