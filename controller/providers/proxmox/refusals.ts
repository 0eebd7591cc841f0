import type { ProviderErrorKind } from "../../base/outcome.ts";

/**
 * Texts of Proxmox by which an answer is classed, compared by substring (contract 1.4, 4.10, 5). First match wins.
 * Proxmox has no status codes of its own for these: nearly everything is a 500.
 */
const texts: readonly (readonly [RegExp, ProviderErrorKind])[] = [
  [/detected modified configuration|checksum mismatch \(file change/, "conflict"],
  [/Configuration file '[^']*' does not exist|unable to find configuration file for VM/, "missing"],
  [/no space left on device|out of space|not enough (free )?space|disk quota exceeded/i, "space"],
  [/Permission check failed/, "permission"],
  [/is locked \(|can't lock file/, "busy"],
  [/can't migrate running (container|VM)/, "busy"],
  [/already running|not running|is running|is paused - cannot shutdown/, "busy"],
  [/^(unable to create (CT|VM) \d+ - )?(CT|VM) \d+ already exists/, "busy"],
  [/^unable to create VM \d+: config file already exists/, "busy"],
  [/disk is already at specified size|unable to shrink disk size|shrinking disks is not supported/, "spec"],
  [/storage '[^']*' (does not exist|is not available|is disabled|does not (support|allow))/, "spec"],
  [/bridge '[^']*' does not exist|MTU size|no options specified/, "spec"],
  [/volume '[^']*' does not exist|can't find file|no such template|unable to parse/, "spec"],
  [/hostname lookup '[^']*' failed|no such cluster node/, "spec"],
  [/protection mode enabled|replication job|used in HA resources|mount points configured/, "spec"],
  [/only root|Only root|SSH public key validation error|unable to (modify|delete) (read-only|required) option/, "spec"],
];

/** Class of a text of Proxmox: of an answer 500, or of the exit of a task. */
export function kindOfText(text: string): ProviderErrorKind {
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
}

/** Class of an answer (A7). 59x and a gateway's 502 to 504 say that nobody knows what became of it (contract 1.2). */
export function kindOfReply(method: string, status: number, text: string): ProviderErrorKind {
  if (status === 401) return "unauthorized";
  if (status === 403) return "permission";
  if (status >= 590 || (status >= 502 && status <= 504)) return method === "GET" ? "unreachable" : "outcomeUnknown";
  if (status === 400) return "spec";
  return status === 500 ? kindOfText(text) : "other";
}

/**
 * What Proxmox says about an error: the parameters by name, else `message` of the body, else the bare body, else the
 * reason phrase, which is all that versions before 8.4 give (contract 1.4).
 */
export function messageOf(statusText: string, body: string): string {
  const parsed = parsedObject(body);
  if (parsed === undefined) return firstLine(body.startsWith("<") ? "" : body) || reason(statusText);
  const message = parsed["message"];
  return namedErrors(parsed["errors"]) || (typeof message === "string" ? message.trim() : "") || reason(statusText);
}

function namedErrors(errors: unknown): string {
  if (typeof errors !== "object" || errors === null) return "";
  const parts = Object.entries(errors).map(([key, text]) => `${key}: ${String(text).trim()}`);
  return parts.toSorted().join("; ");
}

function reason(statusText: string): string {
  return statusText.trim() || "no text";
}

function parsedObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
