import type { Clock } from "../../controller/base/clock.ts";
import type {
  AclSeen,
  GroupSeen,
  NetworkSeen,
  PortSeen,
  ProfileSeen,
  ReservationSeen,
  SitePart,
  WlanSeen,
} from "../../controller/providers/omadaSeen.ts";
import type { DeviceOptions, FakeClient, FakeDevice, FakeSwitchPort } from "./omadaDevices.ts";
import { fakeDevice } from "./omadaDevices.ts";
import { Shelf } from "./omadaShelf.ts";

export interface FakeSiteOptions {
  /** What the controller is; 5.15 sets the networks of a port only through its profile. */
  readonly version?: "5.15.8.12" | "6.2.10.17";
  /** A web session works. */
  readonly web?: boolean;
  readonly name?: string;
  /** Begin with ER605, Cerebro and Antenitas. */
  readonly devices?: boolean;
}

/** MACs of the devices a fake site begins with. */
export const FAKE = {
  gateway: "1C:61:B4:2C:1B:E3",
  switch: "1C:61:B4:10:34:28",
  ap: "1C:61:B4:22:50:0D",
} as const;

export const DEFAULT_NETWORK = "net-default";
export const PROFILE_ALL = "profile-all";
export const WLAN_GROUP = "wlan-default";

/** One site of an Omada controller in memory: what is there, and what people and the world do to it. */
export class FakeSite {
  readonly clock: Clock;
  version: string;
  readonly name: string;
  /** Milliseconds until a list shows what was created. */
  lagMs = 1_000;
  /** A web session works. */
  web: boolean;
  /** The site is being restored or copied: each write is refused. */
  busy = false;
  readonly networks = new Shelf<NetworkSeen>();
  readonly profiles = new Shelf<ProfileSeen>();
  readonly devices = new Map<string, FakeDevice>();
  readonly wlanGroups = [{ id: WLAN_GROUP, name: "Default", primary: true }];
  readonly wlans = new Shelf<WlanSeen>();
  /** By id of the WLAN; nobody can read them back. */
  readonly passphrases = new Map<string, string>();
  readonly acls = new Shelf<AclSeen>();
  readonly groups = new Shelf<GroupSeen>();
  readonly reservations = new Shelf<ReservationSeen>();
  readonly clients = new Map<string, FakeClient>();
  /** Parts that the role of the application may not read, each with why. */
  readonly refused = new Map<SitePart, string>();
  readonly #shrunk = new Map<SitePart | "devices", number>();
  #ids = 0;

  constructor(clock: Clock, options: FakeSiteOptions = {}) {
    this.clock = clock;
    this.version = options.version ?? "6.2.10.17";
    this.name = options.name ?? "Default";
    this.web = options.web ?? true;
    const devices = options.devices ?? true;
    this.networks.add(DEFAULT_NETWORK, {
      id: DEFAULT_NETWORK,
      name: "Default",
      primary: true,
      purpose: devices ? "Interface" : "VLAN",
      vlan: 1,
      isolated: false,
      gatewaySubnet: "192.168.0.1/24",
      dhcp: { enabled: true, ranges: [{ start: "192.168.0.100", end: "192.168.0.199" }], leaseSeconds: 7_200, dns: [] },
    });
    const builtIn = { builtIn: true, taggedNetworkIds: [] };
    const all = { name: "All", nativeNetworkId: DEFAULT_NETWORK, taggedAll: true };
    this.profiles.add(PROFILE_ALL, { id: PROFILE_ALL, ...all, ...builtIn });
    this.profiles.add("profile-disable", { id: "profile-disable", name: "Disable", ...builtIn });
    this.generateProfile("Default", DEFAULT_NETWORK, 0);
    const any = { id: "group-any", name: "IPGroup_Any", builtIn: true, type: "ip" } as const;
    this.groups.add("group-any", { ...any, cidrs: ["0.0.0.0/0"], ports: [], descriptions: [] });
    if (!devices) return;
    this.addDevice({ mac: FAKE.gateway, role: "Gateway", name: "ER605" });
    this.addDevice({ mac: FAKE.switch, role: "Switch", name: "Cerebro", uplink: { mac: FAKE.gateway, port: 5 } });
    this.addDevice({ mac: FAKE.ap, role: "AccessPoint", name: "Antenitas", uplink: { mac: FAKE.switch, port: 24 } });
  }

  get portVlans(): "port" | "profile" {
    return this.version.startsWith("5.") ? "profile" : "port";
  }

  get readsPorts(): boolean {
    return this.web || this.portVlans === "profile";
  }

  get hasGateway(): boolean {
    return [...this.devices.values()].some((device) => device.role === "Gateway" && device.state !== "Pending");
  }

  newId(what: string): string {
    this.#ids += 1;
    return `${what}-${this.#ids}`;
  }

  visibleAt(): number {
    return this.clock.monotonic() + this.lagMs;
  }

  /** Each network has a profile of its name, made by Omada. */
  generateProfile(name: string, networkId: string, visibleAt: number): void {
    const id = `profile-of-${networkId}`;
    this.profiles.add(id, { id, name, builtIn: true, nativeNetworkId: networkId, taggedNetworkIds: [] }, visibleAt);
  }

  addDevice(options: DeviceOptions): FakeDevice {
    const device = fakeDevice(options, { profileId: PROFILE_ALL, wlanGroupId: WLAN_GROUP }, this.clock.now());
    this.devices.set(device.mac, device);
    return device;
  }

  /** By MAC or name; throws for one that is not there. */
  device(key: string): FakeDevice {
    const found = this.devices.get(key) ?? [...this.devices.values()].find((device) => device.name === key);
    if (found === undefined) throw new Error(`the fake has no device ${key}`);
    return found;
  }

  /** Its power is gone, or its cable. */
  unplug(key: string): void {
    const device = this.device(key);
    device.state = "Disconnected";
    device.lastSeen = this.clock.now();
  }

  plugIn(key: string, uplink?: { readonly mac: string; readonly port?: number }): void {
    const device = this.device(key);
    device.state = "Connected";
    if (uplink !== undefined) device.uplink = { ...uplink };
  }

  /** A WLAN group without SSIDs; its id. */
  addWlanGroup(name: string): string {
    const id = this.newId("wlan-group");
    this.wlanGroups.push({ id, name, primary: false });
    return id;
  }

  /** Somebody switches an SSID on or off at the page of one access point. */
  switchSsid(key: string, ssid: string, on: boolean): void {
    const device = this.device(key);
    const id = this.wlans.find((one) => one.ssid === ssid)?.id ?? "";
    device.ssidsOff = [...device.ssidsOff.filter((one) => one !== id), ...(on ? [] : [id])];
  }

  /** The Internet is gone, or the cable to it. */
  wanDown(how: "link" | "online" = "online"): void {
    for (const wan of this.wans())
      Object.assign(wan, how === "link" ? { linkUp: false, online: false } : { online: false });
  }

  wanUp(): void {
    for (const wan of this.wans()) Object.assign(wan, { linkUp: true, online: true });
  }

  wans(): FakeDevice["wan"] {
    return [...this.devices.values()].flatMap((device) => device.wan);
  }

  addClient(client: FakeClient): void {
    this.clients.set(client.mac, { ...client });
  }

  /** It leaves; its reservation stays. */
  clientLeaves(mac: string): void {
    this.clients.delete(mac);
  }

  /** The next look's list of this part has only its first rows. */
  shrinkOnce(part: SitePart | "devices", keep = 0): void {
    this.#shrunk.set(part, keep);
  }

  /** Rows of a list as the next look gets them. */
  list<T>(part: SitePart | "devices", rows: readonly T[]): readonly T[] {
    const keep = this.#shrunk.get(part);
    this.#shrunk.delete(part);
    return keep === undefined ? rows : rows.slice(0, keep);
  }

  /** 5.x does not tell whether a network is isolated. */
  networkSeen(network: NetworkSeen): NetworkSeen {
    const { isolated, ...rest } = network;
    return this.portVlans === "profile" || isolated === undefined ? rest : { ...rest, isolated };
  }

  /** The networks a port has in the end. */
  vlansOf(port: FakeSwitchPort): Pick<PortSeen, "nativeNetworkId" | "taggedNetworkIds" | "taggedAll"> {
    if (this.portVlans === "port" && port.vlans !== undefined) return { ...port.vlans };
    if (port.profileId === PROFILE_ALL) return { nativeNetworkId: DEFAULT_NETWORK, taggedAll: true };
    const { nativeNetworkId, taggedNetworkIds = [] } = this.profiles.get(port.profileId) ?? {};
    return { ...(nativeNetworkId === undefined ? {} : { nativeNetworkId }), taggedNetworkIds };
  }

  portSeen(device: FakeDevice, port: FakeSwitchPort): PortSeen {
    const linkTold = device.role === "Gateway" || this.web || this.portVlans === "port";
    const linkUp = this.hasLink(device.mac, port.number);
    if (device.role === "Gateway") return { number: port.number, name: port.name, linkUp };
    return {
      number: port.number,
      name: port.name,
      enabled: port.enabled,
      profileId: port.profileId,
      ...(linkTold ? { linkUp, ...(linkUp ? { speedMbps: port.speedMbps ?? 1_000 } : {}) } : {}),
      ...(this.readsPorts ? this.vlansOf(port) : {}),
    };
  }

  hasLink(mac: string, port: number): boolean {
    const at = (end: { readonly mac: string; readonly port?: number } | undefined): boolean =>
      end?.mac === mac && end.port === port;
    const hangs = [...this.devices.values()].some(
      (device) =>
        device.state !== "Disconnected" && (at(device.uplink) || (device.mac === mac && device.cableIn === port)),
    );
    return hangs || [...this.clients.values()].some((one) => one.deviceMac === mac && one.port === port);
  }
}
