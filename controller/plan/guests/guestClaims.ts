import type { Claim } from "../../api/meta.ts";
import { isDeclared } from "./configuration/pendingChanges.ts";
import { driftText } from "./drift.ts";
import type { GuestReport } from "./guestAction.ts";
import type { GuestInput } from "./guestInput.ts";
import { saidWithCall } from "./guestTaskStep.ts";

const OWN: ReadonlySet<string> = new Set(["Running", "Healthy", "ConfigInSync", "Owned"]);

/** The kind's own conditions: Running, Healthy, ConfigInSync, Owned. */
export function guestClaims(input: GuestInput, report: GuestReport): readonly Claim[] {
  const said = saidWithCall(input) === undefined ? undefined : input.object.status?.conditions;
  if (said !== undefined) return said.filter(({ type }) => OWN.has(type));
  return [running(input), healthy(input), inSync(input, report), owned(input)];
}

function running({ sight, member }: GuestInput): Claim {
  if (sight.is === "unseen")
    return { type: "Running", status: "Unknown", reason: sight.reason, message: sight.message };
  if (sight.is === "hidden")
    return { type: "Running", status: "Unknown", reason: "PermissionMissing", message: sight.message };
  if (member.power === "Running") return { type: "Running", status: "True", reason: "Running", message: "it runs" };
  const reason = member.power === "Unknown" ? "Unknown" : member.power;
  const status = member.power === "Unknown" ? "Unknown" : "False";
  return {
    type: "Running",
    status,
    reason,
    message: member.power === "Absent" ? "it does not exist" : `it is ${member.power.toLowerCase()}`,
  };
}

function healthy({ member, health }: GuestInput): Claim {
  const failing = health?.probes.find((probe) => probe.state === "Failing");
  switch (member.health) {
    case "Healthy":
      return { type: "Healthy", status: "True", reason: "Healthy", message: "it runs, and every probe succeeds" };
    case "Unhealthy":
      return {
        type: "Healthy",
        status: "False",
        reason: "ProbeFailing",
        message: failing === undefined ? "its probes fail" : `${failing.name}: ${failing.message}`,
      };
    case "Starting":
      return {
        type: "Healthy",
        status: "False",
        reason: "Starting",
        message: "its probes have not all succeeded since its start",
      };
    case "Unknown":
      return { type: "Healthy", status: "Unknown", reason: "Unknown", message: "it does not run, or cannot be seen" };
  }
}

function inSync({ sight }: GuestInput, report: GuestReport): Claim {
  const drift = report.drift ?? [];
  if (drift.length > 0)
    return {
      type: "ConfigInSync",
      status: "False",
      reason: "Drifted",
      message: `${drift.slice(0, SHOWN).map(driftText).join(". ")}${moreText(drift.length - SHOWN)}`,
    };
  const waiting = (report.pendingChanges ?? []).filter(isDeclared);
  if (waiting.length > 0)
    return {
      type: "ConfigInSync",
      status: "False",
      reason: "RestartPending",
      message: `waits for the guest's next start: ${waiting.map(({ field }) => field).join(", ")}; see status.pendingChanges`,
    };
  if (sight.is !== "present" || sight.config === undefined)
    return {
      type: "ConfigInSync",
      status: "Unknown",
      reason: "Unknown",
      message: "its configuration has not been read",
    };
  return { type: "ConfigInSync", status: "True", reason: "InSync", message: "nothing that the spec declares differs" };
}

/** So many are written out. */
const SHOWN = 3;

function moreText(count: number): string {
  return count > 0 ? `. ${String(count)} more: see status.drift` : "";
}

function owned({ ownership, object, sight }: GuestInput): Claim {
  if (sight.is !== "present" || ownership === undefined)
    return { type: "Owned", status: "Unknown", reason: "Unknown", message: "it cannot be seen" };
  if (ownership.is === "ours")
    return { type: "Owned", status: "True", reason: "Marked", message: "it carries this object's mark" };
  const message =
    object.spec.management === "Full"
      ? "it does not carry this object's mark"
      : `it carries no mark of ours; management ${object.spec.management} needs none`;
  return { type: "Owned", status: "False", reason: "NotMarked", message };
}
