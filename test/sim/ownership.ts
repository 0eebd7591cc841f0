import { POLL_MS, type Scene } from "./scene.ts";
import { markOf } from "./truth.ts";

export function isProtected({ history, vmid }: Scene): string | undefined {
  return history.truth.isProtected(vmid) && !history.deaf ? "it is protected" : undefined;
}

export function unmarked({ guest, actor, history, vmid, now }: Scene): string | undefined {
  if (guest === undefined || actor?.spec.management !== "Full") return undefined;
  if (now - (history.touchedAt.get(vmid) ?? -Infinity) < POLL_MS) return undefined;
  return guest.tags.includes(markOf(actor.name)) ? undefined : `it does not carry the mark of ${actor.id}`;
}
