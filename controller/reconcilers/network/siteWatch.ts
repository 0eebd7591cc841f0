import type { ClientSeen, SiteSeen } from "../../providers/omadaSeen.ts";
import type { SiteConnection } from "./omadaConnections.ts";

/** Remembers the face of each site, to tell whether a new look shows anything new. */
export class SiteWatch {
  readonly #faces = new WeakMap<SiteConnection, string>();

  /** True when whoever lives in the site should look: it is otherwise, or it is reached otherwise. */
  isNews(connection: SiteConnection): boolean {
    const { port } = connection;
    const face = JSON.stringify([port.reach(), port.sure(), faceOf(port.seen())]);
    const before = this.#faces.get(connection);
    this.#faces.set(connection, face);
    return before !== face;
  }
}

/** All that decisions go by; without what moves by itself. */
function faceOf(seen: SiteSeen | undefined): unknown {
  if (seen === undefined) return undefined;
  const { sequence: _, devices, clients, ...rest } = seen;
  return [
    rest,
    [...devices.values()].map(({ lastSeen: __, ...device }) => device).sort((a, b) => a.mac.localeCompare(b.mac)),
    clients?.map(clientFace).sort(),
  ];
}

/** What people and we have set in a site, as far as it was read: what a refused write may be tried again upon (A7). */
export function settingsOf(seen: SiteSeen): string {
  const { sequence: _, devices, clients: __, refused: ___, young: ____, ...rest } = seen;
  const own = [...devices.values()].map(({ mac, name, model, firmware, ports, radios }) => [
    [mac, name, model, firmware, radios],
    ports?.map(({ linkUp: _up, speedMbps: _speed, ...port }) => port),
  ]);
  return JSON.stringify([rest, own]);
}

function clientFace({ mac, name, ip, wireless, ssid, deviceMac, port, vlan }: ClientSeen): string {
  return JSON.stringify([mac, name, ip, wireless, ssid, deviceMac, port, vlan]);
}
