import type { AccessRule, ClientGroup, NetworkSegment } from "../../../controller/api/index.ts";
import type { AclSeen } from "../../../controller/providers/omadaSeen.ts";
import { isWithin, pathOf } from "./lockRules.ts";
import { networkFor, markOf, segmentsIn } from "./netObjects.ts";
import { borne, type Said } from "./said.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { boundNetwork, corrects } from "./shelfSettled.ts";
import { macText } from "./siteActors.ts";

type End = AccessRule["spec"]["from"] | AccessRule["spec"]["to"];

const TABLES = { Gateway: "gateway", Switch: "switch", AccessPoint: "ap" } as const;
const PROTOCOLS = { Any: [256], TCP: [6], UDP: [17], "TCP+UDP": [6, 17], ICMP: [1] } as const;

export function ruleUnsettled(history: NetworkHistory, one: AccessRule, said: Said): readonly string[] {
  const { site } = history;
  const { spec, metadata } = one;
  const acl = site.acls.find(
    ({ table, description }) => table === TABLES[spec.table] && description.includes(markOf(metadata.name)),
  );
  const ends = [spec.from, spec.to].map((end) => segmentOf(history, end));
  if (said.reason === "Settled") {
    if (acl === undefined) return ["says it is settled, and has no rule"];
    const differing = ruleDifferences(history, one, acl);
    return corrects(history, one, acl.id) && differing.length > 0 ? [`is not corrected: ${differing.join(", ")}`] : [];
  }
  const apart = ends.some(
    (end) => end === "none" || (typeof end === "object" && end.spec.omada !== undefined && !networkOfEnd(history, end)),
  );
  return borne(said, {
    // It says the same, or was this one's before somebody took the mark out.
    NetworkNotOwned: acl === undefined && site.acls.all().some(({ description }) => !description.includes("[hl:")),
    SegmentMissing: apart,
    SpecInvalid: ends.some((end) => typeof end === "object" && end.spec.omada === undefined),
    WouldLockOut: spec.action === "Deny" && spec.enabled && coversPath(history, one),
    NetworkVanished: one.status?.omada !== undefined && acl === undefined,
    // A VLAN without an interface has no place in a rule of the gateway.
    RefusedByProvider: true,
  });
}

/** One that people gave another name is theirs, and no end of ours (I9). */
function networkOfEnd(history: NetworkHistory, segment: NetworkSegment): boolean {
  return boundNetwork(history, segment) !== undefined || networkFor(history.site, segment) !== undefined;
}

function segmentOf({ lab }: NetworkHistory, end: End): NetworkSegment | "none" | undefined {
  if (end.segmentRef === undefined) return undefined;
  return segmentsIn(lab).find(({ metadata }) => metadata.name === end.segmentRef?.name) ?? "none";
}

/** As far as its words go: a segment's CIDR, a CIDR, or everything. */
function coversPath(history: NetworkHistory, { spec }: AccessRule): boolean {
  const covered = (end: End): boolean => {
    const segment = segmentOf(history, end);
    const cidr = typeof segment === "object" ? segment.spec.cidr : end.cidr;
    if (cidr === undefined) return segment === undefined;
    return pathOf(history).some((address) => isWithin(address, cidr));
  };
  return covered(spec.from) && covered(spec.to);
}

function ruleDifferences(history: NetworkHistory, one: AccessRule, acl: AclSeen): readonly string[] {
  const { spec } = one;
  const rows: readonly (readonly [string, boolean])[] = [
    ["action", spec.action !== acl.action],
    ["enabled", spec.enabled !== acl.enabled],
    ["protocol", PROTOCOLS[spec.protocol].join() !== acl.protocols.toSorted((a, b) => a - b).join()],
    ["from", !leads(history, spec.from, acl.source.ids)],
    ["to", !leads(history, spec.to, acl.destination.ids)],
  ];
  return rows.flatMap(([field, differs]) => (differs ? [field] : []));
}

/** The end of the rule means what is declared. */
function leads(history: NetworkHistory, end: End, ids: readonly string[]): boolean {
  const [id = ""] = ids;
  const group = history.site.groups.get(id);
  const segment = segmentOf(history, end);
  if (typeof segment === "object" && group === undefined)
    return id === networkFor(history.site, segment)?.id || id === segment.status?.omada?.networkId;
  const cidr = typeof segment === "object" ? segment.spec.cidr : (end.cidr ?? "0.0.0.0/0");
  return group?.cidrs.join() === cidr;
}

export function groupUnsettled(history: NetworkHistory, one: ClientGroup, said: Said): readonly string[] {
  const { site, lab } = history;
  const { spec, metadata } = one;
  const addressed = (spec.members ?? []).filter(({ address }) => address !== undefined);
  const name = spec.segmentRef?.name;
  const segment = segmentsIn(lab).find((each) => each.metadata.name === name);
  const states = addressed.map((member) => {
    const kept = site.reservations.get(macText(member.mac));
    const isOurs = kept?.description.includes(markOf(metadata.name)) === true;
    const rival = site.reservations.find(({ ip, mac }) => ip === member.address && mac !== macText(member.mac));
    return { member, kept, isOurs, rival };
  });
  if (said.reason !== "Settled")
    return borne(said, {
      SegmentMissing: segment === undefined || networkFor(history.site, segment) === undefined,
      AddressWrong: true,
      NetworkNotOwned: states.some(({ kept, isOurs }) => kept !== undefined && !isOurs),
      SpecInvalid: segment?.spec.omada === undefined,
      RefusedByProvider: true,
    });
  const missing = (spec.members ?? [])
    .filter(({ mac }) => !site.clients.has(macText(mac)))
    .map((member) => member.name)
    .sort();
  const told = one.status?.missing ?? [];
  const words = missing.join() === told.join() ? [] : [`misses ${missing.join()}, says ${told.join()}`];
  const wrong = states.filter(
    ({ member, kept, isOurs }) =>
      kept === undefined || (isOurs && spec.driftPolicy !== "Report" && (kept.ip !== member.address || !kept.enabled)),
  );
  return [...words, ...wrong.map(({ member }) => `does not keep ${member.address ?? ""} for ${member.name}`)];
}
