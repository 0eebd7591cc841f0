import { isRefused, type PlanDocument, type PlanSummary } from "./planDocument.ts";
import type { PlanEntry } from "./planEntry.ts";
import type { PlannedField } from "./plannedFields.ts";
import type { PlannedStep } from "./plannedSteps.ts";

type Symbol = "+" | "~" | "↻" | "-" | "!" | "=" | "?";

const COLOURS: Readonly<Record<Symbol, string>> = {
  "+": "32",
  "~": "33",
  "↻": "33",
  "-": "31",
  "!": "31",
  "=": "2",
  "?": "35",
};

/** The plan for people; in colour where they asked for it. */
export function planText({ objects, summary }: PlanDocument, colour: boolean): string {
  const told = objects.filter(isTold);
  const groups = Map.groupBy(told, groupOf);
  const parts = [...groups].map(([title, of]) => [title, ...of.flatMap((one) => linesOf(one, colour)), ""].join("\n"));
  return `${[...parts, closing(summary)].join("\n")}\n`;
}

/** What is as declared and has nothing else to say is only counted. */
function isTold({ kind, result, reason, fields }: PlanEntry): boolean {
  // How the lab and its layers are at this moment, kubectl get shows.
  if (result === "unchanged" && GROUPS[kind] === "lab") return false;
  return result !== "unchanged" || fields.length > 0 || !(reason === "Settled" || reason === "Stopped");
}

function groupOf({ layer, namespace, kind }: PlanEntry): string {
  return layer === undefined ? `${namespace}: ${GROUPS[kind] ?? "network"}` : `${namespace}: layer ${layer}`;
}

const GROUPS: Readonly<Record<string, string>> = {
  ProxmoxCluster: "connections",
  OmadaController: "connections",
  Homelab: "lab",
  HomelabLayer: "lab",
  SnapshotPolicy: "snapshots",
};

function linesOf(entry: PlanEntry, colour: boolean): readonly string[] {
  const symbol = symbolOf(entry);
  const id = `${entry.kind} ${entry.name}${entry.vmid === undefined ? "" : ` (${String(entry.vmid)})`}`;
  const head = `  ${symbol} ${id}: ${wordsOf(entry)}`;
  const width = Math.max(0, ...entry.fields.map(({ field }) => field.length));
  return [
    colour ? `\u001b[${COLOURS[symbol]}m${head}\u001b[0m` : head,
    ...entry.steps.map((step) => `      ${VERBS[step.do]}: ${whyOf(step)}`),
    ...entry.fields.map((field) => `      ${fieldText(field, width)}`),
    ...restOf(entry),
  ];
}

function symbolOf({ result, steps }: PlanEntry): Symbol {
  const does = (...verbs: readonly PlannedStep["do"][]): boolean => steps.some((step) => verbs.includes(step.do));
  if (does("destroy", "release", "prune")) return "-";
  if (does("create", "adopt", "snapshot")) return "+";
  if (does("restart")) return "↻";
  switch (result) {
    case "changes":
      return "~";
    case "refused":
      return "!";
    case "unseen":
      return "?";
    case "unchanged":
    case "waits":
      return "=";
  }
}

const VERBS: Readonly<Record<PlannedStep["do"], string>> = {
  create: "create",
  fetchImage: "fetch its image",
  adopt: "adopt",
  change: "change",
  grow: "grow a volume",
  setStartup: "set its autostart",
  start: "start",
  stop: "stop",
  restart: "restart",
  migrate: "migrate",
  destroy: "destroy",
  release: "let go",
  snapshot: "make a snapshot",
  prune: "remove a snapshot",
};

const RESULTS: Readonly<Record<PlanEntry["result"], string>> = {
  changes: "changes",
  unchanged: "nothing to do",
  refused: "refused",
  waits: "waits",
  unseen: "cannot be told",
};

function wordsOf(entry: PlanEntry): string {
  const { steps, result } = entry;
  if (steps.length === 0) return RESULTS[result];
  const words = steps.map((step) => VERBS[step.do]).join(", then ");
  return isRefused(entry) ? `${words}; in part refused` : words;
}

function whyOf({ because, after }: PlannedStep): string {
  return after === undefined ? because : `${because}; after ${after}`;
}

const APPLIES: Readonly<Record<PlannedField["applies"], string>> = {
  live: "at once",
  grow: "grows",
  restart: "with a restart",
  nextStart: "with its next start",
  onRequest: "when restarted-at asks for it",
  told: "only told",
  refused: "refused",
};

function fieldText({ field, from, to, applies, because, changedBy }: PlannedField, width: number): string {
  const who = changedBy === undefined ? "" : `; changed by ${changedBy}`;
  const why = because === undefined ? "" : `: ${because}`;
  return `${field.padEnd(width)}  ${short(from)} → ${short(to)}  (${APPLIES[applies]}${why}${who})`;
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 64 ? line : `${line.slice(0, 63)}…`;
}

/** What keeps it from its end, or why there is nothing to do. */
function restOf({ result, reason, message, steps, fields }: PlanEntry): readonly string[] {
  if (steps.length === 0) return [`      ${reason}: ${message}`];
  const isSaid = fields.some(({ applies }) => applies === "refused");
  const isEnd = ["Settled", "Stopped", "Suspended"].includes(reason) || result !== "changes" || message === "";
  return isEnd || isSaid || WORKING.has(reason) ? [] : [`      then ${reason}: ${message}`];
}

/** What Ready says while a step is under way. */
const WORKING: ReadonlySet<string> = new Set([
  "Creating",
  "Configuring",
  "Deleting",
  "Starting",
  "SiteBusy",
  "Snapshotting",
]);

function closing(summary: PlanSummary): string {
  const { create, change, restart, remove, refused, waiting, unseen, unchanged } = summary;
  const { adopt, start, stop, migrate, snapshot } = summary;
  const always = { create, change, restart, remove };
  const some = { adopt, start, stop, migrate, snapshot };
  const counts = [...Object.entries(always), ...Object.entries(some).filter(([, count]) => count > 0)].map(
    ([word, count]) => `${String(count)} to ${word}`,
  );
  const rest = [
    `${String(refused)} refused`,
    ...(waiting === 0 ? [] : [`${String(waiting)} waiting`]),
    ...(unseen === 0 ? [] : [`${String(unseen)} cannot be told`]),
    `${String(unchanged)} as they are`,
  ];
  return `Plan: ${counts.join(", ")}; ${rest.join(", ")}`;
}
