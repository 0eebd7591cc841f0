import type { NetworkDevice } from "../../../controller/api/index.ts";
import type { FakeDevice } from "../../fakes/omadaDevices.ts";
import { pathOf } from "./lockRules.ts";
import { networkFor, segmentsIn } from "./netObjects.ts";
import { borne, type Said } from "./said.ts";
import type { NetworkHistory } from "./netHistory.ts";
import { macText } from "./siteActors.ts";

type Port = NonNullable<NetworkDevice["spec"]["ports"]>[number];

export function deviceUnsettled(history: NetworkHistory, one: NetworkDevice, said: Said): readonly string[] {
  const { site } = history;
  const { spec } = one;
  const device = site.devices.get(macText(spec.mac));
  if (device === undefined) return borne(said, { DeviceMissing: true });
  const differing = differencesOf(history, one, device);
  if (said.reason === "Settled") {
    if (spec.driftPolicy === "Correct" && differing.length > 0) return [`is not corrected: ${differing.join(", ")}`];
    return wired(history, one, device) ? [] : ["its cable is elsewhere, and it says it is settled"];
  }
  const networks = (spec.ports ?? []).flatMap(namesOf);
  const segments = networks.map((name) => segmentsIn(history.lab).find(({ metadata }) => metadata.name === name));
  return borne(said, {
    DeviceOffline: device.state !== "Connected",
    WiringDiffers: !wired(history, one, device),
    Degraded: device.wan.some(({ online }) => !online),
    SegmentMissing: segments.some(
      (segment) => segment === undefined || networkFor(history.site, segment) === undefined,
    ),
    SpecInvalid:
      segments.some((segment) => segment?.spec.omada === undefined) ||
      (spec.ports ?? []).some((port) => new Set(namesOf(port)).size < namesOf(port).length) ||
      sameNetworkTwice(history, one),
    WouldLockOut: (differing.length > 0 || !site.readsPorts) && pathOf(history).length > 0,
    NetworkNotOwned: site.profiles.all().some(({ builtIn, name }) => !builtIn && name.startsWith("hl ")),
    RefusedByProvider: differing.length > 0,
  });
}

/** Two of its segments may be one network of the site. */
function sameNetworkTwice(history: NetworkHistory, { spec }: NetworkDevice): boolean {
  return (spec.ports ?? []).some((port) => {
    const ids = namesOf(port).map((name) => idOfNetwork(history, name));
    return new Set(ids).size < ids.length;
  });
}

function namesOf({ nativeSegmentRef, taggedSegmentRefs = [] }: Port): readonly string[] {
  return nativeSegmentRef === undefined ? [] : [nativeSegmentRef.name, ...taggedSegmentRefs];
}

function wired({ site, lab }: NetworkHistory, { spec }: NetworkDevice, device: FakeDevice): boolean {
  if (spec.uplink === undefined || device.uplink === undefined) return true;
  const above = lab.read("NetworkDevice", spec.uplink.deviceRef.name)?.spec as { readonly mac: string } | undefined;
  if (above === undefined) return true;
  const samePort = spec.uplink.port === undefined || spec.uplink.port === device.uplink.port;
  return macText(above.mac) === device.uplink.mac && samePort && site.devices.has(device.uplink.mac);
}

function idOfNetwork(history: NetworkHistory, name: string): string | undefined {
  const segment = segmentsIn(history.lab).find(({ metadata }) => metadata.name === name);
  if (segment === undefined) return undefined;
  const id = segment.status?.omada?.networkId;
  const bound = id === undefined ? undefined : history.site.networks.get(id)?.id;
  return bound ?? networkFor(history.site, segment)?.id;
}

/** Declared of ports, radios and name, and otherwise in the site. */
function differencesOf(history: NetworkHistory, { spec }: NetworkDevice, device: FakeDevice): readonly string[] {
  const { site } = history;
  const ports = (spec.ports ?? []).flatMap((port) => {
    const actual = device.ports.find(({ number }) => number === port.number);
    if (actual === undefined) return [`port ${port.number}`];
    const [native, ...tagged] = namesOf(port).map((name) => idOfNetwork(history, name));
    const { nativeNetworkId, taggedNetworkIds = [], taggedAll } = site.vlansOf(actual);
    const carries =
      native === undefined ||
      // Nobody can read it back: it is written once.
      !site.readsPorts ||
      (nativeNetworkId === native &&
        taggedAll !== true &&
        tagged.toSorted().join() === taggedNetworkIds.toSorted().join());
    const small =
      (port.name === undefined || port.name === actual.name) &&
      (port.enabled === undefined || port.enabled === actual.enabled);
    return carries && small ? [] : [`port ${port.number}`];
  });
  const radios = (spec.radios ?? []).filter((radio) => {
    const actual = device.radios.find(({ band }) => band === radio.band);
    return radio.channel !== actual?.setChannel || radio.power !== actual?.power;
  });
  const isNamed = spec.displayName === undefined || spec.displayName === device.name;
  return [...ports, ...radios.map(({ band }) => band), ...(isNamed ? [] : ["displayName"])];
}
