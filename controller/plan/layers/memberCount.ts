import type { Lab, Member } from "../lab.ts";
import { kept, noRow, perBlock, type Row } from "../row.ts";

export interface NotReady {
  readonly kind: string;
  readonly name: string;
  /** A word or phrase: Starting, Stopped, StoppedByHand, … */
  readonly reason: string;
}

/** What a gate goes by. */
export interface Count {
  /** Whatever their state, save leaving ones. */
  readonly present: number;
  /** Of them those that count, and how many of those are healthy or cannot be seen. */
  readonly total: number;
  readonly healthy: number;
  readonly unknown: number;
  readonly notReady: readonly NotReady[];
  /** Members that left the total, with the reason: declared Stopped, held by hand. */
  readonly aside: readonly NotReady[];
  /** Milliseconds until `minHealthySeconds` are over for the next healthy member; undefined: nothing to wait for. */
  readonly retryMs: number | undefined;
}

/** The members as they are at this moment, which matters only while `minHealthySeconds` run for one of them. */
export function countOf(lab: Lab, name: string, minHealthyMs: number): Count {
  const row = lab.byLayer.get(name) ?? noRow;
  const ripe = minHealthyMs === 0 || lab.monotonic - youngest(row) >= minHealthyMs;
  const count = ripe ? countNow(row) : countAt(row, minHealthyMs, lab.monotonic);
  const invalid = lab.invalid.get(name) ?? [];
  if (invalid.length === 0) return count;
  return {
    ...count,
    present: count.present + invalid.length,
    total: count.total + invalid.length,
    notReady: [...count.notReady, ...invalid.map(({ kind, name: of }) => ({ kind, name: of, reason: "SpecInvalid" }))],
  };
}

/** As if every healthy member had been so for long enough. */
const countOfBlock = kept((members: readonly Member[]) => counted(members, 0, 0));
const countNow = perBlock(countOfBlock, joined);

function countAt(row: Row<Member>, minHealthyMs: number, monotonic: number): Count {
  return joined(
    row.blocks.map((block) =>
      monotonic - youngestOf(block) >= minHealthyMs ? countOfBlock(block) : counted(block, minHealthyMs, monotonic),
    ),
  );
}

/** When the last of the healthy members became so; infinite: not known of one. */
const youngestOf = kept((members: readonly Member[]) =>
  Math.max(...members.map((member) => (isHealthy(member) ? (member.healthySince ?? Infinity) : -Infinity))),
);
const youngest = perBlock(youngestOf, (parts) => Math.max(...parts));

function joined(parts: readonly Count[]): Count {
  const sum = (figure: "present" | "total" | "healthy" | "unknown"): number =>
    parts.reduce((total, part) => total + part[figure], 0);
  const retries = parts.flatMap(({ retryMs }) => retryMs ?? []);
  return {
    present: sum("present"),
    total: sum("total"),
    healthy: sum("healthy"),
    unknown: sum("unknown"),
    notReady: parts.flatMap(({ notReady }) => notReady),
    aside: parts.flatMap(({ aside }) => aside),
    retryMs: retries.length === 0 ? undefined : Math.min(...retries),
  };
}

function counted(members: readonly Member[], minHealthyMs: number, monotonic: number): Count {
  const present = members.filter((member) => !member.leaving);
  const aside: NotReady[] = [];
  const notReady: NotReady[] = [];
  const waits: number[] = [];
  let healthy = 0;
  let unknown = 0;
  for (const member of present) {
    const asideBecause = asideReason(member);
    if (asideBecause !== undefined) {
      aside.push(named(member, asideBecause));
      continue;
    }
    if (member.power === "Unknown") unknown++;
    const wait = waitOf(member, minHealthyMs, monotonic);
    if (wait === 0) healthy++;
    else notReady.push(named(member, notReadyReason(member)));
    if (wait !== undefined && wait > 0) waits.push(wait);
  }
  const total = present.length - aside.length;
  const retryMs = waits.length === 0 ? undefined : Math.min(...waits);
  return { present: present.length, total, healthy, unknown, notReady, aside, retryMs };
}

/** Milliseconds until the member counts as healthy; undefined: it is not healthy. */
function waitOf(member: Member, minHealthyMs: number, monotonic: number): number | undefined {
  if (!isHealthy(member)) return undefined;
  return minHealthyMs === 0 ? 0 : Math.max(0, minHealthyMs - (monotonic - (member.healthySince ?? monotonic)));
}

export function isHealthy(member: Member): boolean {
  return member.problem === undefined && member.power === "Running" && member.health === "Healthy" && !member.stopping;
}

function named({ object }: Member, reason: string): NotReady {
  return { kind: object.kind, name: object.metadata.name, reason };
}

function asideReason(member: Member): string | undefined {
  if (member.held) return "StoppedByHand";
  return member.wanted === "Stopped" ? "Stopped" : undefined;
}

function notReadyReason(member: Member): string {
  if (member.problem !== undefined) return member.problem;
  if (member.power !== "Running") return member.power;
  if (member.stopping) return "Stopping";
  return member.health === "Healthy" ? "Settling" : member.health;
}
