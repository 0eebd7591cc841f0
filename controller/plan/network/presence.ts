import type { ClientGroup, NetworkDevice, NetworkSegment } from "../../api/index.ts";
import type { ClientSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { macOf } from "./wiring.ts";

/** Who of a group is there at this moment; what is written of it is debounced (S1). */
export interface Presence {
  /** Names of members that are not online. */
  readonly missing: readonly string[];
  /** "AA:BB:… phone": clients in the group's place that are no members. */
  readonly unknown: readonly string[];
  /** How many are online: of the members, or, where a number is expected, in the group's place. */
  readonly online: number;
  /** How many should be; undefined: any number will do. */
  readonly expected: number | undefined;
}

export interface GroupAround {
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly devices: ReadonlyMap<string, NetworkDevice>;
}

export function presenceOf({ spec }: ClientGroup, seen: SiteSeen, around: GroupAround): Presence {
  const members = spec.members ?? [];
  const macs = new Set(members.map(({ mac }) => macOf(mac)));
  const clients = seen.clients ?? [];
  const online = new Set(clients.map(({ mac }) => mac));
  const here = clients.filter((client) => isHere(client, spec, around));
  const unknown = here.filter(({ mac }) => !macs.has(mac));
  const places = [spec.connection, spec.deviceRef, spec.ssid, spec.segmentRef];
  const missing = members.filter(({ mac }) => !online.has(macOf(mac))).map(({ name }) => name);
  const isCounted = spec.expected !== undefined || members.length === 0;
  return {
    missing,
    // Of a group without members, or without a place, nobody is a stranger to it.
    unknown:
      members.length === 0 || places.every((place) => place === undefined)
        ? []
        : unknown.map(({ mac, name }) => `${mac} ${name}`.trim()),
    online: isCounted ? here.length : members.length - missing.length,
    expected: isCounted ? spec.expected : members.length,
  };
}

function isHere(client: ClientSeen, spec: ClientGroup["spec"], around: GroupAround): boolean {
  const isConnected = spec.connection === undefined || client.wireless === (spec.connection === "WiFi");
  const isOnSsid = spec.ssid === undefined || client.ssid === spec.ssid;
  return isConnected && isOnSsid && isAtDevice(client, spec, around) && isInSegment(client, spec, around);
}

function isAtDevice({ deviceMac }: ClientSeen, { deviceRef }: ClientGroup["spec"], { devices }: GroupAround): boolean {
  if (deviceRef === undefined) return true;
  const device = devices.get(deviceRef.name);
  return device !== undefined && deviceMac === macOf(device.spec.mac);
}

/** The default network has VLAN 1. */
function isInSegment(
  { vlan = 1 }: ClientSeen,
  { segmentRef }: ClientGroup["spec"],
  { segments }: GroupAround,
): boolean {
  if (segmentRef === undefined) return true;
  return vlan === (segments.get(segmentRef.name)?.spec.vlan ?? 1);
}
