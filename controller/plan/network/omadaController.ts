import type { OmadaController, OmadaControllerStatus } from "../../api/index.ts";
import { annotation, annotationOf, type BaseStatus, type Claim } from "../../api/meta.ts";
import { rfc3339, rfc3339Millis } from "../../base/clock.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { SiteSeen } from "../../providers/omadaSeen.ts";
import type { Action, Decision, EventNote } from "../action.ts";
import { settled, stalled, unknown, waiting, note, progressing } from "../outcomes.ts";
import { incidentEvents } from "../guests/incident.ts";
import { excused, type SiteFacts } from "./siteLink.ts";

type Report = Omit<OmadaControllerStatus, keyof BaseStatus>;

export interface ControllerInput extends SiteFacts {
  readonly tlsVerified: boolean;
  /** Wall milliseconds of the last good look of this process. */
  readonly lastGood: number | undefined;
  /** What was deleted in Omada, by this process or on record, with its wall time. */
  readonly deletions: readonly { readonly what: string; readonly at: number }[];
  readonly now: number;
}

/** Values of a Secret are looked at so often while in use (P3). */
const SECRET_MS = 60_000;
const AGAIN_MS = 10_000;
const BRAKE_MS = 600_000;

/** How the connection to an Omada site is. */
export function planOmadaController(
  controller: OmadaController,
  input: ControllerInput,
): Decision<OmadaControllerStatus, Action> {
  const report = reportOf(controller, input);
  const incident = incidentEvents(controller.status?.lastIncident, report.lastIncident);
  const waits = input.link.is === "connecting" && excused(input.host) === undefined;
  return {
    outcome: outcomeOf(controller, input),
    report,
    conditions: claimsOf(input),
    events: [...deviceEvents(controller, report), ...incident],
    ...(incident.some(({ type }) => type === "Warning") || isHostDown(input) ? { quiet: true } : {}),
    ...(waits ? { premature: true } : {}),
  };
}

/** The guest tells it (L8). */
function isHostDown({ link, host }: ControllerInput): boolean {
  return (link.is === "unreachable" || link.is === "connecting") && excused(host) !== undefined;
}

function outcomeOf({ spec }: OmadaController, input: ControllerInput): Outcome {
  const { link, host, seen } = input;
  const down = excused(host);
  if (down !== undefined && (link.is === "unreachable" || link.is === "connecting"))
    return waiting("ControllerGuestDown", down, AGAIN_MS);
  switch (link.is) {
    case "connecting":
      return progressing("Connecting", `connecting to ${spec.endpoint}`, 5_000);
    case "unreachable":
      return unknown("OmadaUnreachable", link.message, SECRET_MS);
    case "unauthorized":
      return stalled(
        "Unauthorized",
        `${link.message}. Correct Secret ${spec.credentialsRef.name} (clientId, clientSecret) or the site; it is noticed within a minute`,
        SECRET_MS,
      );
    case "untrusted":
      return stalled("CertificateMismatch", link.message, SECRET_MS);
    case "secretMissing":
      return stalled("SecretMissing", link.message, SECRET_MS);
    case "reachable":
      if (seen === undefined) return progressing("Connecting", `looking at site ${spec.site}`, 5_000);
      return spec.suspend
        ? settled("Suspended", "reachable; suspended: nothing in its site is changed")
        : withAfter(settled("Settled", `site ${seen.siteName} is reachable and the credentials are accepted`));
  }
}

function withAfter(outcome: Outcome): Outcome {
  return { ...outcome, afterMs: SECRET_MS } as Outcome;
}

function reportOf(controller: OmadaController, input: ControllerInput): Report {
  const {
    observedGeneration: _,
    conditions: __,
    lastIncident: ___,
    deletions: ____,
    ...kept
  } = controller.status ?? { observedGeneration: -1 };
  const requested = annotationOf(controller, annotation.reconcileRequestedAt);
  const incident = nextIncident(controller, input);
  const deletions = input.deletions
    .filter(({ at }) => input.now - at < BRAKE_MS)
    .map(({ what, at }) => ({ what: what.slice(0, 512), time: rfc3339(at) }))
    .slice(-256);
  const told = {
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    ...(incident === undefined ? {} : { lastIncident: incident }),
    ...(deletions.length === 0 ? {} : { deletions }),
  };
  if (input.seen === undefined) return { ...kept, ...told };
  return { ...told, ...factsOf(input.seen) };
}

function factsOf(seen: SiteSeen): Report {
  const devices = [...seen.devices.values()].filter(({ state }) => state !== "Pending");
  const online = devices.filter(({ state }) => state === "Connected" || state === "Configuring").length;
  return {
    version: seen.version,
    omadacId: seen.omadacId,
    siteId: seen.siteId,
    devices: { online, total: devices.length },
    summary: { devices: `${String(online)}/${String(devices.length)}` },
  };
}

/** One outage of the controller, not one of each network object; its guest's outage is the guest's (H4). */
function nextIncident(controller: OmadaController, input: ControllerInput): Report["lastIncident"] {
  const before = controller.status?.lastIncident;
  const open = before !== undefined && before.recoverTime === undefined;
  const now = rfc3339Millis(input.now);
  const over = open && input.link.is === "reachable" && input.seen !== undefined;
  if (over) return { ...before, recoverTime: now };
  if (input.link.is !== "unreachable" || open || !isLost(controller, input)) return before;
  return {
    cause: "OmadaUnreachable",
    startTime: rfc3339Millis(input.lastGood ?? input.link.since),
    detectTime: now,
    message: input.link.message.slice(0, 1024),
  };
}

/** Who was never reached is not lost, nor who waits for its guest. */
function isLost({ status }: OmadaController, { lastGood, host }: ControllerInput): boolean {
  return excused(host) === undefined && (lastGood !== undefined || status?.siteId !== undefined);
}

function deviceEvents({ status }: OmadaController, report: Report): EventNote[] {
  const before = status?.devices;
  const after = report.devices;
  if (before === undefined || after === undefined || before.online === after.online) return [];
  const type = after.online < before.online && after.total >= before.total ? "Warning" : "Normal";
  const message = `${String(after.online)} of ${String(after.total)} devices are online, ${String(before.online)} before`;
  return [note(type, "DevicesChanged", "Observe", message)];
}

function claimsOf({ link, seen, tlsVerified }: ControllerInput): readonly Claim[] {
  const claim = (type: string, status: Claim["status"], reason: string, message: string): Claim => ({
    type,
    status,
    reason,
    message,
  });
  const verified =
    link.is === "untrusted"
      ? claim("TLSVerified", "False", "CertificateMismatch", link.message)
      : !tlsVerified
        ? claim("TLSVerified", "False", "SkipVerify", "insecureSkipVerify is set: any certificate is accepted")
        : link.is === "reachable"
          ? claim("TLSVerified", "True", "Verified", "the controller's identity is verified")
          : claim("TLSVerified", "Unknown", "Unknown", "no connection stands whose certificate could be looked at");
  switch (link.is) {
    case "reachable":
      return [
        claim("Reachable", "True", "Reachable", "the controller answers"),
        seen === undefined
          ? claim("Authorized", "Unknown", "Unknown", "the site has not been read yet")
          : claim("Authorized", "True", "Authorized", "the credentials are accepted for the site"),
        verified,
      ];
    case "unauthorized":
      return [
        claim("Reachable", "True", "Reachable", "the controller answers"),
        claim("Authorized", "False", "Unauthorized", link.message),
        verified,
      ];
    case "connecting":
      return [
        claim("Reachable", "Unknown", "Connecting", "the first answer is awaited"),
        claim("Authorized", "Unknown", "Unknown", "the site has not been read yet"),
        verified,
      ];
    case "secretMissing":
      return [
        claim("Reachable", "Unknown", "SecretMissing", link.message),
        claim("Authorized", "Unknown", "SecretMissing", link.message),
        verified,
      ];
    case "untrusted":
      return [
        claim("Reachable", "False", "CertificateMismatch", link.message),
        claim("Authorized", "Unknown", "Unknown", "nothing was sent to it"),
        verified,
      ];
    case "unreachable":
      return [
        claim("Reachable", "False", "OmadaUnreachable", link.message),
        claim("Authorized", "Unknown", "Unknown", "the controller does not answer"),
        verified,
      ];
  }
}
