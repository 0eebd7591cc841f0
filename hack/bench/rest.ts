import { setTimeout as delay } from "node:timers/promises";
import { controllerUser } from "../controlplane/credentials.ts";
import type { Call } from "../demo/witness.ts";
import { readAudit, writesOf, type AuditEntry } from "./audit.ts";
import type { LiveLab } from "./liveLab.ts";

/** What the witnesses saw in some time. */
export interface Seen {
  readonly seconds: number;
  /** Requests to Proxmox. */
  readonly calls: readonly Call[];
  /** Those that were not a GET. */
  readonly mutations: readonly Call[];
  /** Writes to the API server, without those to the Lease. */
  readonly writes: readonly AuditEntry[];
}

/** Waits, then answers what happened meanwhile. The lab's API server needs its audit log. */
export async function watchFor(lab: LiveLab, seconds: number): Promise<Seen> {
  const begun = Date.now();
  await delay(seconds * 1000, undefined, { signal: lab.signal });
  return seenSince(lab, begun);
}

/** What happened since then; milliseconds since the epoch. */
export async function seenSince({ stage, witness }: LiveLab, begun: number): Promise<Seen> {
  const ended = Date.now();
  const within = ({ time }: { readonly time: number }): boolean => time >= begun && time < ended;
  const calls = (await witness.calls()).filter(within);
  const audit = await readAudit(stage.controlPlane.auditLogPath);
  return {
    seconds: (ended - begun) / 1000,
    calls,
    mutations: calls.filter((call) => call.method !== "GET"),
    writes: writesOf(audit, controllerUser.user).filter(within),
  };
}
