import type { Action } from "../plan/action.ts";
import { mebibytes } from "../plan/guests/configuration/spelling.ts";
import type { Foresight, ForeseenStep } from "../plan/foresight/foresee.ts";
import type { GuestAction } from "../plan/guests/guestAction.ts";
import type { Lab } from "../plan/lab.ts";

/** Something that is done, in the words of a plan. */
export interface PlannedStep {
  readonly do:
    | "create"
    | "fetchImage"
    | "adopt"
    | "change"
    | "grow"
    | "setStartup"
    | "start"
    | "stop"
    | "restart"
    | "migrate"
    | "destroy"
    | "release"
    | "snapshot"
    | "prune";
  readonly because: string;
  /** Steps of all objects with a smaller one are done before. */
  readonly turn: number;
  /** What goes before: layers, or what the guest waits for. */
  readonly after?: string;
}

const VERBS: Readonly<Record<GuestAction["op"], PlannedStep["do"]>> = {
  Start: "start",
  Shutdown: "stop",
  Download: "fetchImage",
  Create: "create",
  Mark: "adopt",
  SetStartup: "setStartup",
  Configure: "change",
  Resize: "grow",
  Destroy: "destroy",
  Migrate: "migrate",
  Snapshot: "snapshot",
};

const OTHERS: Readonly<Record<string, PlannedStep["do"]>> = {
  ...VERBS,
  Delete: "destroy",
  DeleteSnapshot: "prune",
};

/** The word for an action of any kind. */
export function verbOf({ op }: Action): PlannedStep["do"] {
  return OTHERS[op] ?? "change";
}

/** A guest's steps; a shutdown with the start that follows it is one restart, with the migration between them one move. */
export function stepsOf({ steps, released }: Foresight, lab: Lab, layer: string): readonly PlannedStep[] {
  const last = steps.at(-1)?.turn ?? 0;
  const kept = steps.filter((step, index) => !isPartOf(step, steps.slice(0, index)));
  const told = kept.map((step) => {
    const planned = plannedOf(step, lab, layer);
    return growsFromImage(step, steps) ? { ...planned, because: fromImage(step.action) } : planned;
  });
  const goes = steps.some(({ action }) => action.op === "Destroy");
  if (!released || goes) return told;
  return [...told, { do: "release", because: "its object goes; the guest stays as it is", turn: last + 1 }];
}

/** How large an image is shows once a disk was made out of it. */
function growsFromImage({ action: { growth } }: ForeseenStep, steps: readonly ForeseenStep[]): boolean {
  return steps.some(({ action: { change, creation } }) => {
    const made = creation !== undefined && "change" in creation ? creation.change : change;
    return made?.disks?.some((disk) => disk.key === growth?.disk && "importFrom" in disk);
  });
}

function fromImage({ growth }: GuestAction): string {
  return `${growth?.disk ?? ""} from the size of its image to ${mebibytes(growth?.sizeMiB) ?? ""}`;
}

/** The later half of a restart or of a move. */
function isPartOf({ action }: ForeseenStep, before: readonly ForeseenStep[]): boolean {
  const opened = before.findLast((step) => step.action.op === "Shutdown" || step.action.op === "Start");
  if (opened?.action.restart !== true) return false;
  return action.op === "Start" || (action.op === "Migrate" && opened.action.moves === true);
}

function plannedOf({ action, turn, hold }: ForeseenStep, lab: Lab, layer: string): PlannedStep {
  const verb = action.restart === true ? (action.moves === true ? "migrate" : "restart") : VERBS[action.op];
  const after = hold?.message ?? afterOf(action, lab, layer);
  return { do: verb, because: `${action.because}${placeOf(action)}`, turn, ...(after === "" ? {} : { after }) };
}

/** The layers whose turn is before its own: those that its layer names, or that stand on it. */
function afterOf(action: GuestAction, lab: Lab, layer: string): string {
  const needs = (lab.layers.get(layer)?.spec.dependsOn ?? []).map(({ name }) => name);
  if (action.first === true && needs.length > 0) return `layer ${needs.join(", ")}`;
  const above = lab.order.above(layer);
  return action.declared === true && above.length > 0 ? `layer ${above.join(", ")}` : "";
}

function placeOf({ op, creation }: GuestAction): string {
  if (op !== "Create" || creation === undefined) return "";
  const from = "template" in creation ? ` from ${creation.template}` : "";
  return `; on ${creation.node}${from}`;
}
