import ipaddr from "ipaddr.js";
import type { AclEnd, AclSeen, AclTable, GroupSeen, SiteSeen } from "../providers/omadaSeen.ts";
import type { Fields, Manifest } from "./manifest.ts";
import { NamesInUse } from "./objectNames.ts";
import type { SegmentNames } from "./siteSegments.ts";
import { withoutMark } from "./withoutMark.ts";

const TABLES: Readonly<Record<AclTable, string>> = { gateway: "Gateway", switch: "Switch", ap: "AccessPoint" };
const PROTOCOLS: Readonly<Record<string, string>> = {
  "256": "Any",
  "6": "TCP",
  "17": "UDP",
  "6,17": "TCP+UDP",
  "1": "ICMP",
};

/** What an object says of a rule. */
interface Said {
  readonly spec: Fields;
}

/** Rules as objects in their order, and a sentence for each that none can say. */
export function ruleManifests(
  { acls = [], groups = [] }: SiteSeen,
  segments: SegmentNames,
): { readonly manifests: readonly Manifest[]; readonly leftOut: readonly string[] } {
  const names = new NamesInUse();
  const manifests: Manifest[] = [];
  const leftOut: string[] = [];
  for (const acl of acls.toSorted((a, b) => a.table.localeCompare(b.table) || a.index - b.index)) {
    const said = sayable(acl, groups, segments);
    const text = withoutMark(acl.description);
    if (typeof said === "string") {
      leftOut.push(`Left out: rule "${text}" of the ${acl.table}, for ${said}.`);
      continue;
    }
    const name = names.take(text, "rule");
    manifests.push({ kind: "AccessRule", name, spec: said.spec, remarks: [`Rule "${text}".`] });
  }
  return { manifests, leftOut };
}

/** The rule in our fields, or why they cannot say it. */
function sayable(acl: AclSeen, groups: readonly GroupSeen[], segments: SegmentNames): Said | string {
  const protocol = PROTOCOLS[acl.protocols.toSorted((a, b) => a - b).join(",")];
  if (protocol === undefined) return "a rule here has no such protocols";
  const from = endOf(acl.source, groups, segments);
  const to = endOf(acl.destination, groups, segments);
  if (from === undefined || to === undefined || from.ports !== undefined)
    return "one of its ends is not one network, one group with one address range, or anybody";
  return conflict(acl, { protocol, from, to }) ?? { spec: specOf(acl, { protocol, from, to }) };
}

interface Parts {
  readonly protocol: string;
  readonly from: End;
  readonly to: End;
}

/** What the rules of an AccessRule's fields forbid. */
function conflict(acl: AclSeen, { protocol, from, to }: Parts): string | undefined {
  if (acl.table === "gateway" && acl.direction === undefined) return "it goes several ways, or comes from outside";
  if (acl.direction === "LanToWan" && (!isAny(to) || to.ports !== undefined))
    return "what it says of the Internet is not all of it";
  if (acl.action === "Deny" && isAny(from) && isAny(to)) return "it denies everything to everybody";
  return to.ports !== undefined && !/TCP|UDP/.test(protocol) ? "ports need TCP or UDP" : undefined;
}

function isAny({ fields }: End): boolean {
  return fields["any"] === true;
}

function specOf(acl: AclSeen, { protocol, from, to }: Parts): Fields {
  return {
    table: acl.table === "gateway" ? undefined : TABLES[acl.table],
    from: from.fields,
    to: acl.direction === "LanToWan" ? { internet: true } : to.fields,
    protocol: protocol === "Any" ? undefined : protocol,
    ports: to.ports,
    action: acl.action,
    priority: Math.min(acl.index * 10, 10_000),
    enabled: acl.enabled ? undefined : false,
    adoption: "Adopt",
  };
}

interface End {
  readonly fields: Fields;
  readonly ports?: readonly string[];
}

function endOf({ type, ids }: AclEnd, groups: readonly GroupSeen[], segments: SegmentNames): End | undefined {
  const [id = "", ...others] = ids;
  if (others.length > 0) return undefined;
  if (type === "network") {
    const name = segments.byNetwork.get(id);
    return name === undefined ? undefined : { fields: { segmentRef: { name } } };
  }
  const group = groups.find((one) => one.id === id);
  return group === undefined ? undefined : ofGroup(type, group);
}

function ofGroup(type: AclEnd["type"], { cidrs, ports }: GroupSeen): End | undefined {
  const [cidr = "", ...more] = cidrs;
  if (more.length > 0 || !isMasked(cidr)) return undefined;
  const fields = cidr === "0.0.0.0/0" ? { any: true } : { cidr };
  if (type === "ipGroup") return { fields };
  const fits = ports.length > 0 && ports.length <= 15 && ports.every((port) => /^\d{1,5}(-\d{1,5})?$/.test(port));
  return type === "ipPortGroup" && fits ? { fields, ports } : undefined;
}

/** 192.168.20.0/24, and not 192.168.20.5/24. */
function isMasked(cidr: string): boolean {
  if (!ipaddr.IPv4.isValidCIDR(cidr)) return false;
  return ipaddr.IPv4.networkAddressFromCIDR(cidr).toString() === cidr.split("/")[0];
}
