import { annotation, annotationOf } from "../../api/meta.ts";
import type { GuestPatch } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";

type Asked = Pick<GuestInput, "object">;

/** The value of restarted-at that nobody has answered yet; one found at the first pass asks for nothing. */
function openValue({ object }: Asked): string | undefined {
  const { status } = object;
  if (status?.lastHandledPowerState === undefined) return undefined;
  const value = annotationOf(object, annotation.restartedAt);
  return value === status.lastHandledRestartAt ? undefined : value;
}

/** A restart is asked for, and nobody has answered yet, whether it runs or not. */
export function isRestartAsked(object: GuestInput["object"]): boolean {
  return openValue({ object }) !== undefined;
}

/** It runs, and was asked to be restarted while it did: it goes down and comes up again (A9). */
export function asksForRestart(asked: Asked): boolean {
  const value = openValue(asked);
  const pending = asked.object.status?.pendingRestart;
  return value !== undefined && !(pending?.value === value && pending.powerState === "Stopped");
}

/** It is down, and was asked to be started after it went down. */
export function asksForStart(asked: Asked): boolean {
  const value = openValue(asked);
  const pending = asked.object.status?.pendingRestart;
  return value !== undefined && !(pending?.value === value && pending.powerState === "Running");
}

/** A restart that was asked for while it still ran is older than a person's stop, and does not release it (O7). */
export function olderRestart(asked: Asked): GuestPatch {
  const value = openValue(asked);
  return value === undefined || asksForStart(asked) ? {} : restartAnswered(value);
}

/** What the status says of a restart that waits; one that was asked for while it was down is answered when it runs. */
export function restartPart({ object, sight }: Pick<GuestInput, "object" | "sight">): GuestPatch {
  const value = openValue({ object });
  if (value === undefined) return { pendingRestart: undefined };
  const powerState = sight.is === "present" ? sight.guest.power : "Unknown";
  if (powerState === "Unknown") return {};
  const pending = object.status?.pendingRestart;
  if (pending?.value !== value) return { pendingRestart: { value, powerState } };
  return pending.powerState === "Stopped" && powerState === "Running" ? restartAnswered(value) : {};
}

export function restartAnswered(value: string): GuestPatch {
  return { lastHandledRestartAt: value, pendingRestart: undefined };
}
