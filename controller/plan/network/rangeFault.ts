import ipaddr from "ipaddr.js";
import type { NetworkSegment } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import { stalled } from "../outcomes.ts";

/** CEL cannot compare addresses. */
export function rangeFault({ dhcp }: NetworkSegment["spec"]): Outcome | undefined {
  if (dhcp?.start === undefined || dhcp.end === undefined) return undefined;
  if (number(dhcp.start) <= number(dhcp.end)) return undefined;
  return stalled("SpecInvalid", `dhcp.start ${dhcp.start} comes after dhcp.end ${dhcp.end}; exchange them`);
}

function number(address: string): number {
  if (!ipaddr.IPv4.isValid(address)) return 0;
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
