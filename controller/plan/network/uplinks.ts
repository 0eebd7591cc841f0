import type { DeviceSeen, PortSeen, SiteSeen } from "../../providers/omadaSeen.ts";

/**
 * The first switch port on the way from a device up to the gateway that is known not to carry a network, in a phrase;
 * undefined: all that is known of carries it. What is not told is taken to carry it.
 */
export function uncarried(seen: SiteSeen, device: DeviceSeen, networkId: string): string | undefined {
  const passed = new Set<string>();
  for (let at: DeviceSeen | undefined = device; at?.uplink !== undefined && !passed.has(at.mac);) {
    passed.add(at.mac);
    const { mac, port: number }: NonNullable<DeviceSeen["uplink"]> = at.uplink;
    const above: DeviceSeen | undefined = seen.devices.get(mac);
    const port = above?.ports?.find((one) => one.number === number);
    if (above !== undefined && port !== undefined && !carries(port, networkId))
      return `port ${String(port.number)} of ${above.name} does not carry it`;
    at = above;
  }
  return undefined;
}

function carries(port: PortSeen, networkId: string): boolean {
  if (port.nativeNetworkId === undefined || port.taggedAll === true) return true;
  return port.nativeNetworkId === networkId || port.taggedNetworkIds?.includes(networkId) === true;
}
