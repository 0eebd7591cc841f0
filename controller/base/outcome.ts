import type { Reason } from "./reasons.ts";

/**
 * What a pass came to. Condition, event, metric, log line and next run follow from it and from nothing else.
 * `message` is a sentence for a person: what is, what was expected, what to do.
 */
export type Outcome =
  /** Reality is as declared. Ready=True. */
  | { readonly is: "settled"; readonly reason: Reason; readonly message: string; readonly afterMs?: number }
  /** We acted, or a task of ours runs. Ready=False, Reconciling. */
  | { readonly is: "progressing"; readonly reason: Reason; readonly message: string; readonly afterMs?: number }
  /** Something else must change first; it will wake us. Ready=False, Reconciling. */
  | { readonly is: "waiting"; readonly reason: Reason; readonly message: string; readonly afterMs?: number }
  /** We cannot see. Ready=Unknown, Reconciling (O3). */
  | { readonly is: "unknown"; readonly reason: Reason; readonly message: string; readonly afterMs?: number }
  /** Only a person can help. Ready=False, Stalled. `afterMs`: when to look again whether the cause is gone. */
  | { readonly is: "stalled"; readonly reason: Reason; readonly message: string; readonly afterMs?: number }
  /** An error that may pass. Ready=False, Reconciling; the queue backs off. */
  | { readonly is: "failed"; readonly reason: Reason; readonly message: string; readonly error: unknown };

/** Base of what a step may throw to end a pass early; `outcomeOf` turns it into the outcome. */
abstract class Halt extends Error {
  readonly reason: Reason;
  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.name = new.target.name;
  }
}

/** What was found right before an act is otherwise than it was decided upon: nothing is sent, and it is looked again. */
const LOOK_AGAIN_MS = 2_000;

/** Something else must change first. */
export class Waiting extends Halt {}
/** Only a person can help. */
export class Stalled extends Halt {}
/** We cannot see the outside right now. */
export class Unseen extends Halt {}

/**
 * How the outside refused (A7).
 * - `spec`: the request is wrong (400, missing storage, template, bridge)
 * - `space`: no room left
 * - `permission`: 403; `text` names privilege and path
 * - `unauthorized`: 401
 * - `certificate`: TLS identity does not match
 * - `unreachable`: the request was certainly not carried out (connection refused, breaker open, lease lost)
 * - `outcomeUnknown`: it may or may not have been carried out (timeout, reset, 59x): observe before anything else (A2)
 * - `conflict`: digest mismatch; read again
 * - `busy`: locked, or already in the asked state
 * - `overloaded`: the product takes nothing now: it does something else first, or was asked too often
 * - `missing`: "does not exist" as that node sees it; proves nothing (O4)
 * - `other`: anything else
 */
export type ProviderErrorKind =
  | "spec"
  | "space"
  | "permission"
  | "unauthorized"
  | "certificate"
  | "unreachable"
  | "outcomeUnknown"
  | "conflict"
  | "busy"
  | "overloaded"
  | "missing"
  | "other";

/** Whether a call that failed so may or may not have been carried out (A2). */
export function isUnknown(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "outcomeUnknown";
}

/** An answer, or the lack of one, from Proxmox or Omada. `message` is the product's own text. */
export class ProviderError extends Error {
  readonly kind: ProviderErrorKind;
  /** HTTP status, 0 when none was received. */
  readonly status: number;
  /** The call, for people: "POST /nodes/pve1/lxc/101/status/start". */
  readonly call: string;
  constructor(kind: ProviderErrorKind, message: string, at: { status?: number; call?: string; cause?: unknown } = {}) {
    super(message, at.cause === undefined ? undefined : { cause: at.cause });
    this.name = "ProviderError";
    this.kind = kind;
    this.status = at.status ?? 0;
    this.call = at.call ?? "";
  }
}

const RECHECK_MS = 300_000;

/** The only place where an error becomes an outcome. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof Waiting)
    return { is: "waiting", reason: error.reason, message: error.message, afterMs: LOOK_AGAIN_MS };
  if (error instanceof Stalled)
    return { is: "stalled", reason: error.reason, message: error.message, afterMs: RECHECK_MS };
  if (error instanceof Unseen) return { is: "unknown", reason: error.reason, message: error.message };
  if (error instanceof ProviderError) return ofProvider(error);
  return { is: "failed", reason: "InternalError", message: textOf(error), error };
}

function ofProvider(error: ProviderError): Outcome {
  const message = error.call === "" ? error.message : `${error.message} (${error.call})`;
  switch (error.kind) {
    case "spec":
      return { is: "stalled", reason: "RefusedByProvider", message, afterMs: RECHECK_MS };
    case "space":
      return { is: "stalled", reason: "StorageFull", message, afterMs: RECHECK_MS };
    case "permission":
      return { is: "stalled", reason: "PermissionMissing", message, afterMs: RECHECK_MS };
    case "unauthorized":
      return { is: "stalled", reason: "Unauthorized", message, afterMs: RECHECK_MS };
    case "certificate":
      return { is: "stalled", reason: "CertificateMismatch", message, afterMs: RECHECK_MS };
    case "busy":
      return { is: "waiting", reason: "GuestBusy", message, afterMs: 2_000 };
    case "overloaded":
      return { is: "waiting", reason: "SiteBusy", message, afterMs: 2_000 };
    case "conflict":
    case "unreachable":
    case "outcomeUnknown":
    case "missing":
    case "other":
      return { is: "failed", reason: error.kind === "unreachable" ? "Unreachable" : "ProviderFailed", message, error };
  }
}

/** The text of anything thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
