import { annotation } from "../../api/meta.ts";
import type { GuestSeen } from "../../providers/port.ts";
import type { GuestAction, GuestPatch } from "./guestAction.ts";
import type { GuestInput, Sight } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { note, progressing, RECHECK_MS, stalled } from "../outcomes.ts";
import { heldBy } from "./guestPolicy.ts";
import { isToMove, nodePart } from "./handledNode.ts";
import { asksForRestart, isRestartAsked } from "./restartRequest.ts";

type Present = Extract<Sight, { is: "present" }>;

/**
 * The migration that a changed spec.node asks for (A10), in the place of the step where that step may wait for it. A
 * container is shut down gracefully, migrated and started again, each a step of its own: Proxmox's restart mode kills it
 * after a timeout (A9). A VM is migrated as it is.
 */
export function withMigration(step: Step, input: GuestInput, sight: Present): Step {
  const { object } = input;
  const target = object.spec.node;
  // As the status will read after this pass: what has just failed, or was just moved by hand, counts already.
  const { lastHandledNode, migration } = nodePart({ ...input, guest: sight.guest });
  if (target === undefined || target === lastHandledNode) return step;
  if (!yields(step, input)) return step;
  const against = obstacleOf(input, sight, { target, failure: migration?.failure });
  if (against !== undefined) return isAtRest(step) ? { ...step, outcome: against } : step;
  const { guest } = sight;
  const move = moveOf(guest, target);
  // What would go on anyway is not kept from it by a migration that has to wait.
  return step.action !== undefined && move.action !== undefined && heldBy(move.action, input) !== undefined
    ? step
    : move;
}

function moveOf(guest: GuestSeen, target: string): Step {
  const because = `spec.node was changed to ${target}; the guest is on ${guest.node}`;
  if (guest.power === "Running" && guest.type === "lxc")
    return {
      outcome: progressing("Migrating", `shutting down to be migrated: ${because}`),
      action: { op: "Shutdown", effect: "stops", makesTask: true, restart: true, moves: true, target, because },
      events: [note("Normal", "Migrating", "Shutdown", `shut down to be migrated: ${because}`)],
    };
  return {
    outcome: progressing("Migrating", `migrating: ${because}`),
    action: { op: "Migrate", effect: "moves", makesTask: true, moves: true, target, because },
    events: [note("Normal", "Migrating", "Migrate", `migrating: ${because}`)],
  };
}

/** Nothing is done, it is only started, or it is restarted anyway: that may as well come after. */
function yields({ action, outcome }: Step, input: GuestInput): boolean {
  if (action === undefined) return outcome.is === "settled";
  return action.op === "Start" || (action.op === "Shutdown" && action.restart === true && asksForRestart(input));
}

function isAtRest({ action, outcome }: Step): boolean {
  return action === undefined && outcome.is === "settled";
}

/** What keeps it where it is. A try that failed is not repeated by itself: it would stop the guest each time. */
function obstacleOf(
  input: GuestInput,
  { guest, immovable = [] }: Present,
  { target, failure }: { readonly target: string; readonly failure: string | undefined },
): Step["outcome"] | undefined {
  const stays = `spec.node is ${target}, and the guest stays on ${guest.node}`;
  if (guest.ha !== undefined && guest.ha !== "ignored") {
    const sid = `${guest.type === "lxc" ? "ct" : "vm"}:${String(guest.vmid)}`;
    return stalled(
      "NotMigrated",
      `${stays}: Proxmox HA manages it (state ${guest.ha}), and what HA has is HA's to move. Migrate it on a node: ha-manager migrate ${sid} ${target}`,
      RECHECK_MS,
    );
  }
  if (failure !== undefined && !isRestartAsked(input.object))
    return stalled(
      "NotMigrated",
      `${stays}: ${failure}. The task list of ${guest.node} in Proxmox has the log. To try again: kubectl annotate ${nameOf(input)} --overwrite ${annotation.restartedAt}="$(date)"`,
      RECHECK_MS,
    );
  if (immovable.length > 0)
    return stalled(
      "NotMigrated",
      `${stays}: ${immovable.join("; ")}. It goes on when that is mended; to leave it there write ${guest.node} into spec.node`,
      RECHECK_MS,
    );
  return undefined;
}

function nameOf({ object }: GuestInput): string {
  return `${object.kind === "Container" ? "hct" : "hvm"} ${object.metadata.name}`;
}

/** Said of a guest whose node is away: what a lost node still runs nobody knows, so nothing is moved (O3, A10). */
export function notMoved({ object }: Pick<GuestInput, "object">): string {
  return isToMove(object) && object.spec.node !== undefined
    ? `. It is not moved to ${object.spec.node} until then: what a lost node still runs nobody knows`
    : "";
}

/** From here on it is on its way, and a failed try is forgotten (A10). */
export function movesTo({ moves, target: to }: GuestAction, { sight }: GuestInput): GuestPatch {
  if (moves !== true || to === undefined || sight.is !== "present") return {};
  return { migration: { from: sight.guest.node, to } };
}
