import type { OmadaPort } from "../providers/omadaPort.ts";
import { isListPart, type ListPart, type SiteSeen } from "../providers/omadaSeen.ts";
import { firstLook } from "../base/firstLook.ts";

const PARTS = [
  ...(["networks", "profiles", "ports", "wlans", "broadcasts", "acls", "groups", "reservations", "clients"] as const),
];

/** A site with what could not be read of it. Nothing was changed to get it. */
export interface FoundSite {
  readonly seen: SiteSeen;
  /** Each a sentence. */
  readonly gaps: readonly string[];
}

/** Reads everything of an Omada site once. Throws when the site cannot be seen at all; a part that may not be read is a gap. */
export async function takeSite(port: OmadaPort, signal: AbortSignal): Promise<FoundSite> {
  port.want("import", new Set(PARTS));
  const seen = await firstLook(port, isWhole, signal);
  const refused = [...(seen.refused ?? [])].map(
    ([part, why]) => `the ${part} of the Omada site could not be read: ${why}`,
  );
  const { webRefused, readsPorts } = seen.abilities;
  const web =
    webRefused !== undefined
      ? [`what the switch ports carry could not be read: ${webRefused}`]
      : readsPorts
        ? []
        : ["what the switch ports carry is told only to a web session: --omada-web-file"];
  return { seen, gaps: [...refused, ...web] };
}

function isWhole(seen: SiteSeen): boolean {
  const isThere = (part: ListPart): boolean => seen[part] !== undefined || seen.refused?.has(part) === true;
  return PARTS.every((part) => !isListPart(part) || isThere(part));
}
