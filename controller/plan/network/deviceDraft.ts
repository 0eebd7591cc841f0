import type { NetworkDevice, NetworkSegment } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, SiteSeen, WanSeen } from "../../providers/omadaSeen.ts";
import type { EventNote } from "../action.ts";
import { note, stalled, unknown, waiting } from "../outcomes.ts";
import { portChanges } from "./devicePorts.ts";
import { radioChanges } from "./deviceRadios.ts";
import type { Paths } from "./lockOut.ts";
import type { Draft, NetStep } from "./netInput.ts";
import { leftoverProfile, ownProfiles } from "./ownProfiles.ts";
import { macOf, wiringOf } from "./wiring.ts";

export interface DeviceInput {
  readonly paths: Paths;
  readonly segments: ReadonlyMap<string, NetworkSegment>;
  readonly devices: ReadonlyMap<string, NetworkDevice>;
}

const RECHECK_MS = 300_000;

/** A device as found: its identity, wiring and WAN checked; ports and radios as far as declared. */
export function deviceDraft(object: NetworkDevice, seen: SiteSeen, input: DeviceInput): Draft {
  const { spec } = object;
  const device = seen.devices.get(macOf(spec.mac));
  const what = `${spec.role} ${device?.name ?? spec.mac}`;
  const given = { found: "given", what, drift: [], several: true, fine: `${what} is as declared` } as const;
  if (device === undefined || device.state === "Pending")
    return {
      ...given,
      facts: profileFacts(object, seen),
      obstacle: missing(object, device),
      claims: [claim("Online", "False", "DeviceMissing", `the site has no adopted device ${spec.mac}`)],
    };
  const differs = identityFault(object, device);
  const online = isOnline(device);
  const wiring = wiringOf(object, device, seen, input.devices);
  const facts = factsOf(object, device, seen);
  const events = [...onlineEvents(object, device, online), ...wanEvents(object, device)];
  const common = { ...given, facts, events, quiet: events.length > 0 };
  if (differs !== undefined)
    return { ...common, obstacle: differs, claims: [onlineClaim(device, online), wiring.claim] };
  if (!online)
    return {
      ...common,
      claims: [onlineClaim(device, online), { ...wiring.claim, status: "Unknown", reason: "DeviceOffline" }],
      obstacle: unknown("DeviceOffline", `${what} is ${device.state} in Omada; its ports and cables are not known`),
    };
  const ports = portChanges(object, device, seen, input);
  const radios = radioChanges(object, device);
  const renamed = renaming(object, device, what);
  return {
    ...common,
    drift: [...renamed.drift, ...ports.drift, ...radios.drift],
    obstacle: ports.obstacle,
    step: renamed.step ?? ports.step ?? radios.step ?? leftoverProfile(object, seen, input.devices),
    claims: [onlineClaim(device, online), wiring.claim, ...(ports.claim === undefined ? [] : [ports.claim])],
    facts: { ...facts, ...ports.facts },
    trouble: wiring.trouble ?? wanTrouble(object, device),
  };
}

function missing({ spec }: NetworkDevice, device: DeviceSeen | undefined): Outcome {
  const state = device === undefined ? "knows no device with it" : "sees it and waits for it to be adopted";
  return stalled("DeviceMissing", `the site ${state}: ${spec.mac}; adopt it in Omada, or correct mac`, RECHECK_MS);
}

function identityFault({ spec }: NetworkDevice, device: DeviceSeen): Outcome | undefined {
  if (device.role !== spec.role)
    return stalled(
      "DeviceDiffers",
      `${spec.mac} is a ${device.role} (${device.model}), declared is a ${spec.role}; nothing of it is changed`,
    );
  if (spec.model === undefined || device.model.toLowerCase() === spec.model.toLowerCase()) return undefined;
  return stalled(
    "DeviceDiffers",
    `${spec.mac} is a ${device.model}, declared is a ${spec.model}; nothing of it is changed`,
  );
}

function isOnline({ state }: DeviceSeen): boolean {
  return state === "Connected" || state === "Configuring";
}

function onlineClaim(device: DeviceSeen, online: boolean): Claim {
  if (online) return claim("Online", "True", "Connected", `${device.name} is connected to its controller`);
  return claim("Online", "False", "DeviceOffline", `${device.name} is ${device.state}`);
}

function onlineEvents({ status }: NetworkDevice, device: DeviceSeen, online: boolean): EventNote[] {
  if (status?.online === undefined || status.online === online) return [];
  if (online) return [note("Normal", "DeviceOnline", "Observe", `${device.name} is connected again`)];
  return [note("Warning", "DeviceOffline", "Observe", `${device.name} is ${device.state}`)];
}

function wanEvents({ status }: NetworkDevice, device: DeviceSeen): EventNote[] {
  return (device.wan ?? []).flatMap((wan): EventNote[] => {
    const before = status?.wan?.find(({ name }) => name === wan.name);
    if (before === undefined || before.online === wan.online) return [];
    if (wan.online)
      return [note("Normal", "WanUp", "Observe", `${wan.name} of ${device.name}: the Internet answers again`)];
    const why = wan.linkUp ? "it has link, and the Internet does not answer" : "it has no link";
    return [note("Warning", "WanDown", "Observe", `${wan.name} of ${device.name} is down: ${why}`)];
  });
}

function wanTrouble({ spec }: NetworkDevice, device: DeviceSeen): Outcome | undefined {
  const down = (spec.wan ?? []).flatMap(({ name, expectLink = true, speedMbps }) => {
    const wan = device.wan?.find((one) => one.name === name);
    if (wan === undefined) return device.wan === undefined ? [] : [`${device.name} has no WAN port ${name}`];
    if (expectLink && wan.online) return slowText(wan, speedMbps);
    if (!expectLink || wan.online) return [];
    return [wan.linkUp ? `${name} has link and the Internet does not answer` : `${name} has no link`];
  });
  return down.length === 0 ? undefined : waiting("Degraded", `${device.name}: ${down.join("; ")}`);
}

/** Slower than it is expected to be, where it is told. */
function slowText({ name, speedMbps: seen }: WanSeen, expected: number | undefined): readonly string[] {
  if (seen === undefined || expected === undefined || seen >= expected) return [];
  return [`${name} has link at ${String(seen)} Mbit/s, expected ${String(expected)}; check its cable`];
}

function factsOf(object: NetworkDevice, device: DeviceSeen, seen: SiteSeen): Record<string, unknown> {
  const { ports } = object.status ?? {};
  const wan = wanFacts(object, device);
  return {
    online: isOnline(device),
    model: device.model,
    firmware: device.firmware,
    address: device.ip,
    ...(device.uplink === undefined ? wanSummary(wan) : uplinkFacts(device.uplink, seen)),
    wan,
    ports,
    ...profileFacts(object, seen),
  };
}

function profileFacts(object: NetworkDevice, seen: SiteSeen): Record<string, unknown> {
  const profiles = ownProfiles(object, seen);
  return profiles.length === 0 ? {} : { profiles };
}

function uplinkFacts({ mac, name, port }: NonNullable<DeviceSeen["uplink"]>, seen: SiteSeen): Record<string, unknown> {
  const above = seen.devices.get(mac)?.name ?? name ?? mac;
  if (port === undefined) return { uplink: { device: above }, summary: { uplink: above } };
  return { uplink: { device: above, port }, summary: { uplink: `${above}:${String(port)}` } };
}

type WanReport = NonNullable<NonNullable<NetworkDevice["status"]>["wan"]>;

/** "WAN1", or "WAN1 down": what a gateway hangs on. */
function wanSummary(wan: WanReport | undefined): Record<string, unknown> {
  if (wan === undefined || wan.length === 0) return {};
  const uplink = wan.map(({ name, online }) => (online ? name : `${name} down`)).join(", ");
  return { summary: { uplink: uplink.slice(0, 128) } };
}

/** Of a gateway that is away they are not told: what was seen stands. */
function wanFacts({ spec, status }: NetworkDevice, { wan }: DeviceSeen): WanReport | undefined {
  if (wan === undefined) return status?.wan;
  const declared = new Set((spec.wan ?? []).map(({ name }) => name));
  const seen = wan.filter(({ name }) => declared.has(name));
  return seen.map(({ name, linkUp, online, ip }) => ({
    name,
    link: linkUp,
    online,
    ...(ip === undefined ? {} : { address: ip }),
  }));
}

function renaming(
  { spec }: NetworkDevice,
  device: DeviceSeen,
  what: string,
): Pick<Draft, "drift"> & { readonly step?: NetStep } {
  const { displayName } = spec;
  if (displayName === undefined || displayName === device.name) return { drift: [] };
  const drift = [{ field: "displayName", desired: displayName, actual: device.name }];
  return { drift, step: { write: { call: "renameDevice", device: device.mac, name: displayName }, what, drift } };
}

function claim(type: string, status: Claim["status"], reason: string, message: string): Claim {
  return { type, status, reason, message };
}
