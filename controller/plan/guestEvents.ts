import type { EventNote } from "./action.ts";
import type { GuestPatch } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import { note } from "./guestStep.ts";
import { incidentEvents } from "./incident.ts";

/** What a pass has to tell beyond its action and the change of Ready (S2). */
export function guestEvents(input: GuestInput, report: GuestPatch): EventNote[] {
  return [...taskEvents(input), ...incidentEvents(input.object.status?.lastIncident, report.lastIncident)];
}

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
