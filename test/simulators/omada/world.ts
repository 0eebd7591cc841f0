import { Section } from "../shared/journal.ts";
import type { Json } from "./json.ts";

export interface Site {
  id: string;
  name: string;
  /** The first one. */
  primary: boolean;
  region: string;
  timeZone: string;
  scenario: string;
  /** Copied, restored or template-synchronized: every write is refused. */
  busy: boolean;
}

export type DeviceKind = "gateway" | "switch" | "ap";

/** A detail status that lasts until a time (milliseconds). */
export interface Phase {
  readonly detail: number;
  readonly until: number;
}

/** One end of a cable. */
export interface End {
  readonly mac: string;
  readonly port: number;
}

/** How a WAN port of a gateway does. */
export interface Wan {
  link: boolean;
  internet: boolean;
  ip: string;
  gateway: string;
  latency: number;
  loss: number;
}

export interface Device {
  mac: string;
  site: string;
  kind: DeviceKind;
  model: string;
  name: string;
  ip: string;
  serial: string;
  firmware: string;
  /** The detail status once every phase is over: 0 disconnected, 14 connected, 20 pending, 24 adoption failed. */
  settled: number;
  phases: Phase[];
  /** Milliseconds since the epoch: connected since then. */
  upSince: number;
  /** Milliseconds since the epoch: when it was heard of last, once it is not connected. */
  lastSeen: number;
  /** What it wants to be adopted with. */
  account: { username: string; password: string };
  adoptError?: number;
  /** General settings as a write left them. */
  config: Json;
  /** Settings of each port, by number. */
  ports: Record<number, Json>;
  /** Settings of the radios of an access point, `radioSetting2g` and so on. */
  radios: Json;
  /** WLAN group of an access point. */
  wlan?: string;
  ssidOverrides: Json[];
  /** WAN ports of a gateway, by number. */
  wans: Record<number, Wan>;
}

export interface Cable {
  id: string;
  ends: readonly [End, End];
  /** Plugged in, but without a link. */
  broken: boolean;
}

/** Where a client is: at a port, or in a wireless network. */
export type Attachment = End | { readonly ssid: string; readonly ap?: string; readonly radio: number };

export interface NetClient {
  mac: string;
  site: string;
  name: string;
  hostName: string;
  ip: string;
  attached: Attachment;
  /** It is switched on and in reach. */
  on: boolean;
  /** Milliseconds since the epoch. */
  since: number;
  lastSeen: number;
  blocked: boolean;
  guest: boolean;
  deviceType: string;
}

/** An object of a site that has an id: a network, a profile, a rule. */
export interface Entity {
  id: string;
  site: string;
  /** Milliseconds since the epoch; lists show it from then on. */
  visibleAt: number;
  data: Json;
}

/** Everything the simulator remembers, each part saved as it changes. */
export class World {
  readonly sites = new Section<Site>("sites");
  readonly devices = new Section<Device>("devices");
  readonly cables = new Section<Cable>("cables");
  readonly clients = new Section<NetClient>("clients");
  readonly networks = new Section<Entity>("networks");
  readonly profiles = new Section<Entity>("profiles");
  readonly wlans = new Section<Entity>("wlans");
  readonly ssids = new Section<Entity>("ssids");
  readonly acls = new Section<Entity>("acls");
  readonly groups = new Section<Entity>("groups");
  readonly reservations = new Section<Entity>("reservations");
  /** Odds and ends: the id of the controller. */
  readonly facts = new Section<string>("facts");

  sections(): readonly Section<unknown>[] {
    const { sites, devices, cables, clients, networks, profiles, wlans, ssids, acls, groups, reservations, facts } =
      this;
    return [sites, devices, cables, clients, networks, profiles, wlans, ssids, acls, groups, reservations, facts];
  }

  devicesOf(site: string): Device[] {
    return [...this.devices.values()].filter((device) => device.site === site);
  }

  gatewayOf(site: string): Device | undefined {
    return this.devicesOf(site).find((device) => device.kind === "gateway" && device.settled !== 20);
  }
}

/** The objects of a site, in the order they were made. */
export function ofSite(section: Section<Entity>, site: string): Entity[] {
  return [...section.values()].filter((entity) => entity.site === site);
}

/** The objects of a site that lists show at that time. */
export function listed(section: Section<Entity>, site: string, now: number): Entity[] {
  return ofSite(section, site).filter((entity) => entity.visibleAt <= now);
}
