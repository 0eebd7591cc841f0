import type { Container, VirtualMachine } from "../api/index.ts";
import type { Stored } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action } from "../plan/action.ts";
import { isReleased } from "../plan/foresight/isReleased.ts";
import { fieldsOf, type PlannedField } from "./plannedFields.ts";
import { stepsOf, verbOf, type PlannedStep } from "./plannedSteps.ts";
import type { Rehearsed } from "./rehearsed.ts";

/** What a plan says of one object; part of the documented JSON. */
export interface PlanEntry {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly layer?: string;
  /** Place of the layer in the order, from 1. */
  readonly rank?: number;
  readonly vmid?: number;
  /** unseen: it cannot be told, for something could not be read. */
  readonly result: "changes" | "unchanged" | "refused" | "waits" | "unseen";
  readonly steps: readonly PlannedStep[];
  readonly fields: readonly PlannedField[];
  /** Of the Ready condition once the steps are done, or of what keeps it from that. */
  readonly reason: string;
  readonly message: string;
}

export function entryOf({ object, lab, outlook }: Rehearsed): PlanEntry {
  const named = headOf(object, lab.order.rank(layerOf(object) ?? ""));
  switch (outlook.is) {
    case "failed":
      return entry(named, { rest: outlook.outcome, steps: [], fields: [] });
    case "decided":
      return decidedEntry(named, outlook, object.metadata);
    case "guest": {
      const { foresight } = outlook;
      const steps = stepsOf(foresight, lab, layerOf(object) ?? "");
      const fields = fieldsOf(object as Container | VirtualMachine, foresight);
      return entry(named, { rest: foresight.rest, steps, fields });
    }
  }
}

type Head = Pick<PlanEntry, "kind" | "namespace" | "name" | "layer" | "rank" | "vmid">;

function headOf({ kind, metadata, spec }: Stored, rank: number | undefined): Head {
  const { namespace, name } = metadata;
  const layer = layerOf({ spec });
  const vmid = (spec as { readonly vmid?: unknown }).vmid;
  return {
    kind,
    namespace,
    name,
    ...(layer === undefined ? {} : { layer }),
    ...(rank === undefined ? {} : { rank }),
    ...(typeof vmid === "number" ? { vmid } : {}),
  };
}

function layerOf({ spec }: Pick<Stored, "spec">): string | undefined {
  return (spec as { readonly layerRef?: { readonly name?: string } } | undefined)?.layerRef?.name;
}

interface Found {
  readonly rest: Outcome;
  readonly steps: readonly PlannedStep[];
  readonly fields: readonly PlannedField[];
}

function entry(head: Head, { rest, steps, fields }: Found): PlanEntry {
  const refused = fields.some(({ applies }) => applies === "refused");
  const result = steps.length > 0 ? "changes" : refused ? "refused" : resultOf(rest);
  return { ...head, result, steps, fields, reason: rest.reason, message: rest.message };
}

function resultOf({ is, reason }: Outcome): PlanEntry["result"] {
  switch (is) {
    case "settled":
      return "unchanged";
    case "stalled":
      if (BLIND.has(reason)) return "unseen";
      // A person's stop is respected: that is as it should be.
      return reason === "StoppedByHand" ? "unchanged" : "refused";
    case "waiting":
      return reason === "Connecting" ? "unseen" : "waits";
    case "progressing":
      return "waits";
    case "unknown":
    case "failed":
      return "unseen";
  }
}

/** Reasons of a connection that does not come about. */
const BLIND: ReadonlySet<string> = new Set(["SecretMissing", "Unauthorized", "CertificateMismatch", "Unreachable"]);

/** Kinds that change nothing themselves: how their lab is at this moment is no plan's matter. */
const PROJECTIONS: ReadonlySet<string> = new Set(["Homelab", "HomelabLayer"]);

type Decided = Extract<Rehearsed["outlook"], { is: "decided" }>;

function decidedEntry(head: Head, { decision, adopts }: Decided, metadata: Stored["metadata"]): PlanEntry {
  const { outcome, report } = decision;
  const next = nextOf(decision);
  const isGone = isReleased(metadata, decision.finalizer);
  const steps: readonly PlannedStep[] = [
    ...(adopts ? [ADOPT] : []),
    ...(next === undefined ? [] : [{ do: verbOf(next), because: next.because, turn: 1 }]),
    ...(isGone && next === undefined ? [RELEASE] : []),
  ];
  const { drift = [] } = report as { readonly drift?: readonly Difference[] };
  const applies = next === undefined ? "told" : "live";
  const fields = drift.map(({ field, desired, actual }) => ({ field, from: actual, to: desired, applies }) as const);
  const found = entry(head, { rest: outcome, steps, fields });
  const isProjected = PROJECTIONS.has(head.kind) && !isGone && !INVALID.has(outcome.reason);
  return isProjected ? { ...found, result: "unchanged" } : found;
}

/** What waits for its turn at the site goes on by itself. */
function nextOf({ action, held, outcome }: Decided["decision"]): Action | undefined {
  return action ?? (outcome.reason === "SiteBusy" ? held : undefined);
}

const INVALID: ReadonlySet<string> = new Set(["SpecInvalid", "DependencyCycle"]);
const ADOPT: PlannedStep = { do: "adopt", because: "adoption is Adopt; nothing of it is changed", turn: 1 };
const RELEASE: PlannedStep = { do: "release", because: "its object goes; nothing else is changed", turn: 1 };

interface Difference {
  readonly field: string;
  readonly desired: string;
  readonly actual: string;
}
