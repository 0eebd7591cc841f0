import type { Drift } from "./drift.ts";
import type { AccessRule, NetworkSegment } from "../../api/index.ts";
import { isDeleting } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { AclWish } from "../../providers/omadaPort.ts";
import type { AclSeen, AclTable, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled } from "../outcomes.ts";
import { endsOf, networksOf, type Ends } from "./accessEnds.ts";
import { orderStep } from "./accessOrder.ts";
import type { Remains } from "./deletion.ts";
import { ruleLocksOut, type Paths } from "./lockOut.ts";
import type { Draft, NetStep } from "./netInput.ts";
import { isMarkedBy, omadaMarkIn, omadaMarkText, withMark } from "./omadaMark.ts";

export interface AccessInput {
  readonly paths: Paths;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  /** The rules of the namespace for this site, this one included. */
  readonly rules: readonly AccessRule[];
}

const TABLES: Readonly<Record<AccessRule["spec"]["table"], AclTable>> = {
  Gateway: "gateway",
  Switch: "switch",
  AccessPoint: "ap",
};

const PROTOCOLS: Readonly<Record<AccessRule["spec"]["protocol"], readonly number[]>> = {
  Any: [256],
  TCP: [6],
  UDP: [17],
  "TCP+UDP": [6, 17],
  ICMP: [1],
};

export function tableOf({ spec }: AccessRule): AclTable {
  return TABLES[spec.table];
}

/** "rule no-cameras-out" */
function textOf({ metadata }: AccessRule): string {
  return `rule ${metadata.name}`;
}

/** The rule that carries this object's mark (I9). */
function aclOf(rule: AccessRule, seen: SiteSeen): AclSeen | undefined {
  const table = tableOf(rule);
  return (seen.acls ?? []).find((acl) => acl.table === table && isMarkedBy(acl.description, rule.metadata));
}

/** One access rule as found. */
export function accessDraft(rule: AccessRule, seen: SiteSeen, input: AccessInput): Draft {
  const acl = aclOf(rule, seen);
  const theirs = acl === undefined ? unmarkedOf(rule, seen, input) : undefined;
  return theirs === undefined ? ownDraft(rule, acl, seen, input) : adoptionDraft(rule, theirs);
}

function ownDraft(rule: AccessRule, acl: AclSeen | undefined, seen: SiteSeen, input: AccessInput): Draft {
  const what = textOf(rule);
  const ends = endsOf(rule, { seen, segments: input.segments, acl });
  const common = {
    found: acl === undefined ? ("absent" as const) : ("ours" as const),
    what,
    several: true as const,
    fine: `${what} is in Omada as declared`,
    facts: summaryOf(rule),
    ...(acl === undefined ? {} : { bound: boundOf(rule, acl) }),
  };
  const obstacle = impossible(rule, seen) ?? ("is" in ends ? ends : undefined);
  if ("is" in ends || obstacle !== undefined) return { ...common, drift: [], obstacle };
  const wish = wishOf(rule, ends, acl);
  const locksOut = rule.spec.enabled ? lockOf(rule, input) : undefined;
  if (acl === undefined)
    return { ...common, drift: [], step: ends.group ?? { write: { call: "createAcl", wish }, what, locksOut } };
  return { ...common, ...existing(rule, { acl, ends, wish, locksOut }, seen, input) };
}

function summaryOf({ spec }: AccessRule): Record<string, unknown> {
  return { summary: { priority: spec.priority, from: endText(spec.from), to: endText(spec.to) } };
}

/** A rule without any mark that says the same, or that was this object's before somebody took its mark out. */
function unmarkedOf(rule: AccessRule, seen: SiteSeen, { segments }: AccessInput): AclSeen | undefined {
  if (isDeleting(rule)) return undefined;
  const table = tableOf(rule);
  return (seen.acls ?? []).find((acl) => {
    if (acl.table !== table || omadaMarkIn(acl.description) !== undefined) return false;
    if (acl.id === rule.status?.omada?.ruleId) return true;
    const ends = endsOf(rule, { seen, segments, acl });
    return !("is" in ends) && ends.group === undefined && driftOf(wishOf(rule, ends, acl), acl).length === 0;
  });
}

/** The mark is all that adoption writes (I4, I9); the person's text stays before it. */
function adoptionDraft(rule: AccessRule, acl: AclSeen): Draft {
  const { adoption } = rule.spec;
  const { id: _, index: __, ...asItIs } = acl;
  const description = withMark(acl.description, rule.metadata, DESCRIPTION_MAX);
  const step: NetStep = {
    write: { call: "updateAcl", id: acl.id, wish: { ...asItIs, description } },
    what: `the description of "${acl.description}", to mark it as ${textOf(rule)}`,
    always: true,
  };
  return {
    found: adoption === "Adopt" ? "ours" : "unowned",
    what: adoption === "Adopt" ? textOf(rule) : `rule "${acl.description}", which says the same,`,
    several: true,
    fine: `${textOf(rule)} is in Omada as declared`,
    facts: summaryOf(rule),
    drift: [],
    step,
  };
}

/** Characters of a rule's description. */
const DESCRIPTION_MAX = 512;

interface Existing {
  readonly acl: AclSeen;
  readonly ends: Ends;
  readonly wish: AclWish;
  readonly locksOut: string | undefined;
}

/** Groups first, then the rule, then its place. */
function existing(
  rule: AccessRule,
  { acl, ends, wish, locksOut }: Existing,
  seen: SiteSeen,
  input: AccessInput,
): Pick<Draft, "drift" | "step"> {
  const what = textOf(rule);
  const drift = driftOf(wish, acl);
  const order = orderStep(rule, acl, seen, input.rules);
  const change: NetStep = { write: { call: "updateAcl", id: acl.id, wish }, what, locksOut };
  return {
    drift: [...ends.drift, ...drift, ...(order === undefined ? [] : [order.drift])],
    step: ends.group ?? (drift.length > 0 ? change : order?.step),
  };
}

function boundOf({ status, metadata }: AccessRule, { id }: AclSeen): Record<string, unknown> {
  const created = status?.omada?.created === true || (status?.creating !== undefined && status.omada === undefined);
  return { omada: { ruleId: id, name: omadaMarkText(metadata), ...(created ? { created } : {}) } };
}

function impossible(rule: AccessRule, { abilities }: SiteSeen): Outcome | undefined {
  if (isDeleting(rule) || rule.spec.table !== "Gateway" || abilities.gateway) return undefined;
  return stalled(
    "RefusedByProvider",
    "the site has no adopted gateway to enforce it; adopt one, or write table: Switch",
    300_000,
  );
}

function wishOf(rule: AccessRule, { source, destination }: Ends, acl: AclSeen | undefined): AclWish {
  const { spec, metadata } = rule;
  const direction = spec.to.internet === true ? "LanToWan" : "LanToLan";
  return {
    table: tableOf(rule),
    description: withMark(acl?.description ?? "", metadata, DESCRIPTION_MAX),
    enabled: spec.enabled,
    action: spec.action,
    protocols: PROTOCOLS[spec.protocol],
    source,
    destination,
    ...(spec.table === "Gateway" ? { direction } : {}),
  };
}

function lockOf({ spec }: AccessRule, { paths, segments }: AccessInput): string | undefined {
  if (spec.to.internet === true) return undefined;
  const from = networksOf(spec.from, segments);
  const to = networksOf(spec.to, segments);
  return ruleLocksOut({ denies: spec.action === "Deny", from, to }, paths);
}

/** Text around the mark is a person's and stays as it is. */
function driftOf(wish: AclWish, acl: AclSeen): readonly Drift[] {
  const end = ({ type, ids }: AclWish["source"]): string => `${type} ${[...ids].sort().join(",")}`;
  const rows: readonly (readonly [string, string, string])[] = [
    ["action", wish.action, acl.action],
    ["enabled", String(wish.enabled), String(acl.enabled)],
    ["protocol", [...wish.protocols].sort().join(","), [...acl.protocols].sort().join(",")],
    ["from", end(wish.source), end(acl.source)],
    ["to", end(wish.destination), end(acl.destination)],
    ...(wish.direction === undefined || acl.direction === undefined
      ? []
      : [["to.internet", wish.direction, acl.direction] as const]),
  ];
  return rows.flatMap(([field, desired, actual]) => (desired === actual ? [] : [{ field, desired, actual }]));
}

function endText(end: AccessRule["spec"]["to"]): string {
  return end.segmentRef?.name ?? end.cidr ?? ("internet" in end ? "internet" : "any");
}

/** The rule, then the groups made for it. */
export function accessRemains(rule: AccessRule, seen: SiteSeen): Remains {
  const what = textOf(rule);
  const acl = aclOf(rule, seen);
  if (acl !== undefined) return { what, step: { write: { call: "deleteAcl", id: acl.id }, what } };
  const group = (seen.groups ?? []).find(
    ({ builtIn, descriptions }) => !builtIn && descriptions.some((text) => isMarkedBy(text, rule.metadata)),
  );
  if (group === undefined) return { what };
  const { id, type, name } = group;
  const user = (seen.acls ?? []).find((one) => [one.source, one.destination].some(({ ids }) => ids.includes(id)));
  return {
    what,
    inUse: user === undefined ? undefined : `rule ${user.description}, which uses its group ${name}`,
    step: { write: { call: "deleteGroup", group: { id, type } }, what: `group ${name} of ${what}` },
  };
}
