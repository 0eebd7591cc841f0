import { annotation, annotationOf, FINALIZER, type BaseStatus } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Decision } from "../action.ts";
import { note, settled, stalled, waiting } from "../outcomes.ts";
import { step, tooYoung } from "./heldStep.ts";
import type { NetAction, NetInput, NetObject, NetStatus, NetStep } from "./netInput.ts";

type NetDecision = Decision<BaseStatus, NetAction>;

/** What of an object's is in Omada when it is being deleted. */
export interface Remains {
  /** "network servers (VLAN 20)" */
  readonly what: string;
  /** Next deletion that is provably ours; undefined: nothing of ours is left. */
  readonly step?: NetStep | undefined;
  /** Why it has to wait, such as ports that use it. */
  readonly inUse?: string | undefined;
  /** Why it stays for good: the default network, another's by now. */
  readonly stays?: string | undefined;
  /** Another object of the namespace that declares the same. */
  readonly heir?: string | undefined;
}

const PENDING_MS = 60_000;
const WAYS_OUT = `set the annotation ${annotation.forceDelete}="true" to let the object go and keep it`;

/** The object is being deleted: without our finalizer nothing is done; with it, what is ours in Omada goes first (I5, I7). */
export function judgeDeletion(object: NetObject, input: NetInput, remains: () => Remains): NetDecision {
  const common = { report: keptOf(object), conditions: object.status?.conditions ?? [] };
  if (object.metadata.finalizers?.includes(FINALIZER) !== true)
    return { ...common, outcome: settled("Settled", "being deleted; what is in Omada stays as it is"), quiet: true };
  const early = released(object, input);
  if (early !== undefined) return { ...common, ...letGo("Released", `${early}: what is in Omada stays as it is`) };
  const held = blocked(input);
  if (held !== undefined) return { ...common, outcome: held, quiet: true };
  return { ...common, ...takeDown(object, input, remains()) };
}

type Verdict = Pick<NetDecision, "outcome" | "action" | "held" | "events" | "finalizer">;

function takeDown({ status }: NetObject, input: NetInput, rest: Remains): Verdict {
  const { what, heir, stays, inUse } = rest;
  if (heir !== undefined)
    return letGo("HandedOver", `${heir} declares ${what} too and takes it over: it stays as it is`);
  if (stays !== undefined) return letGo("Released", `${what} stays: ${stays}`, "Warning");
  const unproven = unprovenOf(status, input, rest);
  if (unproven !== undefined) return { outcome: unproven };
  if (rest.step === undefined) return letGo("Deleted", `${what} is gone from Omada, and so is its object`);
  if (input.memory.leavingMs < PENDING_MS)
    return {
      outcome: waiting(
        "DeletionPending",
        `${what} will be deleted in Omada 60 s after its object was deleted. To keep it declare it in another object, or ${WAYS_OUT}`,
        PENDING_MS - input.memory.leavingMs,
      ),
    };
  if (inUse !== undefined)
    return { outcome: wait(waiting("NetworkInUse", `${what} is still used by ${inUse}`, 15_000)) };
  return step({ drift: [] }, rest.step, input);
}

/** It may still come, or be there and not be shown yet. */
function unprovenOf(status: NetObject["status"], { link, memory }: NetInput, rest: Remains): Outcome | undefined {
  const creating = status?.creating;
  if (rest.step === undefined && creating !== undefined && !memory.disproved)
    return waiting("Creating", `${creating.what} was sent; waits to see what became of it`, 1_000);
  return link.is === "seen" && link.seen.young !== undefined ? tooYoung(`delete ${rest.what}`) : undefined;
}

/** The report as it was. */
export function keptOf({ status }: NetObject): object {
  const { observedGeneration: _, conditions: __, ...kept }: Partial<NetStatus> = status ?? {};
  return kept;
}

function letGo(reason: string, message: string, type: "Normal" | "Warning" = "Normal"): Verdict {
  return {
    outcome: settled("Settled", message),
    finalizer: "remove",
    events: [note(type, reason, "Release", message)],
  };
}

/** Reasons to let the object go and touch nothing. */
function released(object: NetObject, input: NetInput): string | undefined {
  if (annotationOf(object, annotation.forceDelete) === "true") return "force-delete is set";
  if (input.namespaceTerminating) return "the namespace is being deleted";
  if (object.spec.deletionPolicy !== "Delete") return "deletionPolicy is Retain";
  if (input.suspended) return "suspended";
  return undefined;
}

function wait(outcome: Outcome, cure = "clear that"): Outcome {
  return { ...outcome, message: `${outcome.message}. The deletion waits: ${cure}, or ${WAYS_OUT}` };
}

/** What must be there before anything can go (I7); each message names both ways out. */
function blocked({ forbidden, link }: NetInput): Outcome | undefined {
  if (forbidden?.reason === "HomelabMissing")
    return wait(waiting("HomelabMissing", "no Homelab is in charge"), "apply it again");
  if (forbidden !== undefined) return wait(stalled(forbidden.reason, forbidden.message));
  if (link.is === "unseen") return wait(link.outcome, "apply or mend it");
  return link.hold === undefined ? undefined : wait(link.hold, "it goes on by itself");
}
