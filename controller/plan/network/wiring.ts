import type { NetworkDevice } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled } from "../outcomes.ts";

/** A MAC as the port writes it: upper case with colons. */
export function macOf(text: string): string {
  return text.replaceAll("-", ":").toUpperCase();
}

/** Whether the cable of a device goes where it is declared; nothing is changed for it. */
export function wiringOf(
  { spec }: NetworkDevice,
  device: DeviceSeen,
  seen: SiteSeen,
  devices: ReadonlyMap<string, NetworkDevice>,
): { readonly claim: Claim; readonly trouble?: Outcome } {
  const say = (status: Claim["status"], reason: string, message: string): Claim => ({
    type: "WiringAsDeclared",
    status,
    reason,
    message,
  });
  if (spec.uplink === undefined) return { claim: say("True", "NotDeclared", "no uplink is declared") };
  const above = devices.get(spec.uplink.deviceRef.name);
  if (above === undefined)
    return {
      claim: say(
        "Unknown",
        "DeviceMissing",
        `NetworkDevice ${spec.uplink.deviceRef.name}, its uplink, does not exist; apply it, or correct uplink`,
      ),
    };
  if (device.uplink === undefined)
    return { claim: say("Unknown", "NotTold", `Omada does not tell where the cable of ${device.name} goes`) };
  const expected = { mac: macOf(above.spec.mac), port: spec.uplink.port, name: spec.uplink.deviceRef.name };
  const differs = differenceOf(expected, device.uplink, seen);
  const slow = slownessOf(spec.uplink.speedMbps, device.uplink, seen);
  if (differs === undefined && slow !== undefined)
    return { claim: say("False", "LinkSlow", slow), trouble: stalled("WiringDiffers", slow, 300_000) };
  if (differs === undefined) return { claim: say("True", "AsDeclared", "its cable is where it is declared") };
  return { claim: say("False", "WiringDiffers", differs), trouble: stalled("WiringDiffers", differs, 300_000) };
}

/** "expected 1000 Mbit/s at Cerebro port 24, seen 100"; undefined: as fast as expected, or not told. */
function slownessOf(expected: number | undefined, place: Place, site: SiteSeen): string | undefined {
  const ports = site.devices.get(place.mac)?.ports;
  const seen = ports?.find(({ number }) => number === place.port)?.speedMbps;
  if (expected === undefined || seen === undefined || seen >= expected) return undefined;
  const where = placeText(place, site);
  return `expected ${String(expected)} Mbit/s at ${where}, seen ${String(seen)}; check the cable and its plugs, or correct uplink.speedMbps`;
}

interface Place {
  readonly mac: string;
  readonly name?: string;
  readonly port?: number | undefined;
}

/** "expected uplink Cerebro port 1, seen port 3"; undefined: as far as it is told, it is the same. */
function differenceOf(expected: Place, seen: Place, site: SiteSeen): string | undefined {
  const sameDevice = expected.mac === seen.mac;
  const samePort = expected.port === undefined || seen.port === undefined || expected.port === seen.port;
  if (sameDevice && samePort) return undefined;
  const there = sameDevice ? portText(seen) : placeText(seen, site);
  return `expected uplink ${placeText(expected, site)}, seen ${there}; put the cable back, or correct uplink`;
}

function placeText(place: Place, site: SiteSeen): string {
  return `${site.devices.get(place.mac)?.name ?? place.name ?? place.mac} ${portText(place)}`.trim();
}

function portText({ port }: Place): string {
  return port === undefined ? "" : `port ${String(port)}`;
}
