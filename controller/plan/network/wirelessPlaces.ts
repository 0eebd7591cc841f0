import type { NetworkDevice, WirelessNetwork } from "../../api/index.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, SiteSeen, WlanSeen } from "../../providers/omadaSeen.ts";
import { stalled, waiting } from "../outcomes.ts";
import type { Drift } from "./drift.ts";
import { accessPointLocksOut, type Paths } from "./lockOut.ts";
import type { NetStep } from "./netInput.ts";
import { macOf } from "./wiring.ts";

/** What decides where an SSID is broadcast, besides the site. */
export interface PlacesInput {
  readonly paths: Paths;
  readonly devices: ReadonlyMap<string, NetworkDevice>;
  /** SSIDs that others of the namespace declare, older ones. */
  readonly elders: readonly WirelessNetwork[];
}

type Group = NonNullable<SiteSeen["wlanGroups"]>[number];

const RECHECK_MS = 300_000;

/** The WLAN group its spec names, or the primary one. */
export function groupOf({ spec }: WirelessNetwork, { wlanGroups = [] }: SiteSeen): Group | undefined {
  return wlanGroups.find(({ name, primary }) => (spec.wlanGroup === undefined ? primary : name === spec.wlanGroup));
}

/** The access points it names, as they are seen; undefined: it names none. */
export function declaredPoints(
  { spec }: WirelessNetwork,
  seen: SiteSeen,
  { devices }: Pick<PlacesInput, "devices">,
): readonly DeviceSeen[] | undefined {
  return spec.deviceRefs?.flatMap((name) => seen.devices.get(macOf(devices.get(name)?.spec.mac ?? "")) ?? []);
}

/** Why its deviceRefs cannot be followed; undefined: they can, or there are none. */
export function placesObstacle(wlan: WirelessNetwork, seen: SiteSeen, input: PlacesInput): Outcome | undefined {
  const { deviceRefs } = wlan.spec;
  if (deviceRefs === undefined) return undefined;
  for (const name of deviceRefs) {
    const fault = pointFault(name, seen, input);
    if (fault !== undefined) return fault;
  }
  return rivalFault(wlan, seen, input);
}

function pointFault(name: string, seen: SiteSeen, { devices }: PlacesInput): Outcome | undefined {
  const object = devices.get(name);
  if (object === undefined)
    return waiting(
      "DependencyMissing",
      `NetworkDevice ${name} of deviceRefs does not exist; apply it, or change the reference`,
    );
  const device = seen.devices.get(macOf(object.spec.mac));
  if (device === undefined || device.state === "Pending")
    return stalled(
      "DeviceMissing",
      `the site has no adopted device ${object.spec.mac} (${name} of deviceRefs)`,
      60_000,
    );
  if (device.role === "AccessPoint") return undefined;
  return stalled(
    "SpecInvalid",
    `NetworkDevice ${name} of deviceRefs is a ${device.role}, which broadcasts no SSID; name access points`,
  );
}

/** An access point is in one group, and a group's SSIDs all go to the same access points. */
function rivalFault(wlan: WirelessNetwork, seen: SiteSeen, { elders }: PlacesInput): Outcome | undefined {
  const { deviceRefs = [] } = wlan.spec;
  const group = groupOf(wlan, seen);
  for (const { metadata, spec, ...elder } of elders) {
    if (spec.deviceRefs === undefined || group === undefined) continue;
    const other = groupOf({ metadata, spec, ...elder }, seen);
    const shared = spec.deviceRefs.find((name) => deviceRefs.includes(name));
    if (other?.id !== group.id && other !== undefined && shared !== undefined)
      return stalled(
        "BroadcastDiffers",
        `an access point is in one WLAN group, and WirelessNetwork ${metadata.name}, which comes first, has ${shared} in ` +
          `${other.name}, not ${group.name}; write wlanGroup: ${other.name} here too, or take ${shared} out of one of them`,
      );
    if (other?.id === group.id && !isSame(spec.deviceRefs, deviceRefs))
      return stalled(
        "BroadcastDiffers",
        `every SSID of a WLAN group is broadcast by the same access points, and WirelessNetwork ${metadata.name}, which ` +
          `comes first, has ${spec.deviceRefs.join(", ")} in ${group.name}; write the same deviceRefs here, or another wlanGroup`,
      );
  }
  return undefined;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

interface Places {
  /** Access points of which nothing is told, in a phrase; empty: none. */
  readonly untold: string;
  readonly drift: readonly Drift[];
  readonly step?: NetStep;
  /** What only a person can change. */
  readonly trouble?: Outcome;
}

/** Where an SSID is broadcast against what is declared. An access point of which nothing is told is left out. */
export function placesOf(wlan: WirelessNetwork, found: WlanSeen, seen: SiteSeen, input: PlacesInput): Places {
  const declared = declaredPoints(wlan, seen, input);
  if (declared === undefined) return { untold: "", drift: [] };
  const nameOf = (id: string | undefined): string => seen.wlanGroups?.find((group) => group.id === id)?.name ?? "";
  const told = declared.filter(({ wlanGroupId }) => wlanGroupId !== undefined);
  const untold = declared.filter((device) => !told.includes(device)).map(({ name, state }) => `${name} (${state})`);
  const elsewhere = told.filter(({ wlanGroupId }) => wlanGroupId !== found.groupId);
  const drift = elsewhere.map((device) => ({
    field: `deviceRefs[${device.name}]`,
    desired: `in WLAN group ${nameOf(found.groupId)}`,
    actual: `in WLAN group ${nameOf(device.wlanGroupId)}`,
  }));
  const [first] = elsewhere;
  const trouble = troubleOf(wlan, { found, declared, group: nameOf(found.groupId) }, seen);
  return {
    untold: untold.length === 0 ? "" : `; what ${untold.join(", ")} broadcasts is not known now`,
    drift,
    ...(first === undefined ? {} : { step: moveStep(first, found.groupId, { seen, paths: input.paths, drift }) }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

function moveStep(
  device: DeviceSeen,
  groupId: string,
  { seen, paths, drift }: { readonly seen: SiteSeen; readonly paths: Paths; readonly drift: readonly Drift[] },
): NetStep {
  return {
    write: { call: "setWlanGroup", device: device.mac, groupId },
    what: `the WLAN group of access point ${device.name}`,
    drift: drift.slice(0, 1),
    locksOut: accessPointLocksOut(device, seen, paths),
  };
}

interface Spot {
  readonly found: WlanSeen;
  readonly declared: readonly DeviceSeen[];
  readonly group: string;
}

/** An access point that sends it out and should not, or is to and has it switched off. */
function troubleOf({ spec }: WirelessNetwork, { found, declared, group }: Spot, seen: SiteSeen): Outcome | undefined {
  const isOff = ({ ssidsOff }: DeviceSeen): boolean => ssidsOff?.includes(found.id) === true;
  const inGroup = [...seen.devices.values()].filter(({ wlanGroupId }) => wlanGroupId === found.groupId);
  const isDeclared = ({ mac }: DeviceSeen): boolean => declared.some((device) => device.mac === mac);
  const off = inGroup.filter((device) => isDeclared(device) && isOff(device)).map(({ name }) => name);
  const more = inGroup.filter((device) => !isDeclared(device) && !isOff(device)).map(({ name }) => name);
  const said = [
    ...(off.length === 0
      ? []
      : [
          `${off.join(", ")} has SSID ${spec.ssid} switched off by an override of its own; in Omada open the device, Config, ` +
            `WLANs, and switch it on`,
        ]),
    ...(more.length === 0
      ? []
      : [
          `${more.join(", ")} broadcasts SSID ${spec.ssid} too, for it is in WLAN group ${group}; in Omada open the device, ` +
            `Config, WLANs, and give it another group or switch the SSID off there, or name it in deviceRefs`,
        ]),
  ];
  return said.length === 0 ? undefined : stalled("BroadcastDiffers", said.join(". "), RECHECK_MS);
}
