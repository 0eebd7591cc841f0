import type { Drift } from "./drift.ts";
import type { AccessRule, NetworkSegment } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { GroupWish } from "../../providers/omadaPort.ts";
import type { AclEnd, AclSeen, GroupSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled, waiting } from "../outcomes.ts";
import { shortHash } from "../shortHash.ts";
import type { NetStep } from "./netInput.ts";
import { isMarkedBy, omadaMarkText } from "./omadaMark.ts";
import { networkOf } from "./segmentNetwork.ts";

type End = AccessRule["spec"]["from"] | AccessRule["spec"]["to"];

/** Both ends as Omada wants them. */
export interface Ends {
  readonly source: AclEnd;
  readonly destination: AclEnd;
  /** A group of ours that is still to be made or changed. */
  readonly group?: NetStep | undefined;
  readonly drift: readonly Drift[];
}

interface OneEnd {
  readonly end: AclEnd;
  readonly group?: NetStep;
  readonly drift?: Drift;
}

/** What the ends are found in; `acl`: the rule as it is, whose own groups are as good where they hold the same. */
export interface EndsAround {
  readonly seen: SiteSeen;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly acl?: Pick<AclSeen, "source" | "destination"> | undefined;
}

/** Both ends, or why they cannot be said yet. */
export function endsOf(rule: AccessRule, around: EndsAround): Ends | Outcome {
  const source = endOf(rule, "from", around, around.acl?.source);
  const destination = endOf(rule, "to", around, around.acl?.destination);
  if ("is" in source) return source;
  if ("is" in destination) return destination;
  return {
    source: source.end,
    destination: destination.end,
    group: source.group ?? destination.group,
    drift: [source.drift, destination.drift].filter((one) => one !== undefined),
  };
}

/** What an end covers as CIDRs; undefined: everything. A segment that does not exist covers nothing. */
export function networksOf(end: End, segments: ReadonlyMap<string, NetworkSegment>): readonly string[] | undefined {
  if (end.cidr !== undefined) return [end.cidr];
  if (end.segmentRef === undefined) return undefined;
  const segment = segments.get(end.segmentRef.name);
  return segment === undefined ? [] : [segment.spec.cidr];
}

function endOf(
  rule: AccessRule,
  side: "from" | "to",
  { seen, segments }: EndsAround,
  actual: AclEnd | undefined,
): OneEnd | Outcome {
  const end: End = rule.spec[side];
  const ports = portsOf(rule, side);
  const network = end.segmentRef === undefined ? undefined : networkNamed(end.segmentRef.name, side, seen, segments);
  if (network !== undefined && "is" in network) return network;
  if (network !== undefined && ports.length === 0) return { end: { type: "network", ids: [network.id] } };
  const cidrs = networksOf(end, segments);
  const any = cidrs === undefined && ports.length === 0 ? anyGroup(seen) : undefined;
  if (any !== undefined) return { end: { type: "ipGroup", ids: [any.id] } };
  const content = { cidrs: cidrs ?? ["0.0.0.0/0"], ports };
  return theirGroup(actual, content, seen) ?? ownGroup(rule, side, content, seen);
}

/** Ports are those of the destination. */
function portsOf({ spec }: AccessRule, side: "from" | "to"): readonly string[] {
  return side === "to" ? (spec.ports ?? []) : [];
}

/** The end as it is, where it is one group with this content, whoever made it. */
function theirGroup(
  end: AclEnd | undefined,
  content: Pick<GroupWish, "cidrs" | "ports">,
  { groups }: SiteSeen,
): OneEnd | undefined {
  const type = content.ports.length === 0 ? "ipGroup" : "ipPortGroup";
  if (end?.type !== type || end.ids.length !== 1) return undefined;
  const group = groups?.find(({ id }) => id === end.ids[0]);
  return group !== undefined && groupText(group) === groupText(content) ? { end } : undefined;
}

/** The site's own group for everything. */
function anyGroup({ groups }: SiteSeen): GroupSeen | undefined {
  return groups?.find(({ builtIn, type, cidrs }) => builtIn && type === "ip" && cidrs.includes("0.0.0.0/0"));
}

function networkNamed(
  name: string,
  side: string,
  seen: SiteSeen,
  segments: ReadonlyMap<string, NetworkSegment>,
): { readonly id: string } | Outcome {
  const segment = segments.get(name);
  if (segment === undefined)
    return waiting(
      "SegmentMissing",
      `NetworkSegment ${name} of ${side} does not exist; apply it, or change the reference`,
    );
  if (segment.spec.omada === undefined)
    return stalled("SpecInvalid", `NetworkSegment ${name} of ${side} has no omada side; write it there, or write cidr`);
  const found = networkOf(segment, seen.networks ?? []);
  if (found !== undefined) return found.network;
  return waiting("SegmentMissing", `waits for NetworkSegment ${name}: its network is not in Omada yet`);
}

/** A group that holds what no network says: it carries our mark, and is this rule's alone. */
function ownGroup(
  { metadata }: AccessRule,
  side: "from" | "to",
  { cidrs, ports }: Pick<GroupWish, "cidrs" | "ports">,
  seen: SiteSeen,
): OneEnd {
  const type = ports.length === 0 ? "ip" : "ipPort";
  const name = freeName(groupName(metadata, side), type, seen);
  const found = (seen.groups ?? []).find(
    (group) =>
      group.name === name && group.type === type && group.descriptions.some((text) => isMarkedBy(text, metadata)),
  );
  const wish: GroupWish = { name, type, cidrs, ports, description: omadaMarkText(metadata) };
  const end: AclEnd = { type: type === "ip" ? "ipGroup" : "ipPortGroup", ids: found === undefined ? [] : [found.id] };
  const what = `group ${name}`;
  if (found === undefined) return { end, group: { write: { call: "createGroup", wish }, what } };
  if (isSame(found, wish)) return { end };
  return {
    end,
    group: { write: { call: "updateGroup", id: found.id, wish }, what },
    drift: { field: side, desired: groupText(wish), actual: groupText(found) },
  };
}

/** A group keeps its type for good, and its name is taken for both types: one of the other type leaves it another. */
function freeName(name: string, type: GroupWish["type"], { groups }: SiteSeen): string {
  const isTaken = groups?.some((group) => group.name === name && group.type !== type) === true;
  return isTaken ? `${name} ${type === "ip" ? "cidr" : "ports"}` : name;
}

/** At most 58 of the 64 characters that Omada takes. */
function groupName({ namespace, name }: AccessRule["metadata"], side: string): string {
  return `hl ${name.slice(0, 40)} ${side} ${shortHash(`${namespace}/${name}`)}`;
}

function isSame(group: GroupSeen, wish: GroupWish): boolean {
  return groupText(group) === groupText(wish);
}

function groupText({ cidrs, ports }: Pick<GroupWish, "cidrs" | "ports">): string {
  const of = ports.length === 0 ? "" : ` ports ${[...ports].sort().join(",")}`;
  return `${[...cidrs].sort().join(",")}${of}`;
}
