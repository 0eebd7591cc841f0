import { annotation, annotationOf, FINALIZER, isDeleting, type BaseStatus, type Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Decision, EventNote } from "../action.ts";
import { note, progressing, settled, stalled } from "../outcomes.ts";
import { keptOf } from "./deletion.ts";
import { driftText } from "./drift.ts";
import { forbidden, step } from "./heldStep.ts";
import type { Draft, NetAction, NetInput, NetObject, NetPatch } from "./netInput.ts";
import { shelfOf } from "./omadaWrite.ts";

export type NetDecision = Decision<BaseStatus, NetAction>;

const RECHECK_MS = 300_000;

/** What is left to say of a draft, with the step that may be done. */
interface Verdict {
  readonly outcome: Outcome;
  readonly patch?: NetPatch | undefined;
  readonly action?: NetAction;
  readonly held?: NetAction;
  /** They tell the change of Ready. */
  readonly events?: readonly EventNote[];
}

/**
 * From what a kind finds to what is done, in the one order of precedence: suspend, a missing Homelab, the controller,
 * adoption, drift policy, lock-out, brake. The site's lane comes after, in the driver (N4).
 */
export function judge(object: NetObject, draft: Draft, input: NetInput): NetDecision {
  const verdict = verdictOf(object, draft, input);
  const { outcome } = verdict;
  return {
    outcome,
    report: reportOf(object, draft, verdict.patch),
    conditions: [...(draft.claims ?? []), ...(draft.found === "given" ? [] : [inSync(draft, outcome)])],
    events: [...(draft.events ?? []), ...(verdict.events ?? [])],
    ...(verdict.action === undefined ? {} : { action: verdict.action }),
    ...(verdict.held === undefined ? {} : { held: verdict.held }),
    ...(draft.quiet === true || verdict.events !== undefined ? { quiet: true } : {}),
    ...finalizerOf(object),
  };
}

/** Nothing can be seen of the site: what was written stands, and another object tells why (H4). */
export function judgeUnseen(object: NetObject, input: NetInput, types: readonly string[]): NetDecision | undefined {
  const { link } = input;
  if (link.is === "seen") return undefined;
  const { reason, message } = link.outcome;
  const claims = types.map((type): Claim => ({ type, status: "Unknown", reason, message }));
  return {
    outcome: link.outcome,
    report: { ...keptOf(object), ...handled(object) },
    conditions: claims,
    quiet: true,
    ...(link.early === true ? { premature: true } : {}),
    ...finalizerOf(object),
  };
}

/** The answer to the annotation. */
function handled(object: NetObject): NetPatch {
  const requested = annotationOf(object, annotation.reconcileRequestedAt);
  return requested === undefined ? {} : { lastHandledReconcileAt: requested };
}

/** An object with something to undo carries our finalizer, and one that has no longer doesn't (I7). */
function finalizerOf(object: NetObject): { finalizer?: "add" | "remove" } {
  if (isDeleting(object)) return {};
  const has = object.metadata.finalizers?.includes(FINALIZER) ?? false;
  const wants = object.spec.deletionPolicy === "Delete";
  if (has === wants) return {};
  return { finalizer: wants ? "add" : "remove" };
}

function verdictOf(object: NetObject, draft: Draft, input: NetInput): Verdict {
  if (draft.obstacle !== undefined) {
    const patch = keptBy(object, draft, input);
    return { outcome: patch["creating"] === undefined ? draft.obstacle : soonAgain(draft.obstacle), patch };
  }
  switch (draft.found) {
    case "unowned":
      return unowned(object, draft, input);
    case "absent":
      return absent(object, draft, input);
    case "ours":
    case "given":
      return present(object, draft, input);
  }
}

/**
 * A create that nobody knows the end of is looked for until it is seen or disproved, whatever else stands in the way:
 * others wait for it (N4).
 */
function soonAgain(outcome: Outcome): Outcome {
  const afterMs = "afterMs" in outcome ? outcome.afterMs : undefined;
  return outcome.is === "failed" ? outcome : { ...outcome, afterMs: Math.min(afterMs ?? Infinity, 5_000) };
}

/** What an obstacle leaves on record: what is ours or was, and a create that nobody knows the end of (N4). */
function keptBy({ status }: NetObject, draft: Draft, { memory }: NetInput): NetPatch {
  const { omada, creating } = status ?? {};
  const isSeen = draft.found === "ours" && draft.several !== true;
  return {
    ...(draft.found === "absent" ? { omada } : {}),
    ...(draft.found === "unowned" ? {} : draft.bound),
    ...(memory.disproved || isSeen ? {} : { creating }),
  };
}

function unowned(object: NetObject, draft: Draft, input: NetInput): Verdict {
  const { what } = draft;
  if (object.spec.adoption !== "Adopt")
    return {
      outcome: stalled(
        "NetworkNotOwned",
        `${what} exists in Omada and is not known to be this object's; to bind it write adoption: Adopt, which changes nothing of it`,
        RECHECK_MS,
      ),
    };
  if (input.suspended)
    return { outcome: settled("Suspended", `suspended; would adopt ${what} (nothing of it is changed)`) };
  const held = forbidden(input);
  if (held !== undefined) return { outcome: held };
  const message = `${what} exists and is adopted; nothing of it is changed`;
  return {
    outcome: progressing("Adopting", message, 0),
    patch: { ...draft.bound, ...draft.adopted },
    events: [note("Normal", "Adopted", "Adopt", message)],
  };
}

function absent(object: NetObject, draft: Draft, input: NetInput): Verdict {
  const { status } = object;
  const awaited = awaitedOf(object, draft, input);
  if (awaited !== undefined) return awaited;
  if (status?.omada !== undefined && !corrects(object))
    return {
      outcome: stalled(
        "NetworkVanished",
        `${draft.what} was there and ${draft.became ?? "is gone from Omada"}; make it again there, or write driftPolicy: Correct to have it made`,
        RECHECK_MS,
      ),
      patch: { omada: status.omada },
    };
  return draft.step === undefined ? { outcome: settled("Settled", draft.fine) } : step(draft, draft.step, input);
}

/** A create that was sent and neither seen nor disproved yet: nothing else is done meanwhile (N4). */
function awaitedOf({ status }: NetObject, draft: Draft, { memory }: NetInput): Verdict | undefined {
  const creating = status?.creating;
  if (creating === undefined || memory.disproved) return undefined;
  if (!isUnseen(draft, creating.what)) return undefined;
  return {
    outcome: progressing("Creating", `${creating.what} was sent; waits until Omada lists it`, 1_000),
    patch: { ...draft.bound, creating },
  };
}

/** What was sent is not in the lists yet, whatever the spec asks for by now. */
function isUnseen({ found, several, step: next, what }: Draft, sent: string): boolean {
  if (several !== true) return found === "absent";
  if (found === "absent" && what === sent) return true;
  return next !== undefined && shelfOf(next.write) !== undefined && next.what === sent;
}

function present(object: NetObject, draft: Draft, input: NetInput): Verdict {
  const patch = draft.bound;
  const awaited = awaitedOf(object, draft, input);
  if (awaited !== undefined) return awaited;
  if (draft.step !== undefined && (draft.step.always === true || corrects(asBound(object, draft))))
    return { ...step(draft, draft.step, input), patch };
  if (draft.trouble !== undefined) return { outcome: draft.trouble, patch };
  if (input.suspended) return { outcome: settled("Suspended", suspendedText(draft)), patch };
  if (draft.drift.length === 0) return { outcome: settled("Settled", draft.fine), patch };
  const only = object.spec.driftPolicy === undefined ? "what was adopted is only compared" : "driftPolicy is Report";
  return { outcome: settled("Settled", `${draft.what} differs and ${only}: ${driftText(draft.drift)}`), patch };
}

/** The object with what this pass finds bound: one that was just created is ours already. */
function asBound({ spec, status }: NetObject, { bound }: Draft): Pick<NetObject, "spec" | "status"> {
  return { spec, status: { observedGeneration: -1, ...status, ...bound } };
}

function suspendedText({ drift, fine }: Draft): string {
  return drift.length === 0 ? `suspended; ${fine}` : `suspended; it differs: ${driftText(drift)}`;
}

/** Whether what differs is written: as said, else for what this object created (I4). */
export function corrects({ spec, status }: Pick<NetObject, "spec" | "status">): boolean {
  if (spec.driftPolicy !== undefined) return spec.driftPolicy === "Correct";
  return status?.omada?.created === true;
}

function reportOf(object: NetObject, draft: Draft, patch: NetPatch | undefined): object {
  const drift = draft.drift.slice(0, 64);
  const merged: NetPatch = {
    ...handled(object),
    ...draft.facts,
    ...(drift.length === 0 ? {} : { drift }),
    ...patch,
  };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

function inSync({ drift, found, what, trouble }: Draft, outcome: Outcome): Claim {
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "ConfigInSync",
    status,
    reason,
    message,
  });
  if (found === "absent" || found === "unowned") return claim("False", outcome.reason, outcome.message);
  if (drift.length > 0) return claim("False", "Drifted", driftText(drift));
  if (trouble !== undefined) return claim("False", trouble.reason, trouble.message);
  return claim("True", "InSync", `${what} is as declared`);
}
