import { randomBytes } from "node:crypto";
import { DETAIL } from "./deviceState.ts";
import { newId } from "./entities.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { networkDraft } from "./networkDraft.ts";
import { createNetwork } from "./networks.ts";
import type { ClientOptions, DeviceOptions, SiteOptions } from "./options.ts";
import { lanPortIds } from "./portIds.ts";
import { builtInProfiles, generatedProfile } from "./profiles.ts";
import { createSsid } from "./ssids.ts";
import { factoryPort } from "./switchPorts.ts";
import { ofSite, type Device, type Entity, type NetClient, type Site, type World } from "./world.ts";

const DAY = 24 * 3600 * 1000;

/** Fills a new world with what the options describe. */
export function seed(lab: Lab): void {
  for (const [index, options] of lab.settings.sites.entries()) seedSite(lab, options, index === 0);
}

function seedSite(lab: Lab, options: SiteOptions, primary: boolean): void {
  const { world } = lab;
  const site: Site = {
    id: newId(),
    name: options.name,
    primary,
    region: "Colombia",
    timeZone: "America/Bogota",
    scenario: "Home",
    busy: false,
  };
  world.sites.set(site.id, site);
  const devices = options.devices ?? [];
  const gateways = devices.filter((each) => MODELS[each.model]?.kind === "gateway");
  for (const each of gateways) addDevice(lab, site.id, each);
  seedObjects(lab, site.id, options.gatewaySubnet ?? "192.168.0.1/24");
  for (const each of devices) if (!gateways.includes(each)) addDevice(lab, site.id, each);
  for (const ends of options.cables ?? []) addCable(world, ends);
  for (const client of options.clients ?? []) addClient(lab, site.id, client);
  seedExtras(lab, site.id, options);
}

/** Networks and SSIDs that were made long ago. */
function seedExtras(lab: Lab, site: string, { networks = [], ssids = [] }: SiteOptions): void {
  for (const body of networks) createNetwork(lab, site, body).visibleAt = 0;
  const wlan = ofSite(lab.world.wlans, site)[0];
  for (const body of ssids) if (wlan !== undefined) createSsid(lab, wlan, body).visibleAt = 0;
}

/** What is in every site from the beginning. */
function seedObjects(lab: Lab, site: string, gatewaySubnet: string): void {
  const { world } = lab;
  const network = defaultNetwork(lab, site, gatewaySubnet);
  const profiles = [...builtInProfiles(site, network), generatedProfile(lab, network)];
  for (const profile of profiles) world.profiles.set(profile.id, profile);
  const wlan: Entity = { id: newId(), site, visibleAt: 0, data: { name: "Default", primary: true } };
  world.wlans.set(wlan.id, wlan);
  const any = { name: "IPGroup_Any", type: 0, buildIn: true, count: 1, ipList: [{ ip: "0.0.0.0", mask: 0 }] };
  const group: Entity = { id: newId(), site, visibleAt: 0, data: any };
  world.groups.set(group.id, group);
}

/** VLAN 1, served by the gateway where there is one. */
function defaultNetwork(lab: Lab, site: string, gatewaySubnet: string): Entity {
  const gateway = lab.world.gatewayOf(site);
  const start = gatewaySubnet.replace(/\.\d+\/\d+$/, ".100");
  const end = gatewaySubnet.replace(/\.\d+\/\d+$/, ".199");
  const draft = networkDraft({
    name: "Default",
    purpose: gateway === undefined ? 0 : 1,
    vlan: 1,
    igmpSnoopEnable: false,
    allLan: gateway === undefined,
    gatewaySubnet,
    interfaceIds: gateway === undefined ? [] : lanPortIds(gateway).map((port) => port.id),
    dhcpSettings: { enable: true, ipRangePool: [{ ipaddrStart: start, ipaddrEnd: end }] },
  });
  const network: Entity = { id: newId(), site, visibleAt: 0, data: { ...draft, primary: true } };
  lab.world.networks.set(network.id, network);
  return network;
}

const SETTLED = {
  connected: DETAIL.connected,
  disconnected: DETAIL.disconnected,
  pending: DETAIL.pending,
} as const;

/** Throws for a model that is not in models.ts. */
export function addDevice(lab: Lab, site: string, options: DeviceOptions): Device {
  const model = MODELS[options.model];
  if (model === undefined)
    throw new Error(`no model ${options.model}; models.ts has ${Object.keys(MODELS).join(", ")}`);
  const now = lab.pace.now();
  const wlan = ofSite(lab.world.wlans, site).find((each) => each.data["primary"] === true);
  const device: Device = {
    mac: options.mac,
    site,
    kind: model.kind,
    model: options.model,
    name: options.name ?? options.mac,
    ip: options.ip ?? "",
    serial: `22${randomBytes(6).toString("hex").toUpperCase()}`.slice(0, 13),
    firmware: model.firmware,
    settled: SETTLED[options.state ?? "connected"],
    phases: [],
    upSince: now - 3 * DAY,
    lastSeen: now,
    account: { username: "admin", password: "admin" },
    config: {},
    ports: Object.fromEntries(model.ports.map((port) => [port.port, portSettings(lab, site, port.name, model.kind)])),
    radios: model.kind === "ap" ? { radioSetting2g: radio("6"), radioSetting5g: radio("36") } : {},
    ...(model.kind === "ap" && wlan !== undefined ? { wlan: wlan.id } : {}),
    ssidOverrides: [],
    wans: model.kind === "gateway" ? wansOf(model.ports) : {},
  };
  lab.world.devices.set(device.mac, device);
  return device;
}

function portSettings(lab: Lab, site: string, name: string, kind: Device["kind"]): Json {
  if (kind === "gateway") return { linkSpeed: 0, duplex: 0, mirrorEnable: false, status: 1 };
  const all = ofSite(lab.world.profiles, site).find((profile) => profile.data["type"] === 0);
  return kind === "switch" && all !== undefined ? factoryPort(name, all) : { name };
}

const FREQUENCIES: Readonly<Record<string, number>> = { "6": 2437, "36": 5180 };

function radio(channel: string): Json {
  return {
    radioEnable: true,
    channel,
    freq: FREQUENCIES[channel] ?? 0,
    channelWidth: channel === "6" ? "2" : "5",
    txPower: 20,
    txPowerLevel: 2,
    wirelessMode: -2,
    channelLimitEnable: false,
  };
}

function wansOf(ports: readonly { readonly port: number; readonly mode?: 0 | 1 }[]): Device["wans"] {
  const wan = { link: true, internet: true, ip: "100.90.14.7", gateway: "100.64.0.1", latency: 38, loss: 0 };
  return Object.fromEntries(ports.filter((port) => port.mode === 0).map((port) => [port.port, { ...wan }]));
}

export function addCable(world: World, [a, b]: NonNullable<SiteOptions["cables"]>[number]): string {
  const id = newId();
  world.cables.set(id, { id, ends: [{ ...a }, { ...b }], broken: false });
  return id;
}

/** Throws for a client that is neither at a port nor in an SSID. */
export function addClient(lab: Lab, site: string, options: ClientOptions): NetClient {
  const { mac, port, ssid } = options;
  if (port === undefined && ssid === undefined) throw new Error(`client ${mac} needs a port or an ssid`);
  const now = lab.pace.now();
  const client: NetClient = {
    mac,
    site,
    name: options.name ?? mac,
    hostName: options.name ?? "--",
    ip: options.ip ?? "",
    attached: port === undefined ? { ssid: ssid ?? "", radio: options.radio ?? 1 } : { ...port },
    on: options.on ?? true,
    since: now - DAY,
    lastSeen: now,
    blocked: false,
    guest: false,
    deviceType: options.deviceType ?? "unknown",
  };
  lab.world.clients.set(mac, client);
  return client;
}
