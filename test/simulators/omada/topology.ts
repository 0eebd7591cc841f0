import { isConnected } from "./deviceState.ts";
import { flagAt, numberAt, textAt } from "./json.ts";
import {
  ofSite,
  type Attachment,
  type Cable,
  type Device,
  type End,
  type Entity,
  type NetClient,
  type World,
} from "./world.ts";

/** Where a device hangs: its own port, and the port of the device above it. */
export interface Uplink {
  readonly ownPort: number;
  readonly device: Device;
  readonly port: number;
}

const sameEnd = (a: End, b: End): boolean => a.mac === b.mac && a.port === b.port;

export const isWired = (attached: Attachment): attached is End => "port" in attached;

function isEnabled(world: World, end: End): boolean {
  const settings = world.devices.get(end.mac)?.ports[end.port];
  return settings === undefined || (settings["disable"] !== true && settings["status"] !== 0);
}

function alive(world: World, end: End, now: number): boolean {
  const device = world.devices.get(end.mac);
  return device !== undefined && isConnected(device, now) && isEnabled(world, end);
}

function far(cable: Cable, end: End): End | undefined {
  const [a, b] = cable.ends;
  if (sameEnd(a, end)) return b;
  return sameEnd(b, end) ? a : undefined;
}

export function cableAt(world: World, end: End): Cable | undefined {
  return [...world.cables.values()].find((cable) => far(cable, end) !== undefined);
}

export function clientsAt(world: World, end: End): NetClient[] {
  return [...world.clients.values()].filter(({ attached }) => isWired(attached) && sameEnd(attached, end));
}

/** True when the port of a connected device has a link: with another device, or with a client that is on. */
export function hasLink(world: World, end: End, now: number): boolean {
  if (!alive(world, end, now)) return false;
  const device = world.devices.get(end.mac);
  const wan = device?.wans[end.port];
  if (wan !== undefined) return wan.link;
  const cable = cableAt(world, end);
  const other = cable === undefined ? undefined : far(cable, end);
  if (cable?.broken === false && other !== undefined && alive(world, other, now)) return true;
  return clientsAt(world, end).some((client) => client.on && !client.blocked);
}

/** What is at the other end of a cable with a link. */
export function neighbourAt(world: World, end: End, now: number): { device: Device; port: number } | undefined {
  const cable = cableAt(world, end);
  const other = cable === undefined ? undefined : far(cable, end);
  const device = other === undefined ? undefined : world.devices.get(other.mac);
  if (cable === undefined || cable.broken || other === undefined || device === undefined) return undefined;
  return alive(world, end, now) && alive(world, other, now) ? { device, port: other.port } : undefined;
}

/** The way up from each device of a site: over cables with a link, nearest to the gateway. */
export function uplinksOf(world: World, site: string, now: number): ReadonlyMap<string, Uplink> {
  const found = new Map<string, Uplink>();
  const gateway = world.gatewayOf(site);
  const queue =
    gateway === undefined
      ? world
          .devicesOf(site)
          .filter((device) => device.kind === "switch")
          .slice(0, 1)
      : [gateway];
  const seen = new Set(queue.map((device) => device.mac));
  for (const above of queue) {
    for (const port of Object.keys(above.ports).map(Number)) {
      const neighbour = neighbourAt(world, { mac: above.mac, port }, now);
      if (neighbour === undefined || seen.has(neighbour.device.mac)) continue;
      seen.add(neighbour.device.mac);
      found.set(neighbour.device.mac, { ownPort: neighbour.port, device: above, port });
      queue.push(neighbour.device);
    }
  }
  return found;
}

/** Where a client is right now; undefined when it is not there. */
export type Place =
  | { readonly kind: "wired"; readonly device: Device; readonly port: number }
  | { readonly kind: "wireless"; readonly device: Device; readonly ssid: Entity; readonly radio: number };

export function placeOf(world: World, client: NetClient, now: number): Place | undefined {
  if (!client.on || client.blocked) return undefined;
  if (isWired(client.attached)) {
    const device = world.devices.get(client.attached.mac);
    if (device === undefined || !hasLink(world, client.attached, now)) return undefined;
    return { kind: "wired", device, port: client.attached.port };
  }
  return wirelessPlace(world, client.site, client.attached, now);
}

function wirelessPlace(world: World, site: string, wanted: Exclude<Attachment, End>, now: number): Place | undefined {
  for (const device of world.devicesOf(site)) {
    if (device.kind !== "ap" || (wanted.ap ?? device.mac) !== device.mac || !isConnected(device, now)) continue;
    const ssid = ofSite(world.ssids, site).find((each) => airs(device, each, wanted));
    if (ssid !== undefined) return { kind: "wireless", device, ssid, radio: wanted.radio };
  }
  return undefined;
}

/** True when this access point sends out that SSID on the band. */
function airs(device: Device, ssid: Entity, wanted: Exclude<Attachment, End>): boolean {
  const { data } = ssid;
  if (data["wlanId"] !== device.wlan || textAt(data, "name") !== wanted.ssid) return false;
  const band = wanted.radio === 0 ? 1 : 2;
  if (((numberAt(data, "band") ?? 3) & band) === 0) return false;
  const override = device.ssidOverrides.find((each) => each["ssidEntryId"] === data["idInt"]);
  if (override !== undefined && flagAt(override, "ssidEnable") === false) return false;
  const radio = device.radios[wanted.radio === 0 ? "radioSetting2g" : "radioSetting5g"];
  return (radio as { radioEnable?: boolean } | undefined)?.radioEnable !== false;
}
