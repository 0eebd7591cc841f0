import type { NetworkDevice } from "../../api/index.ts";
import type { Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { DeviceSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import { stalled } from "../guestStep.ts";

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
  const { deviceRef, port } = spec.uplink;
  const above = devices.get(deviceRef.name);
  if (above === undefined)
    return {
      claim: say(
        "Unknown",
        "DeviceMissing",
        `NetworkDevice ${deviceRef.name}, its uplink, does not exist; apply it, or correct uplink`,
      ),
    };
  const mac = macOf(above.spec.mac);
  const name = seen.devices.get(mac)?.name ?? deviceRef.name;
  const { uplink } = device;
  if (uplink === undefined)
    return { claim: say("Unknown", "NotTold", `Omada does not tell where the cable of ${device.name} goes`) };
  const expected = `${name}${port === undefined ? "" : ` port ${String(port)}`}`;
  const sameDevice = uplink.mac === mac;
  const samePort = port === undefined || uplink.port === undefined || uplink.port === port;
  if (sameDevice && samePort) return { claim: say("True", "AsDeclared", `its cable is in ${expected}`) };
  const there = seen.devices.get(uplink.mac)?.name ?? uplink.name ?? uplink.mac;
  const at = uplink.port === undefined ? "" : `port ${String(uplink.port)}`;
  const message = `expected uplink ${expected}, seen ${sameDevice ? at : `${there} ${at}`.trim()}; put the cable back, or correct uplink`;
  return { claim: say("False", "WiringDiffers", message), trouble: stalled("WiringDiffers", message, 300_000) };
}
