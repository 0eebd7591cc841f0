import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";

/** A request as the API server's own log has it. */
export interface Audited {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly name?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestURI: string;
  readonly stageTimestamp: string;
}

/** Everything that user asked of the API server. */
export async function auditOf(
  controlPlane: Pick<ControlPlane, "auditLogPath">,
  user: string,
): Promise<readonly Audited[]> {
  const found: Audited[] = [];
  for await (const line of createInterface(createReadStream(controlPlane.auditLogPath, "utf8"))) {
    if (!line.includes(user)) continue;
    const audited = JSON.parse(line) as Audited;
    if (audited.user.username === user) found.push(audited);
  }
  return found;
}
