import type { BaseStatus, Claim, Condition } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import { claimsOf, isSummary, nextConditions, type Stamp } from "./conditions.ts";

/** What a pass has to say. A part that is absent was not found out: it stays as it reads. */
export interface Said {
  readonly outcome: Outcome;
  readonly report?: object;
  readonly conditions?: readonly Claim[];
}

/** The whole status after a pass, as plain JSON without undefined members. */
export function nextStatus(before: BaseStatus | undefined, said: Said, stamp: Stamp): BaseStatus {
  const conditions = before?.conditions ?? [];
  const summary = nextConditions(conditions, claimsOf(said.outcome), stamp);
  const own =
    said.conditions === undefined
      ? conditions.filter((condition) => !isSummary(condition.type))
      : nextConditions(conditions, said.conditions.filter(isOwn), stamp);
  return plain({
    ...(said.report ?? reportOf(before)),
    observedGeneration: stamp.generation,
    conditions: [...summary, ...own],
  });
}

/** The status without conditions and observedGeneration. */
export function reportOf(status: BaseStatus | undefined): object {
  const report: Partial<BaseStatus> = { ...status };
  delete (report as { conditions?: unknown }).conditions;
  delete (report as { observedGeneration?: unknown }).observedGeneration;
  return report;
}

export function readyOf(status: BaseStatus | undefined): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === "Ready");
}

/** Whether no pass has spoken about it yet: no status, or only the schema's default. */
export function isNew(status: BaseStatus | undefined): boolean {
  return readyOf(status) === undefined;
}

function isOwn(claim: Claim): boolean {
  return !isSummary(claim.type);
}

function plain(status: BaseStatus): BaseStatus {
  return JSON.parse(JSON.stringify(status)) as BaseStatus;
}
