import type { Container, HomelabStatus } from "../../controller/api/index.ts";
import type { Ink } from "./ink.ts";
import type { Progress } from "./progress.ts";
import { storyLine } from "./view.ts";

export type Boot = NonNullable<HomelabStatus["lastBoot"]>;

/** What the demo ends with, and prints with --json. */
export interface Report {
  /** True when every step was seen. */
  readonly ok: boolean;
  readonly emptyHost: boolean;
  readonly storySeconds: number;
  readonly steps: readonly Progress[];
  /** status.lastBoot of the Homelab. */
  readonly boot: Boot | null;
  /** The database's outage: status.lastIncident of its Container. */
  readonly recovery: Recovery | null;
  /** What the controller asked of Proxmox, by the host's own access log. */
  readonly calls: ApiCalls;
  readonly site: SiteReport;
}

/** What the controller asked of Omada, by the site's own access log. */
export interface SiteReport extends ApiCalls {
  /** Those that were meant to change something. */
  readonly writes: ApiCalls["byKind"];
  /** Writes that were sent twice with the same body. */
  readonly doubled: readonly string[];
  /** Writes since everything in it was as declared. */
  readonly writesAtRest: number;
}

export interface Recovery {
  readonly guest: string;
  readonly cause: string;
  /** From last seen good to noticed, acted upon, healthy again. */
  readonly detectSeconds: number;
  readonly actSeconds: number | null;
  readonly mttrSeconds: number | null;
  /** From the crash until it served again, by the host's own memory. */
  readonly witnessedSeconds: number | null;
}

/** Calls, counted. */
export interface ApiCalls {
  readonly total: number;
  readonly failed: number;
  readonly byKind: readonly { readonly call: string; readonly count: number }[];
}

/** Counts calls by method and path, with the names in paths left open. */
export function apiCallsOf<Call extends { readonly method: string; readonly path: string }>(
  calls: readonly Call[],
  isRefused: (call: Call) => boolean,
): ApiCalls {
  const counts = new Map<string, number>();
  for (const { method, path } of calls) {
    const kind = `${method} ${kindOf(path)}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const byKind = [...counts].map(([call, count]) => ({ call, count })).sort((a, b) => b.count - a.count);
  return {
    total: calls.length,
    failed: calls.filter(isRefused).length,
    byKind,
  };
}

function kindOf(path: string): string {
  return path
    .replace(/^\/nodes\/[^/]+/, "/nodes/{node}")
    .replace(/\/(lxc|qemu)\/\d+/, "/$1/{vmid}")
    .replace(/\/tasks\/[^/]+/, "/tasks/{upid}")
    .replace(/\/(storage|network)\/[^/]+/, "/$1/{name}")
    .replace(/\/[0-9a-f]{32}(?=\/)/, "/{omadacId}")
    .replaceAll(/\/[0-9a-f]{24}(?=\/|$)/g, "/{id}")
    .replaceAll(/\/([0-9A-F]{2}-){5}[0-9A-F]{2}/g, "/{mac}")
    .replace(/\/ports\/\d+/, "/ports/{port}");
}

export function recoveryOf(container: Container | undefined, witnessedSeconds: number | null): Recovery | null {
  const incident = container?.status?.lastIncident;
  if (container === undefined || incident === undefined) return null;
  const { cause, startTime, detectTime, actTime, recoverTime } = incident;
  const since = (time: string | undefined): number | null =>
    time === undefined ? null : (Date.parse(time) - Date.parse(startTime)) / 1000;
  return {
    guest: container.metadata.name,
    cause,
    detectSeconds: since(detectTime) ?? 0,
    actSeconds: since(actTime),
    mttrSeconds: since(recoverTime),
    witnessedSeconds,
  };
}

/** The report for people. */
export function reportText(report: Report, ink: Ink): string {
  const { steps, storySeconds, boot, recovery, calls, site } = report;
  const seen = steps.filter((step) => step.state === "seen").length;
  const verdict = `${String(seen)} of ${String(steps.length)} steps seen in ${storySeconds.toFixed(0)} s`;
  return [
    "",
    ink(report.ok ? "green" : "red", `${report.ok ? "✔" : "✘"} ${verdict}`),
    ...steps.map((step) => `  ${storyLine(step, ink)}`),
    ...(boot === null ? [] : bootLines(boot, ink)),
    ...(recovery === null ? [] : recoveryLines(recovery, ink)),
    "",
    callHead({ ...calls, to: "Proxmox", whose: "the host's" }, storySeconds, ink),
    ...countLines(calls.byKind),
    "",
    callHead({ ...site, to: "Omada", whose: "the site's" }, storySeconds, ink),
    ...siteLines(site),
    "",
  ].join("\n");
}

const BAR = 30;

function bootLines(boot: Boot, ink: Ink): string[] {
  const begun = Date.parse(boot.startTime);
  const length = Math.max(1, (boot.durationSeconds ?? 0) * 1000);
  const took = boot.durationSeconds === undefined ? "not finished" : `${boot.durationSeconds.toFixed(1)} s`;
  const steps = (boot.steps ?? []).map((step) => {
    const from = step.startTime === undefined ? 0 : Date.parse(step.startTime) - begun;
    const to = step.finishTime === undefined ? length : Date.parse(step.finishTime) - begun;
    const times = `${seconds(from)} → ${seconds(to)}`;
    return `  ${step.name.padEnd(22)} ${bar(from / length, to / length)} ${times}  ${step.state}`;
  });
  return [
    "",
    ink("bold", `Boot report: ${boot.cause}, ${took}`) + ink("dim", "  (status.lastBoot of the Homelab)"),
    ...steps,
    `  critical path   ${(boot.criticalPath ?? []).join(" → ")}`,
    `  slowest probe   ${boot.slowestProbe ?? "–"}`,
  ];
}

function bar(from: number, to: number): string {
  const start = Math.min(BAR - 1, Math.floor(from * BAR));
  const end = Math.max(start + 1, Math.min(BAR, Math.round(to * BAR)));
  return `${" ".repeat(start)}${"█".repeat(end - start)}`.padEnd(BAR);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(5)} s`;
}

function recoveryLines(recovery: Recovery, ink: Ink): string[] {
  const { guest, cause, detectSeconds, actSeconds, mttrSeconds, witnessedSeconds } = recovery;
  const time = (value: number | null): string => (value === null ? "–" : `${value.toFixed(1)} s`);
  return [
    "",
    ink("bold", `Recovery: ${guest}, ${cause}`) +
      ink("dim", "  (status.lastIncident, from when it was last seen good)"),
    `  noticed ${time(detectSeconds)}   start called ${time(actSeconds)}   healthy again (MTTR) ${time(mttrSeconds)}`,
    `  by the host's own memory it did not serve for ${time(witnessedSeconds)}`,
  ];
}

interface CallsTo extends ApiCalls {
  readonly to: string;
  readonly whose: string;
}

function callHead({ total, failed, to, whose }: CallsTo, storySeconds: number, ink: Ink): string {
  const rate = ((total / Math.max(1, storySeconds)) * 60).toFixed(0);
  const head = ink("bold", `Calls to ${to}: ${String(total)}, ${rate} a minute, ${String(failed)} refused`);
  return `${head}${ink("dim", `  (${whose} access log)`)}`;
}

function countLines(byKind: ApiCalls["byKind"]): string[] {
  return byKind.map(({ call, count }) => `  ${String(count).padStart(5)}  ${call}`);
}

/** Of a site that is read by many calls, those that change something. */
function siteLines({ writes, doubled, writesAtRest }: SiteReport): string[] {
  const sent = writes.reduce((sum, { count }) => sum + count, 0);
  const told = `${String(sent)} to change something, ${String(doubled.length)} of them twice, ${String(writesAtRest)} once all was as declared`;
  return [`  ${told}`, ...countLines(writes)];
}
