import { rfc3339Millis } from "../../base/clock.ts";
import type { GuestInput } from "./guestInput.ts";
import { failureWindowMs, isOnBrokenPath } from "./probePath.ts";
import type { EventNote } from "../action.ts";
import type { GuestReport } from "./guestAction.ts";
import { note } from "../outcomes.ts";

export type Incident = NonNullable<GuestReport["lastIncident"]>;

/**
 * The guest's own last outage after this pass (H4): one begins when it is down or unhealthy although it should run and
 * had run before, and ends when it is healthy. What a host or the declaration caused is not the guest's incident.
 */
export function nextIncident(input: GuestInput): Incident | undefined {
  const before = input.object.status?.lastIncident;
  const open = before !== undefined && before.recoverTime === undefined;
  const now = rfc3339Millis(input.lab.now);
  if (isGood(input)) return open ? { ...before, recoverTime: now } : before;
  if (open && isHandedOver(before, input)) return undefined;
  if (open || input.member.wanted !== "Running") return before;
  const cause = causeOf(input);
  if (cause === undefined) return before;
  const { lastGood } = input.memory;
  return {
    cause: cause.word,
    startTime: lastGood === undefined ? now : rfc3339Millis(lastGood),
    detectTime: now,
    message: cause.message.slice(0, 1024),
  };
}

function isGood({ sight, member }: GuestInput): boolean {
  const well = member.power === "Running" && member.health === "Healthy";
  // Somebody else's guest with its number says nothing of it.
  return sight.is === "present" && well && member.problem === undefined;
}

/** It was the first of those that fail together: what began as its own outage is its connection's (H3, H4). */
function isHandedOver(open: Incident, { lab, member, object }: GuestInput): boolean {
  const owner = lab.clusters.get(member.cluster ?? "")?.object.status?.lastIncident;
  if (open.cause !== "Unhealthy" || owner?.cause !== "ProbePathBroken" || owner.recoverTime !== undefined) return false;
  const laterMs = Date.parse(owner.detectTime) - Date.parse(open.detectTime);
  return laterMs <= failureWindowMs(object) && isOnBrokenPath(lab, member);
}

/** Nobody's own incident: the host is in doubt, or guests fail together (H3, H4). */
function isAnothers({ lab, member }: GuestInput): boolean {
  const cluster = member.cluster === undefined ? undefined : lab.clusters.get(member.cluster);
  return cluster?.doubted === true || isOnBrokenPath(lab, member);
}

function causeOf(input: GuestInput): { word: string; message: string } | undefined {
  const { sight, health, object } = input;
  if (sight.is !== "present" || object.status?.bootID === undefined) return undefined;
  if (sight.guest.power === "Stopped") {
    const { down } = sight;
    if (down === undefined || ["Own", "HostReboot", "NodeStopping", "Busy"].includes(down.cause)) return undefined;
    return { word: down.cause, message: down.message };
  }
  if (health?.state !== "Unhealthy" || !health.wasHealthy || isAnothers(input)) return undefined;
  const failing = health.probes.find((probe) => probe.state === "Failing");
  return {
    word: "Unhealthy",
    message: failing === undefined ? "its probes fail" : `${failing.name}: ${failing.message}`,
  };
}

/** Seconds from the last good look to healthy again; undefined while it lasts. */
export function recoverySeconds(incident: Incident): number | undefined {
  if (incident.recoverTime === undefined) return undefined;
  return Math.max(0, (Date.parse(incident.recoverTime) - Date.parse(incident.startTime)) / 1000);
}

/** An outage begins and ends with an event each (H4). */
export function incidentEvents(before: Incident | undefined, after: Incident | undefined): readonly EventNote[] {
  if (after === undefined) return [];
  if (before?.detectTime !== after.detectTime)
    return [note("Warning", after.cause, "Observe", after.message ?? after.cause)];
  if (before.recoverTime !== undefined || after.recoverTime === undefined) return [];
  const seconds = recoverySeconds(after)?.toFixed(1) ?? "?";
  return [
    note("Normal", "Recovered", "Observe", `healthy again ${seconds} s after it was last seen good (${after.cause})`),
  ];
}
