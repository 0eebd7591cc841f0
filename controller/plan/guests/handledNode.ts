import type { GuestSeen } from "../../providers/port.ts";
import type { GuestPatch } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import { isAtWork } from "./guestTaskStep.ts";
import type { Guest } from "../lab.ts";

/** spec.node was changed since the guest was seen where it was declared, and nobody has answered that yet (A10). */
export function isToMove({ spec, status }: Guest): boolean {
  const handled = status?.lastHandledNode;
  return handled !== undefined && spec.node !== undefined && spec.node !== handled;
}

type Moved = Pick<GuestInput, "object" | "task" | "member" | "memory"> & { readonly guest: GuestSeen };

/** What the status says of spec.node, and of a migration under way, now that the guest was seen. */
export function nodePart(moved: Moved): GuestPatch {
  return { lastHandledNode: handledNode(moved), migration: migrationNow(moved) };
}

/**
 * The first sight records spec.node and moves nothing; of a guest of our own making it records where that was begun, so
 * that a spec.node changed meanwhile is a change. Who moves the guest while a change of spec.node waits has said
 * the newer word: then that change is answered, and where the guest is is drift.
 */
function handledNode(moved: Moved): string {
  const { object, guest } = moved;
  const { node: wanted } = object.spec;
  const before = object.status?.lastHandledNode;
  if (wanted === undefined) return guest.node;
  if (guest.node === wanted) return wanted;
  if (before === undefined) return isOfOurMaking(moved) ? guest.node : wanted;
  // Our own migration has brought it here, and spec.node was changed meanwhile: that is another change.
  if (object.status?.migration?.to === guest.node) return guest.node;
  return isMovedByOthers(moved) ? wanted : before;
}

function isOfOurMaking({ object, task }: Moved): boolean {
  const isMade = object.status?.createdVmid === object.spec.vmid;
  return isMade || (task.is !== "none" && task.action === "Create");
}

function isMovedByOthers({ object, guest, task }: Moved): boolean {
  const { node, migration } = object.status ?? {};
  if (node === undefined || node === guest.node) return false;
  const own = task.is !== "none" && task.action === "Migrate";
  return !own && migration?.to !== guest.node;
}

function migrationNow(moved: Moved): GuestPatch["migration"] {
  const { object, guest, task } = moved;
  const before = object.status?.migration;
  if (before === undefined) return undefined;
  const { from, to } = before;
  if (guest.node === to) return task.is !== "sought" && restsThere(moved) ? undefined : { from, to };
  if (isAtWork(task)) return before;
  if (object.spec.node !== to || guest.node !== from) return undefined;
  const failure = before.failure ?? failureOf(moved);
  return failure === undefined ? before : { from, to, failure: failure.slice(0, 1024) };
}

function restsThere({ object, guest, member }: Moved): boolean {
  return guest.power === "Running" || member.wanted === "Stopped" || object.status?.hold !== undefined;
}

/** How the shutdown or the migration failed: its task, or the call itself. */
function failureOf({ object, task, memory, guest }: Moved): string | undefined {
  if (task.is === "known" && task.state.is === "ended" && !task.state.ok) {
    if (task.action === "Migrate") return task.state.exit;
    if (task.action === "Shutdown" && guest.power === "Running") return `it did not shut down (${task.state.exit})`;
  }
  const refused = memory.lastFailure;
  const current = refused?.op === "Migrate" && refused.generation === object.metadata.generation;
  return current && refused.kind !== "permission" ? refused.text : undefined;
}

/**
 * Another guest that leaves the same node at this moment; undefined: none (A10). Of two that are on their way both, the
 * one with the smaller id goes on, so that they do not wait for each other.
 */
export function migratingBefore({ lab, member, sight }: GuestInput): string | undefined {
  const from = sight.is === "present" ? sight.guest.node : undefined;
  const own = member.object.status?.migration;
  const isOnItsWay = own !== undefined && own.failure === undefined && own.from === from;
  return [...lab.members.values()].find(({ id, cluster, object }) => {
    const { migration } = object.status ?? {};
    const leaves = migration !== undefined && migration.failure === undefined && migration.from === from;
    return id !== member.id && cluster === member.cluster && leaves && (!isOnItsWay || id < member.id);
  })?.id;
}
