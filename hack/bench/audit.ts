import { readFile } from "node:fs/promises";

/** One request as the API server's audit log has it. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly user: string;
  readonly verb: string;
  /** "containers/status", "leases", … */
  readonly resource: string;
  /** The object's; absent where the server was to choose one. */
  readonly name?: string;
}

interface AuditLine {
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
}

/** Reads an audit log of JSON lines; a last line that is still being written is left out. */
export function auditEntries(text: string): readonly AuditEntry[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { requestReceivedTimestamp, verb, user, objectRef } = JSON.parse(line) as AuditLine;
      return {
        time: Date.parse(requestReceivedTimestamp),
        user: user?.username ?? "",
        verb,
        resource: [objectRef?.resource ?? "", objectRef?.subresource].filter((part) => part !== undefined).join("/"),
        ...(objectRef?.name === undefined ? {} : { name: objectRef.name }),
      };
    });
}

const writing: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/** What one user wrote; renewals of a Lease are no news about the lab. */
export function writesOf(entries: readonly AuditEntry[], user: string): readonly AuditEntry[] {
  return entries.filter((entry) => entry.user === user && writing.has(entry.verb) && entry.resource !== "leases");
}

export async function readAudit(path: string): Promise<readonly AuditEntry[]> {
  return auditEntries(await readFile(path, "utf8"));
}
