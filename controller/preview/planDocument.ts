import { API_VERSION } from "../api/meta.ts";
import { entryOf, type PlanEntry } from "./planEntry.ts";
import type { PlannedStep } from "./plannedSteps.ts";
import type { Rehearsed } from "./rehearsed.ts";

/** How many objects are under each heading; one may be under several. */
export interface PlanSummary {
  readonly create: number;
  readonly adopt: number;
  readonly change: number;
  readonly start: number;
  readonly stop: number;
  readonly restart: number;
  readonly migrate: number;
  readonly remove: number;
  readonly snapshot: number;
  readonly refused: number;
  readonly waiting: number;
  readonly unseen: number;
  readonly unchanged: number;
}

/** The plan as `--json` prints it. */
export interface PlanDocument {
  readonly apiVersion: string;
  readonly kind: "Plan";
  readonly summary: PlanSummary;
  /** In the order of the layers, the lowest first; what has none before them. */
  readonly objects: readonly PlanEntry[];
}

export function planDocument(rehearsed: readonly Rehearsed[]): PlanDocument {
  const objects = rehearsed.map(entryOf).sort(inOrder);
  return { apiVersion: API_VERSION, kind: "Plan", summary: summaryOf(objects), objects };
}

/** 0 nothing to change, 2 something would change, 1 it cannot be told, or nothing is left but what is refused. */
export function exitCodeOf({ summary, objects }: PlanDocument): 0 | 1 | 2 {
  if (summary.unseen > 0) return 1;
  if (objects.some(({ result }) => result === "changes")) return 2;
  return summary.refused > 0 ? 1 : 0;
}

/** What is or was refused of it, whatever else is done. */
export function isRefused({ result, fields }: PlanEntry): boolean {
  return result === "refused" || fields.some(({ applies }) => applies === "refused");
}

function inOrder(a: PlanEntry, b: PlanEntry): number {
  return (
    a.namespace.localeCompare(b.namespace) ||
    (a.rank ?? 0) - (b.rank ?? 0) ||
    (a.layer ?? "").localeCompare(b.layer ?? "") ||
    a.kind.localeCompare(b.kind) ||
    a.name.localeCompare(b.name)
  );
}

function summaryOf(objects: readonly PlanEntry[]): PlanSummary {
  const having = (...verbs: readonly PlannedStep["do"][]): number =>
    objects.filter(({ steps }) => steps.some((step) => verbs.includes(step.do))).length;
  const results = (result: PlanEntry["result"]): number => objects.filter((one) => one.result === result).length;
  return {
    create: having("create"),
    adopt: having("adopt"),
    change: having("change", "grow", "setStartup"),
    start: having("start"),
    stop: having("stop"),
    restart: having("restart"),
    migrate: having("migrate"),
    remove: having("destroy", "release"),
    snapshot: having("snapshot", "prune"),
    refused: objects.filter(isRefused).length,
    waiting: results("waits"),
    unseen: results("unseen"),
    unchanged: results("unchanged"),
  };
}
