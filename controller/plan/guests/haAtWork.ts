import type { GuestInput } from "./guestInput.ts";
import type { Step } from "./guestStep.ts";
import { progressing } from "../outcomes.ts";

/** The cluster's resource manager looks about every 10 s, and then its node has to act. */
const HA_MS = 60_000;

/**
 * Proxmox HA took our request and carries it out by itself a while later: what is seen counts, and asking again before
 * says nothing new (A8). Undefined: nothing was requested, or not lately.
 */
export function haAtWork(
  { memory, sight, object }: Pick<GuestInput, "memory" | "sight" | "object">,
  op: "Start" | "Shutdown",
): Step | undefined {
  const ha = sight.is === "present" ? sight.guest.ha : undefined;
  const done = memory.lastDone;
  if (ha === undefined || ha === "ignored" || done?.op !== op) return undefined;
  const left = HA_MS + (op === "Start" ? 0 : object.spec.shutdown.timeoutSeconds * 1000) - done.agoMs;
  if (left <= 0) return undefined;
  const [reason, what] = op === "Start" ? (["Starting", "start"] as const) : (["Stopping", "stop"] as const);
  return { outcome: progressing(reason, `Proxmox HA was asked to ${what} it and does so by itself`, left) };
}
