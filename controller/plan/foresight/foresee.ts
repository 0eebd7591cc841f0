import type { Outcome } from "../../base/outcome.ts";
import type { Reason } from "../../base/reasons.ts";
import type { Difference } from "../guests/configuration/difference.ts";
import { differencesIn } from "../guests/configuration/differences.ts";
import { planGuest } from "../guests/guest.ts";
import type { GuestAction } from "../guests/guestAction.ts";
import type { GuestInput } from "../guests/guestInput.ts";
import { isAtWork } from "../guests/guestTaskStep.ts";
import { planHomelab } from "../layers/homelab.ts";
import type { Homelab } from "../../api/index.ts";
import type { Lab } from "../lab.ts";
import { MemberTable } from "../layers/memberTable.ts";
import { asIfDone, asIfWritten } from "./asIfDone.ts";
import { isReleased } from "./isReleased.ts";

/** A step that will be done. */
export interface ForeseenStep {
  readonly action: GuestAction;
  /** Steps with a smaller one are done before. */
  readonly turn: number;
  /** What it waits for that nobody plans: another's task, a node that is busy. */
  readonly hold?: Outcome;
}

/** What will become of a guest if nobody does anything else. */
export interface Foresight {
  /** In the order in which they are done. */
  readonly steps: readonly ForeseenStep[];
  /** What is said once they are done, or why they go no further. */
  readonly rest: Outcome;
  /** The step that is held and does not go on by itself. */
  readonly held?: GuestAction;
  /** The object of a guest that is deleted is let go. */
  readonly released: boolean;
  /** What differs at this moment from what is declared. */
  readonly differences: readonly Difference[];
}

interface Course extends Foresight {
  readonly input: GuestInput;
  /** Something holds it that the others may still clear. */
  readonly open: boolean;
}

/** More steps than any guest ever needs in a row. */
const MOST = 24;

/**
 * The decisions of every guest's passes one after the other, each on what those before would leave if they did what they
 * say: `planGuest` and `planHomelab` themselves decide every one of them. What runs then counts as healthy. Pure.
 *
 * @param first the lab as it is; every guest has been looked at
 * @param inputs one of each guest
 */
export function foreseeLab(first: Lab, inputs: readonly GuestInput[]): ReadonlyMap<string, Foresight> {
  let courses: readonly Course[] = inAscent(first, inputs).map(begun);
  let lab = first;
  for (let turn = 1; ; turn += 1) {
    // First starts wait until what people declare has been quiet, and whatever else is due goes before them (L2).
    lab = asIfLab({ ...lab, quiet: turn > 1 }, courses);
    const next = inTurn(courses, lab, turn);
    const isRest = next.every(({ input }, index) => input === courses[index]?.input);
    const hasLost = next.some(({ released }, index) => released && courses[index]?.released === false);
    if (turn > 1 && isRest && !hasLost)
      return new Map(next.map(({ input, open: _, ...foresight }) => [input.member.id, foresight]));
    courses = hasLost ? next.map(reopened) : next;
  }
}

/** A guest that is gone changes what the others are: its layer's last one, say. */
function reopened(course: Course): Course {
  return { ...course, open: !course.released };
}

/** Everybody's next steps on the same lab; only the brake counts what others are about to destroy (I8). */
function inTurn(courses: readonly Course[], lab: Lab, turn: number): readonly Course[] {
  let destroyed = courses.reduce((sum, { steps }) => sum + destroysIn(steps), 0);
  return courses.map((course) => {
    if (!course.open) return course;
    const next = goOn(course, { lab, turn, destroyed: destroyed - destroysIn(course.steps) });
    destroyed += destroysIn(next.steps) - destroysIn(course.steps);
    return next;
  });
}

function destroysIn(steps: readonly ForeseenStep[]): number {
  return steps.filter(({ action }) => action.effect === "destroys").length;
}

/** The lowest layer first, as they are looked at. */
function inAscent(lab: Lab, inputs: readonly GuestInput[]): readonly GuestInput[] {
  const rank = ({ member }: GuestInput): number => lab.order.rank(member.layer) ?? Infinity;
  return inputs.toSorted((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    return one === other ? a.object.spec.vmid - b.object.spec.vmid : one - other;
  });
}

function begun(input: GuestInput): Course {
  const rest: Outcome = { is: "progressing", reason: "NewObject", message: "" };
  return { input, steps: [], rest, released: false, differences: differencesIn(input), open: true };
}

/** The lab with every guest as its course has left it, and with the boot on record that this begins or goes on with. */
function asIfLab(lab: Lab, courses: readonly Course[]): Lab {
  const members = MemberTable.of(courses.filter(({ released }) => !released).map(({ input }) => input.member));
  const preflights = lab.preflights.map((check) => ({ ...check, state: "Passed" as const }));
  const next: Lab = { ...lab, members, byLayer: members.byLayer, preflights };
  return { ...next, homelab: asIfRecorded(next) };
}

function asIfRecorded(lab: Lab): Homelab | undefined {
  const { homelab } = lab;
  if (homelab === undefined) return undefined;
  const { observedGeneration = 0, conditions = [] } = homelab.status ?? {};
  return { ...homelab, status: { ...planHomelab(homelab, lab).report, observedGeneration, conditions } };
}

interface Now {
  readonly lab: Lab;
  readonly turn: number;
  /** So many were destroyed so far, as foreseen (I8). */
  readonly destroyed: number;
}

/** As far as the guest comes by itself while the others stay as they are. */
function goOn(course: Course, { lab, turn, destroyed }: Now): Course {
  const { brake } = course.input;
  const steps = [...course.steps];
  const around = { lab, brake: { ...brake, recent: brake.recent + destroyed } };
  let { input } = course;
  for (let round = 0; round < MOST; round += 1) {
    const now = { ...input, ...around };
    const decision = planGuest(now);
    const { outcome, finalizer } = decision;
    const action = decision.action ?? decision.held;
    const end = { ...course, input, steps, rest: outcome, open: false };
    if (action === undefined) {
      const released = isReleased(input.object.metadata, finalizer);
      if (released || isAtWork(input.task)) return { ...end, released };
      if (isWritten(now, decision)) return { ...end, open: outcome.is === "waiting" };
      input = { ...asIfWritten(now, decision), brake };
      continue;
    }
    const held = decision.action === undefined;
    if (held && !BY_ITSELF.has(outcome.reason)) return { ...end, held: action, open: isTurn(outcome, action) };
    steps.push({ action, turn, ...(held ? { hold: outcome } : {}) });
    input = { ...asIfDone(now, decision, action, differencesIn(now)), brake };
  }
  throw new Error(`the steps of ${input.member.id} have no end`);
}

/** The others may clear what holds it: a gate, a turn. The restart for changes waits for its turn without a word of Ready. */
function isTurn({ is }: Outcome, action: GuestAction): boolean {
  return is === "waiting" || action.update === true;
}

/** The status says already what this pass has to say, and the task is dealt with: the next one would decide the same. */
function isWritten({ object, task }: GuestInput, { report, finalizer }: ReturnType<typeof planGuest>): boolean {
  const { observedGeneration: _, conditions: __, ...before } = object.status ?? { observedGeneration: 0 };
  return task.is === "none" && finalizer === undefined && sorted(before) === sorted(report);
}

function sorted(report: object): string {
  return JSON.stringify(Object.entries(report).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What holds a step for a while, whatever anybody declares: somebody else's task. */
const BY_ITSELF: ReadonlySet<Reason> = new Set<Reason>(["GuestBusy", "NodeStarting", "NodeStopping"]);
