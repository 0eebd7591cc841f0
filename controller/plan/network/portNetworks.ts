import type { NetworkDevice, NetworkSegment } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, PortSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled, waiting } from "../outcomes.ts";
import { shortHash } from "../shortHash.ts";
import type { Drift } from "./drift.ts";
import { portLocksOut, type Paths } from "./lockOut.ts";
import type { NetStep } from "./netInput.ts";
import { networkOf } from "./segmentNetwork.ts";

export interface PortInput {
  readonly paths: Paths;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
}

export type DeclaredPort = NonNullable<NetworkDevice["spec"]["ports"]>[number];
export type ReportedPort = NonNullable<NonNullable<NetworkDevice["status"]>["ports"]>[number];

/** Networks a port shall carry, by id and by name. */
export interface Carried {
  readonly native: string;
  readonly tagged: readonly string[];
  /** "lan, tagged servers,iot" */
  readonly text: string;
  readonly profile: string;
}

export interface PortAround {
  readonly object: NetworkDevice;
  readonly device: DeviceSeen;
  readonly seen: SiteSeen;
  readonly input: PortInput;
}

export interface NetworkChange {
  readonly drift: readonly Drift[];
  readonly step?: NetStep | undefined;
  readonly obstacle?: Outcome | undefined;
}

/** Why a change of the port would cut the path (N2). */
export function lockOf(actual: PortSeen, { device, seen, input }: PortAround, onlyAdds: boolean): string | undefined {
  const change = { device, number: actual.number, linkUp: actual.linkUp, onlyAdds };
  return portLocksOut(change, seen, input.paths);
}

/** The networks by id; or why they cannot be used yet. */
export function carriedOf(port: DeclaredPort, { seen, input }: PortAround): Carried | Outcome {
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

/** Name of our profile for a set of segments (5.x); `tagged` sorted. */
export function profileName(native: string, tagged: readonly string[]): string {
  const name = `hl ${[native, ...tagged].join("+")}`;
  return name.length <= 128 ? name : `${name.slice(0, 118)} ${shortHash(name)}`;
}

/** "port profile hl lan+servers" */
export function profileText(name: string): string {
  return `port profile ${name}`;
}

interface Networks extends PortAround {
  readonly before: ReportedPort | undefined;
}

/** Brings a port to carry what it shall: on 6.x in itself, on 5.x through a profile (N2). */
export function networkChange(port: DeclaredPort, actual: PortSeen, carried: Carried, around: Networks): NetworkChange {
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
  port: DeclaredPort,
  actual: PortSeen,
  { native, tagged, profile: name, text }: Carried,
  around: Networks & { readonly what: string },
): Omit<NetworkChange, "drift"> {
  const { seen, device, what } = around;
  const locksOut = lockOf(actual, around, false);
  const profile = seen.profiles?.find((one) => one.name === name);
  if (profile === undefined)
    return {
      step: {
        write: { call: "createProfile", wish: { name, nativeNetworkId: native, taggedNetworkIds: tagged } },
        what: profileText(name),
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
