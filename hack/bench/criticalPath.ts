/** A layer as it was declared. */
export interface PathLayer {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly minHealthyMs: number;
  /** How many healthy members open its gate; all when absent. */
  readonly needed?: number;
}

/** A guest as it really behaved. Milliseconds count from the call that asked for its start. */
export interface PathGuest {
  readonly name: string;
  readonly layer: string;
  readonly node: string;
  /** Guests that must be healthy before its start. */
  readonly dependsOn: readonly string[];
  /** Until its start task had ended, and its place among the node's tasks was free again. */
  readonly taskMs: number;
  /** Until everything that is probed listened; where nothing is probed, until it ran. */
  readonly healthyMs: number;
}

export interface PathProblem {
  readonly layers: readonly PathLayer[];
  /** In the order in which they take free task slots. */
  readonly guests: readonly PathGuest[];
  /** Guest tasks at once on one node. */
  readonly tasksPerNode: number;
}

/** When a guest would start and be healthy if nothing but the lab itself took time; milliseconds from the release. */
export interface PathStep {
  readonly name: string;
  readonly startMs: number;
  readonly healthyMs: number;
}

export interface CriticalPath {
  /** From the release to the last healthy guest. */
  readonly ms: number;
  readonly steps: ReadonlyMap<string, PathStep>;
  /** The guests that decided, from the first to the last. */
  readonly path: readonly string[];
}

interface State {
  readonly problem: PathProblem;
  readonly steps: Map<string, PathStep>;
  /** What the start waited for last; absent where it waited for nothing. */
  readonly because: Map<string, string>;
}

/**
 * The shortest boot that gates, dependencies and task slots allow: each guest starts in the moment in which the last
 * thing it waits for is there. Throws when some guest could never start.
 */
export function criticalPath(problem: PathProblem): CriticalPath {
  const state: State = { problem, steps: new Map(), because: new Map() };
  let now = 0;
  for (;;) {
    while (startAll(state, now)) if (state.steps.size === problem.guests.length) break;
    if (state.steps.size === problem.guests.length) break;
    const next = nextMoment(state, now);
    if (next === undefined) throw new Error(`these can never start: ${waitingNames(state).join(", ")}`);
    now = next;
  }
  const last = [...state.steps.values()].reduce<PathStep | undefined>(
    (latest, step) => (latest === undefined || step.healthyMs > latest.healthyMs ? step : latest),
    undefined,
  );
  return { ms: last?.healthyMs ?? 0, steps: state.steps, path: pathTo(last?.name, state.because) };
}

/** Starts whatever may start now; true when something did. */
function startAll(state: State, now: number): boolean {
  const before = state.steps.size;
  const gates = new Map(state.problem.layers.map(({ name }) => [name, gatesBelow(state, name)]));
  for (const guest of state.problem.guests) {
    if (state.steps.has(guest.name)) continue;
    const reasons = [gates.get(guest.layer), dependenciesFor(state, guest), slotFor(state, guest, now)];
    if (reasons.some((reason) => reason === undefined || reason.at > now)) continue;
    const latest = reasons.reduce((a, b) => (a !== undefined && b !== undefined && b.at > a.at ? b : a));
    if (latest?.by !== undefined) state.because.set(guest.name, latest.by);
    state.steps.set(guest.name, { name: guest.name, startMs: now, healthyMs: now + guest.healthyMs });
  }
  return state.steps.size > before;
}

/** From when on something is there, and which guest it was due to. */
interface Since {
  readonly at: number;
  readonly by?: string;
}

const ALWAYS: Since = { at: 0 };

/** A gate holds whatever is above it, so all the gates below count, not the next ones only. */
function gatesBelow(state: State, name: string): Since | undefined {
  const own = state.problem.layers.find((layer) => layer.name === name);
  if (own === undefined) return undefined;
  return latestOf(own.dependsOn.flatMap((below) => [gateOf(state, below), gatesBelow(state, below)]));
}

function gateOf(state: State, name: string): Since | undefined {
  const layer = state.problem.layers.find((one) => one.name === name);
  if (layer === undefined) return undefined;
  const members = state.problem.guests.filter((guest) => guest.layer === name);
  const needed = Math.min(layer.needed ?? members.length, members.length);
  const healthy = members
    .flatMap(({ name: member }) => state.steps.get(member) ?? [])
    .map((step): Since => ({ at: step.healthyMs + layer.minHealthyMs, by: step.name }))
    .sort((a, b) => a.at - b.at);
  return needed === 0 ? ALWAYS : healthy[needed - 1];
}

function dependenciesFor(state: State, guest: PathGuest): Since | undefined {
  return latestOf(
    guest.dependsOn.map((name) => {
      const step = state.steps.get(name);
      return step === undefined ? undefined : { at: step.healthyMs, by: name };
    }),
  );
}

function slotFor(state: State, guest: PathGuest, now: number): Since | undefined {
  const ends = state.problem.guests
    .filter((other) => other.node === guest.node)
    .flatMap((other): Since[] => {
      const step = state.steps.get(other.name);
      return step === undefined ? [] : [{ at: step.startMs + other.taskMs, by: other.name }];
    })
    .sort((a, b) => b.at - a.at);
  const running = ends.filter((end) => end.at > now);
  const { tasksPerNode } = state.problem;
  if (running.length >= tasksPerNode) return running[tasksPerNode - 1];
  return ends.length < tasksPerNode ? ALWAYS : ends[tasksPerNode - 1];
}

function latestOf(all: readonly (Since | undefined)[]): Since | undefined {
  return all.reduce<Since | undefined>(
    (latest, one) => (latest === undefined || one === undefined ? undefined : one.at > latest.at ? one : latest),
    ALWAYS,
  );
}

/** The next moment at which something ends, opens or becomes healthy. */
function nextMoment(state: State, now: number): number | undefined {
  const moments = state.problem.guests.flatMap((guest) => {
    const step = state.steps.get(guest.name);
    if (step === undefined) return [];
    const gate = state.problem.layers.find((layer) => layer.name === guest.layer)?.minHealthyMs ?? 0;
    return [step.startMs + guest.taskMs, step.healthyMs, step.healthyMs + gate];
  });
  const later = moments.filter((moment) => moment > now);
  return later.length === 0 ? undefined : Math.min(...later);
}

function waitingNames({ problem, steps }: State): readonly string[] {
  return problem.guests.map((guest) => guest.name).filter((name) => !steps.has(name));
}

function pathTo(last: string | undefined, because: ReadonlyMap<string, string>): readonly string[] {
  const path: string[] = [];
  for (let at = last; at !== undefined; at = because.get(at)) path.unshift(at);
  return path;
}
