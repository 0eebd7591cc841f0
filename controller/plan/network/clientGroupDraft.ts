import type { Drift } from "./drift.ts";
import type { ClientGroup, NetworkSegment } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { NetworkSeen, ReservationSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import type { EventNote } from "../action.ts";
import { reservationFault } from "../addresses.ts";
import { note, stalled, waiting } from "../outcomes.ts";
import type { Remains } from "./deletion.ts";
import type { Paths } from "./lockOut.ts";
import type { Draft, NetStep } from "./netInput.ts";
import { heldBy, isMarkedBy, remarked } from "./omadaMark.ts";
import type { GroupAround, Presence } from "./presence.ts";
import { networkOf } from "./segmentNetwork.ts";
import { macOf } from "./wiring.ts";

export interface ClientGroupInput extends GroupAround {
  readonly paths: Paths;
  /** Debounced. */
  readonly presence: Presence;
  /** Names of the ClientGroups of the namespace, those that are being deleted too. */
  readonly living: ReadonlySet<string>;
}

type Member = NonNullable<ClientGroup["spec"]["members"]>[number];

interface MemberPlan {
  readonly drift?: Drift;
  readonly step?: NetStep;
  readonly obstacle?: Outcome;
}

/** The clients of a group as found: reservations and names of members, and who is there. */
export function clientGroupDraft(group: ClientGroup, seen: SiteSeen, input: ClientGroupInput): Draft {
  const what = `client group ${group.metadata.name}`;
  const plans = (group.spec.members ?? []).flatMap((member) => [
    reservationPlan(group, member, seen, input),
    namePlan(group, member, seen),
  ]);
  const { missing, unknown } = input.presence;
  const steps = plans.flatMap(({ step, drift: own }) =>
    step === undefined ? [] : [{ ...step, drift: own === undefined ? [] : [own] }],
  );
  const drift = plans.flatMap(({ drift: one }) => one ?? []);
  return {
    found: "given",
    what,
    several: true,
    drift,
    obstacle: undefined,
    step: steps.find(({ always }) => always === true) ?? steps[0],
    trouble: plans.find(({ obstacle }) => obstacle !== undefined)?.obstacle,
    facts: {
      ...(missing.length === 0 ? {} : { missing }),
      ...(unknown.length === 0 ? {} : { unknown: unknown.slice(0, 64).map((text) => text.slice(0, 256)) }),
      summary: {
        online: onlineText(input.presence),
        missing: String(missing.length),
        unknown: String(unknown.length),
      },
    },
    claims: [onlineClaim(input.presence), syncClaim(drift)],
    events: presenceEvents(group, input.presence),
    fine: `${what} is in Omada as declared`,
  };
}

function segmentFor(group: ClientGroup, member: Member, { segments }: GroupAround): NetworkSegment | Outcome {
  const name = member.segmentRef?.name ?? group.spec.segmentRef?.name ?? "";
  const segment = segments.get(name);
  if (segment === undefined)
    return waiting(
      "SegmentMissing",
      `NetworkSegment ${name} of ${member.name} does not exist; apply it, or change the reference`,
    );
  if (segment.spec.omada !== undefined) return segment;
  return stalled(
    "SpecInvalid",
    `NetworkSegment ${name} of ${member.name} has no omada side, so no address can be kept in it`,
  );
}

/** The network its address is kept in; or why there is none yet, or never. */
function networkFor(member: Member, segment: NetworkSegment, seen: SiteSeen): NetworkSeen | Outcome {
  const network = networkOf(segment, seen.networks ?? [])?.network;
  const { name } = segment.metadata;
  if (network === undefined)
    return waiting("SegmentMissing", `waits for NetworkSegment ${name}: its network is not in Omada yet`);
  if (network.purpose === "Interface") return network;
  return stalled(
    "AddressWrong",
    `${member.name}: network ${network.name} is a VLAN without an interface, so Omada keeps no address in it; ` +
      `write purpose: Interface in NetworkSegment ${name}, or take address out`,
    300_000,
  );
}

function reservationPlan(group: ClientGroup, member: Member, seen: SiteSeen, input: ClientGroupInput): MemberPlan {
  const { address } = member;
  if (address === undefined || seen.reservations === undefined) return {};
  const segment = segmentFor(group, member, input);
  if ("is" in segment) return { obstacle: segment };
  const fault = reservationFault(address, segment.spec);
  if (fault !== undefined) return { obstacle: stalled("AddressWrong", `${member.name}: ${fault}`) };
  const network = networkFor(member, segment, seen);
  if ("is" in network) return { obstacle: network };
  const mac = macOf(member.mac);
  const found = seen.reservations.find((one) => one.mac === mac);
  const description = remarked(found?.description ?? member.name, group.metadata, DESCRIPTION_MAX);
  const wish: ReservationSeen = { mac, networkId: network.id, ip: address, enabled: true, description };
  const what = `reservation of ${address} for ${member.name}`;
  const taken = seen.reservations.find((one) => one.ip === address && one.mac !== mac);
  if (taken !== undefined)
    return {
      obstacle: stalled(
        "AddressWrong",
        `${member.name}: ${address} is already kept for ${taken.mac} (${taken.description})`,
        300_000,
      ),
    };
  const locksOut = lockOf(mac, address, seen, input.paths);
  if (found === undefined)
    return { step: { write: { call: "setReservation", wish, exists: false }, what, always: true, locksOut } };
  const holder = heldBy(found.description, group.metadata, input.living);
  if (holder !== undefined)
    return {
      obstacle: stalled(
        "NetworkNotOwned",
        `${mac} (${member.name}) has a reservation of ${found.ip} that ClientGroup ${holder} keeps; take the member, or its address, out of one of them`,
        300_000,
      ),
    };
  return existing(group, { member, found, wish, what, locksOut });
}

/** Characters of a reservation's description. */
const DESCRIPTION_MAX = 128;

interface Existing {
  readonly member: Member;
  readonly found: ReservationSeen;
  readonly wish: ReservationSeen;
  readonly what: string;
  readonly locksOut: string | undefined;
}

/** What carries our mark is corrected; another's is left, unless it is adopted: then the mark comes first, alone (I4). */
function existing(group: ClientGroup, { member, found, wish, what, locksOut }: Existing): MemberPlan {
  const ours = isMarkedBy(found.description, group.metadata);
  const { adoption, driftPolicy } = group.spec;
  if (!ours && adoption === "Adopt") {
    const marked = { ...found, description: wish.description };
    return {
      step: { write: { call: "setReservation", wish: marked, exists: true }, what: `${what}: its mark`, always: true },
    };
  }
  const same = found.ip === wish.ip && found.networkId === wish.networkId && found.enabled;
  if (same) return {};
  const drift = {
    field: `members[${member.name}].address`,
    desired: wish.ip,
    actual: `${found.ip}${found.enabled ? "" : " (off)"}`,
  };
  if (!ours)
    return {
      drift,
      obstacle: stalled(
        "NetworkNotOwned",
        `${found.mac} (${member.name}) has a reservation of ${found.ip} that is not this object's; to bind it write adoption: Adopt`,
        300_000,
      ),
    };
  const step: NetStep = { write: { call: "setReservation", wish, exists: true }, what, always: true, locksOut };
  return driftPolicy === "Report" ? { drift } : { drift, step };
}

/** Another address for a host of the path takes it away from where it is looked for (N2). */
function lockOf(mac: string, address: string, seen: SiteSeen, { hosts }: Paths): string | undefined {
  const ip = (seen.clients ?? []).find((client) => client.mac === mac)?.ip;
  const host = hosts.find((one) => one.address === ip && ip !== address);
  return host === undefined ? undefined : `${host.what} is reached at ${host.address}, and would get another address`;
}

function namePlan({ spec }: ClientGroup, member: Member, seen: SiteSeen): MemberPlan {
  const client = seen.clients?.find(({ mac }) => mac === macOf(member.mac));
  if (client === undefined || client.name === member.name) return {};
  const drift = { field: `members[${member.name}].name`, desired: member.name, actual: client.name };
  if (spec.driftPolicy !== "Correct") return { drift };
  return {
    drift,
    step: { write: { call: "renameClient", mac: client.mac, name: member.name }, what: `client ${client.mac}` },
  };
}

/** "7/7", or "7" where any number will do. */
function onlineText({ online, expected }: Presence): string {
  return expected === undefined ? String(online) : `${String(online)}/${String(expected)}`;
}

function onlineClaim({ missing, online, expected = 0 }: Presence): Claim {
  const type = "MembersOnline";
  if (missing.length > 0)
    return {
      type,
      status: "False",
      reason: "MembersMissing",
      message: `not seen for a while: ${missing.slice(0, 20).join(", ")}`,
    };
  if (online < expected)
    return {
      type,
      status: "False",
      reason: "FewerThanExpected",
      message: `${String(online)} of ${String(expected)} expected clients are online`,
    };
  return { type, status: "True", reason: "AsExpected", message: "every member is seen, and as many as are expected" };
}

function syncClaim(drift: readonly Drift[]): Claim {
  const type = "ConfigInSync";
  if (drift.length === 0)
    return { type, status: "True", reason: "InSync", message: "names and addresses are as declared" };
  const message = drift.map(({ field, desired, actual }) => `${field} is ${actual}, declared ${desired}`).join("; ");
  return { type, status: "False", reason: "Drifted", message };
}

function presenceEvents({ status }: ClientGroup, { missing }: Presence): EventNote[] {
  if (status?.conditions === undefined) return [];
  const before = status.missing ?? [];
  const gone = missing.filter((name) => !before.includes(name));
  const back = before.filter((name) => !missing.includes(name));
  return [
    ...(gone.length === 0
      ? []
      : [note("Warning", "ClientsMissing", "Observe", `not seen for a while: ${gone.join(", ")}`)]),
    ...(back.length === 0 ? [] : [note("Normal", "ClientsBack", "Observe", `seen again: ${back.join(", ")}`)]),
  ];
}

/** Each reservation that carries the mark. */
export function clientGroupRemains(group: ClientGroup, seen: SiteSeen): Remains {
  const what = `the reservations of client group ${group.metadata.name}`;
  const found = (seen.reservations ?? []).find(({ description }) => isMarkedBy(description, group.metadata));
  if (found === undefined) return { what };
  return {
    what,
    step: { write: { call: "deleteReservation", mac: found.mac }, what: `reservation of ${found.ip} for ${found.mac}` },
  };
}
