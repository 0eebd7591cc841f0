import type { EventNote } from "../action.ts";
import type { Difference, Way } from "./configuration/difference.ts";
import { corrects } from "./configuration/policy.ts";
import { driftText, newIn } from "./drift.ts";
import type { GuestPatch } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import { note } from "../outcomes.ts";
import { incidentEvents } from "./incident.ts";

/** What a pass has to tell beyond its action and the change of Ready (S2). */
export function guestEvents(input: GuestInput, report: GuestPatch, differences: readonly Difference[]): EventNote[] {
  return [
    ...taskEvents(input),
    ...driftEvents(input, report, differences),
    ...incidentEvents(input.object.status?.lastIncident, report.lastIncident),
  ];
}

/** Somebody changed in Proxmox what is declared: told once, with who, where that is known (I4). */
function driftEvents({ object }: GuestInput, report: GuestPatch, differences: readonly Difference[]): EventNote[] {
  const changed = differences.filter((difference) => difference.changed !== undefined);
  const told = newIn(report.drift ?? [], object.status?.drift ?? []).filter(({ field }) =>
    changed.some((difference) => difference.field === field),
  );
  if (told.length === 0) return [];
  const cure =
    corrects(object) || !changed.some(({ way }) => isCorrectable(way))
      ? ""
      : ". It is only reported: to have it put back write driftPolicy: Correct, else correct the manifest";
  return [note("Warning", "Drifted", "Observe", `${told.map(driftText).join(". ").slice(0, LONGEST)}${cure}`)];
}

/** Where it is and what could lose data is not ours to put back, whatever is declared (A10, I5). */
function isCorrectable({ is }: Way): boolean {
  return is === "live" || is === "restart" || is === "grow";
}

const LONGEST = 768;

/** A task of ours has ended: say how (S2). Success shows in the state that follows. */
function taskEvents({ task }: GuestInput): EventNote[] {
  if (task.is !== "known" || task.state.is === "running") return [];
  if (task.state.is === "lost")
    return [
      note(
        "Warning",
        "TaskFailed",
        task.action,
        `Proxmox has forgotten task ${task.upid}; looking at the guest itself`,
      ),
    ];
  if (task.state.ok) return [];
  return [note("Warning", "TaskFailed", task.action, `${task.action} failed: ${task.state.exit}`)];
}
