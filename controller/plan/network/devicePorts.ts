import type { NetworkDevice, NetworkSegment } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, PortSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import type { Drift } from "../drift.ts";
import { stalled, waiting } from "../guestStep.ts";
import { shortHash } from "../shortHash.ts";
import { portLocksOut, type Paths } from "./lockOut.ts";
import type { NetPatch, NetStep } from "./netInput.ts";
import { networkOf } from "./segmentDraft.ts";

export interface PortInput {
  readonly paths: Paths;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
}

export interface PortChanges {
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  readonly obstacle?: Outcome | undefined;
  readonly facts: NetPatch;
  readonly claim?: Claim | undefined;
}

type Declared = NonNullable<NetworkDevice["spec"]["ports"]>[number];
type Reported = NonNullable<NonNullable<NetworkDevice["status"]>["ports"]>[number];

/** Networks a port shall carry, by id and by name. */
interface Carried {
  readonly native: string;
  readonly tagged: readonly string[];
  /** "lan, tagged servers,iot" */
  readonly text: string;
  readonly profile: string;
}

interface PortPlan {
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  readonly obstacle?: Outcome | undefined;
  readonly report: Reported;
  /** Undefined: no networks are declared. */
  readonly verified?: boolean | "unread";
}

/** The declared ports of a switch: one step at a time, networks after what they need (N2). */
export function portChanges(object: NetworkDevice, device: DeviceSeen, seen: SiteSeen, input: PortInput): PortChanges {
  const declared = object.spec.ports ?? [];
  if (declared.length === 0) return { drift: [], facts: {} };
  const plans = declared.map((port) => planPort(port, { object, device, seen, input }));
  const ports = plans.map(({ report }) => report);
  const at = plans.findIndex(({ step }) => step !== undefined);
  const found = plans[at];
  const step = found?.step;
  return {
    drift: plans.flatMap(({ drift }) => drift),
    obstacle: plans.find(({ obstacle }) => obstacle !== undefined)?.obstacle,
    step: step === undefined ? undefined : withRecord(step, ports, at),
    facts: { ports },
    claim: verifiedClaim(plans, seen),
  };
}

/** What was written where nobody can read it back is on record once the call was answered. */
function withRecord(step: NetStep, ports: readonly Reported[], at: number): NetStep {
  const written = step.done?.["written"];
  if (typeof written !== "string") return step;
  return { ...step, done: { ports: ports.map((port, index) => (index === at ? { ...port, written } : port)) } };
}

interface Around {
  readonly object: NetworkDevice;
  readonly device: DeviceSeen;
  readonly seen: SiteSeen;
  readonly input: PortInput;
}

function planPort(port: Declared, around: Around): PortPlan {
  const { object, device, seen } = around;
  const before = object.status?.ports?.find(({ number }) => number === port.number);
  const actual = device.ports?.find(({ number }) => number === port.number);
  const report: Reported = {
    number: port.number,
    link: actual?.linkUp === undefined ? "Unknown" : actual.linkUp ? "Up" : "Down",
    ...(before?.written === undefined ? {} : { written: before.written }),
  };
  if (actual === undefined) return { drift: [], report, obstacle: noPort(port, device) };
  const small = smallChanges(port, actual, around);
  if (port.nativeSegmentRef === undefined) return { ...small, report };
  const carried = carriedOf(port, around);
  if ("is" in carried) return { ...small, report, obstacle: carried };
  const networks = networkChange(port, actual, carried, { ...around, before });
  return {
    drift: [...small.drift, ...networks.drift],
    step: small.step ?? networks.step,
    obstacle: networks.obstacle,
    report,
    verified:
      !seen.abilities.readsPorts || actual.nativeNetworkId === undefined ? "unread" : networks.drift.length === 0,
  };
}

function noPort(port: Declared, { ports, name, role }: DeviceSeen): Outcome {
  if (ports === undefined) return waiting("Connecting", `the ports of ${name} are being read`, 2_000);
  return stalled(
    "SpecInvalid",
    `${role} ${name} has no port ${String(port.number)}, only ${String(ports.length)} ports`,
  );
}

/** Name and power of a port. */
function smallChanges(port: Declared, actual: PortSeen, around: Around): Pick<PortPlan, "drift" | "step"> {
  const { device } = around;
  const field = `ports[${String(port.number)}]`;
  const what = `port ${String(port.number)} of ${device.name}`;
  const write = (wish: object): NetStep["write"] => ({ call: "setPort", device: device.mac, port: port.number, wish });
  const isNamed = port.name === undefined || actual.name === undefined || port.name === actual.name;
  const isSet = port.enabled === undefined || actual.enabled === undefined || port.enabled === actual.enabled;
  const drift = [
    ...(isNamed ? [] : [{ field: `${field}.name`, desired: port.name ?? "", actual: actual.name ?? "" }]),
    ...(isSet ? [] : [{ field: `${field}.enabled`, desired: String(port.enabled), actual: String(actual.enabled) }]),
  ];
  if (!isNamed) return { drift, step: { write: write({ name: port.name }), what } };
  if (isSet) return { drift };
  const cuts = port.enabled === false;
  return {
    drift,
    step: {
      write: write({ enabled: port.enabled }),
      what,
      ...(cuts ? { locksOut: lockOf(actual, around, false) } : {}),
    },
  };
}

function lockOf(actual: PortSeen, { device, seen, input }: Around, onlyAdds: boolean): string | undefined {
  const change = { device, number: actual.number, linkUp: actual.linkUp, onlyAdds };
  return portLocksOut(change, seen, input.paths);
}

/** The networks by id; or why they cannot be used yet. */
function carriedOf(port: Declared, { seen, input }: Around): Carried | Outcome {
  const names = [port.nativeSegmentRef?.name ?? "", ...(port.taggedSegmentRefs ?? [])];
  const ids: string[] = [];
  for (const name of names) {
    const segment = input.segments.get(name);
    if (segment === undefined)
      return waiting(
        "SegmentMissing",
        `NetworkSegment ${name} of port ${String(port.number)} does not exist; apply it, or change the reference`,
      );
    if (segment.spec.omada === undefined)
      return stalled(
        "SpecInvalid",
        `NetworkSegment ${name} of port ${String(port.number)} has no omada side; write it there`,
      );
    const network = networkOf(segment, seen.networks ?? []);
    if (network === undefined)
      return waiting("SegmentMissing", `waits for NetworkSegment ${name}: its network is not in Omada yet`);
    ids.push(network.network.id);
  }
  const [native = "", ...tagged] = ids;
  const [nativeName = "", ...taggedNames] = names;
  if (tagged.includes(native))
    return stalled("SpecInvalid", `port ${String(port.number)} has ${nativeName} both native and tagged; name it once`);
  const sorted = taggedNames.toSorted();
  return {
    native,
    tagged,
    text: carriedText(nativeName, sorted),
    profile: profileName(nativeName, sorted),
  };
}

function carriedText(native: string, tagged: readonly string[]): string {
  return tagged.length === 0 ? native : `${native}, tagged ${tagged.join(",")}`;
}

/** Name of our profile for a set of segments (5.x). */
function profileName(native: string, tagged: readonly string[]): string {
  const name = `hl ${[native, ...tagged].join("+")}`;
  return name.length <= 128 ? name : `${name.slice(0, 118)} ${shortHash(name)}`;
}

interface Networks extends Around {
  readonly before: Reported | undefined;
}

function networkChange(
  port: Declared,
  actual: PortSeen,
  carried: Carried,
  around: Networks,
): Pick<PortPlan, "drift" | "step" | "obstacle"> {
  const { seen, device, before } = around;
  const field = `ports[${String(port.number)}].nativeSegmentRef`;
  const readable = actual.nativeNetworkId !== undefined;
  const same = readable ? isSame(actual, carried) : before?.written === carried.text;
  if (same) return { drift: [] };
  const now = readable ? actualText(actual, seen) : (before?.written ?? "not known");
  const drift = [{ field, desired: carried.text, actual: now }];
  const what = `port ${String(port.number)} of ${device.name}`;
  if (seen.abilities.portVlans === "profile")
    return { drift, ...profileChange(port, actual, carried, { ...around, what }) };
  const vlans = { nativeNetworkId: carried.native, taggedNetworkIds: carried.tagged };
  return {
    drift,
    step: {
      write: { call: "setPort", device: device.mac, port: port.number, wish: { vlans } },
      what,
      locksOut: lockOf(actual, around, onlyAdds(actual, carried)),
      ...(readable ? {} : { done: { written: carried.text } }),
    },
  };
}

/** 5.x: a profile first, then the port uses it. */
function profileChange(
  port: Declared,
  actual: PortSeen,
  { native, tagged, profile: name, text }: Carried,
  around: Networks & { readonly what: string },
): Pick<PortPlan, "step" | "obstacle"> {
  const { seen, device, what } = around;
  const locksOut = lockOf(actual, around, false);
  const profile = seen.profiles?.find((one) => one.name === name);
  if (profile === undefined)
    return {
      step: {
        write: { call: "createProfile", wish: { name, nativeNetworkId: native, taggedNetworkIds: tagged } },
        what: `port profile ${name}`,
        locksOut,
      },
    };
  const fits = profile.nativeNetworkId === native && sameSet(profile.taggedNetworkIds, tagged);
  if (!fits)
    return {
      obstacle: stalled(
        "NetworkNotOwned",
        `port profile ${name} exists and does not carry ${text}; rename or delete it in Omada, and it is made anew`,
        300_000,
      ),
    };
  return {
    step: {
      write: { call: "setPort", device: device.mac, port: port.number, wish: { profileId: profile.id } },
      what,
      locksOut,
    },
  };
}

function isSame(actual: PortSeen, { native, tagged }: Carried): boolean {
  if (actual.nativeNetworkId !== native || actual.taggedAll === true) return false;
  return sameSet(actual.taggedNetworkIds ?? [], tagged);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}

/** Nothing is taken from the port: the same native network, and every tagged one stays. */
function onlyAdds(actual: PortSeen, { native, tagged }: Carried): boolean {
  if (actual.nativeNetworkId !== native || actual.taggedAll === true) return false;
  return (actual.taggedNetworkIds ?? []).every((id) => tagged.includes(id));
}

function actualText(actual: PortSeen, seen: SiteSeen): string {
  const nameOf = (id: string): string => seen.networks?.find((network) => network.id === id)?.name ?? id;
  const native = nameOf(actual.nativeNetworkId ?? "");
  if (actual.taggedAll === true) return `${native}, tagged all`;
  return carriedText(native, (actual.taggedNetworkIds ?? []).map(nameOf).sort());
}

function verifiedClaim(plans: readonly PortPlan[], seen: SiteSeen): Claim | undefined {
  const said = plans.filter(({ verified }) => verified !== undefined);
  if (said.length === 0) return undefined;
  const claim = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "PortsVerified",
    status,
    reason,
    message,
  });
  if (said.some(({ verified }) => verified === "unread")) {
    const why = seen.abilities.webRefused ?? "the Secret has no username and password for a web session";
    return claim("Unknown", "NeedsWebSession", `Omada does not tell what the ports carry: ${why}`);
  }
  const wrong = said.filter(({ verified }) => verified === false).map(({ report }) => String(report.number));
  if (wrong.length > 0) return claim("False", "Drifted", `not as declared: port ${wrong.join(", ")}`);
  return claim("True", "AsDeclared", "every declared port carries what is declared");
}
