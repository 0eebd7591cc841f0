import { rfc3339 } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Reason } from "../../base/reasons.ts";
import { progressing, settled, stalled, waiting } from "../outcomes.ts";
import { driftText } from "./drift.ts";
import type { Draft, NetAction, NetInput, NetStep } from "./netInput.ts";
import { isDelete, shelfOf, type Shelf } from "./omadaWrite.ts";

const RECHECK_MS = 300_000;

/** A step that is done; or what holds it. */
interface Held {
  readonly outcome: Outcome;
  readonly action?: NetAction;
  /** What would be done if the outcome did not hold it. */
  readonly held?: NetAction;
}

/** A step, unless something holds it. */
export function step(draft: Pick<Draft, "drift">, wanted: NetStep, input: NetInput): Held {
  const { write, what, drift = draft.drift } = wanted;
  const verb = isDelete(write) ? "delete" : shelfOf(write) === undefined ? "change" : "create";
  const text = `${verb} ${what}${verb === "change" && drift.length > 0 ? `: ${driftText(drift)}` : ""}`;
  const held = holding(text, wanted, input);
  const action = actionOf(wanted, text, input.now);
  if (held !== undefined) return { outcome: held, held: action };
  const reason: Reason = verb === "delete" ? "Deleting" : verb === "create" ? "Creating" : "Configuring";
  return {
    outcome: progressing(reason, text, 1_000),
    action,
  };
}

function actionOf({ write, done, what, destroys }: NetStep, because: string, now: number): NetAction {
  const creates = shelfOf(write) !== undefined;
  const creating = { what: what.slice(0, 253), startTime: rfc3339(now) };
  return {
    op: isDelete(write) ? "Delete" : creates ? "Create" : "Configure",
    because,
    makesTask: creates || done !== undefined,
    write,
    ...(creates ? { record: { creating } } : {}),
    ...(done === undefined ? {} : { done }),
    ...(destroys === undefined ? {} : { destroys }),
  };
}

/** Everything that may hold a step, in its precedence. */
function holding(text: string, wanted: NetStep, input: NetInput): Outcome | undefined {
  if (input.suspended) return settled("Suspended", `suspended; would ${text}`);
  const denied = forbidden(input);
  if (denied !== undefined) return denied;
  if (input.link.is === "seen" && input.link.hold !== undefined) return input.link.hold;
  if (wanted.locksOut !== undefined)
    return stalled("WouldLockOut", `would ${text}, but ${wanted.locksOut}; make the change by hand`, RECHECK_MS);
  const shelf = shelfOf(wanted.write);
  if (shelf !== undefined && isYoung(input, shelf)) return tooYoung(text);
  if (input.memory.refused?.write === JSON.stringify(wanted.write)) return input.memory.refused.outcome;
  return isDelete(wanted.write) ? brake(wanted, input) : undefined;
}

function isYoung({ link }: NetInput, shelf: Shelf): boolean {
  return link.is === "seen" && link.seen.young?.includes(shelf) === true;
}

/** A list that is short at its first look is not believed either (N1). */
export function tooYoung(text: string): Outcome {
  return waiting("Connecting", `would ${text}; waits until the site's lists were read twice`, 2_000);
}

/** Why nothing in the namespace is changed now, as an outcome. */
export function forbidden({ forbidden: no }: NetInput): Outcome | undefined {
  if (no === undefined) return undefined;
  return no.reason === "HomelabMissing" ? waiting(no.reason, no.message) : stalled(no.reason, no.message);
}

/** Only a few destructive steps in ten minutes, guests and network together (I8). */
function brake({ destroys, what }: NetStep, { brakeFor }: NetInput): Outcome | undefined {
  const { recent, max, confirmed, held, hash } = brakeFor(destroys);
  if (recent < max || confirmed) return undefined;
  return stalled(
    "HeldByBrake",
    `spec.brake.maxDestroys is ${String(max)}, and that many were destroyed within ten minutes; ` +
      `held: ${held.length === 0 ? what : held.join(", ")}. To go on: kubectl annotate hl --all --overwrite homelab.neuralcodelab.com/confirm-destroys=${hash}`,
    30_000,
  );
}
