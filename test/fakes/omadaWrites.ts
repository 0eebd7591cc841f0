import ipaddr from "ipaddr.js";
import { ProviderError } from "../../controller/base/outcome.ts";
import { OmadaRefusal } from "../../controller/providers/omada/refusals.ts";
import type { NetworkWish, PortWish, ProfileWish, RadioWish } from "../../controller/providers/omadaPort.ts";
import type { DhcpSeen, NetworkSeen } from "../../controller/providers/omadaSeen.ts";
import type { FakeDevice } from "./omadaDevices.ts";
import type { FakeSite } from "./omadaSite.ts";

/** A refusal as the adapter classes it. */
export function refused(code: number, text = "Invalid request parameters."): OmadaRefusal {
  return new OmadaRefusal(code, text, { call: "", write: true });
}

const NO_DHCP: DhcpSeen = { enabled: false, ranges: [], dns: [] };

function checkNames(site: FakeSite, name: string, own?: string): void {
  if (site.networks.all().some((other) => other.name === name && other.id !== own)) {
    throw refused(-33500, "Network name already existed.");
  }
  const taken = site.profiles.find((profile) => profile.name === name);
  if (taken !== undefined && taken.id !== `profile-of-${own ?? ""}`) {
    throw refused(-33506, "This Profile name already exists.");
  }
}

function checkSubnet(site: FakeSite, network: NetworkSeen): void {
  if (network.purpose !== "Interface") return;
  if (!site.hasGateway) throw refused(-33515, "LAN interfaces could not be none.");
  if (network.gatewaySubnet === undefined) throw refused(-35930, "gatewaySubnet required.");
  const own = ipaddr.parseCIDR(network.gatewaySubnet);
  for (const other of site.networks.all()) {
    if (other.id === network.id || other.purpose !== "Interface" || other.gatewaySubnet === undefined) continue;
    const that = ipaddr.parseCIDR(other.gatewaySubnet);
    const bits = Math.min(own[1], that[1]);
    if (own[0].match(that[0], bits)) throw refused(-1001);
  }
}

function checkVlan(site: FakeSite, network: NetworkSeen): void {
  const taken = site.networks.all().some((other) => other.id !== network.id && other.vlan === network.vlan);
  if (taken || network.vlan === undefined) throw refused(-1001);
}

function merged(before: NetworkSeen, wish: Partial<NetworkWish>): NetworkSeen {
  const { dhcp, ...rest } = wish;
  return { ...before, ...rest, ...(dhcp === undefined ? {} : { dhcp: { ...(before.dhcp ?? NO_DHCP), ...dhcp } }) };
}

export function createNetwork(site: FakeSite, wish: NetworkWish): void {
  const base = { id: site.newId("net"), name: wish.name, primary: false, purpose: wish.purpose, isolated: false };
  const network = merged(wish.purpose === "Interface" ? { ...base, dhcp: NO_DHCP } : base, wish);
  checkNames(site, network.name);
  checkVlan(site, network);
  checkSubnet(site, network);
  site.networks.add(network.id, network, site.visibleAt());
  site.generateProfile(network.name, network.id, site.visibleAt());
}

export function updateNetwork(site: FakeSite, id: string, wish: Partial<NetworkWish>): void {
  const before = site.networks.get(id);
  if (before === undefined) throw refused(-33503, "This network does not exist.");
  const network = merged(before, wish);
  const moved = network.purpose !== before.purpose || network.vlan !== before.vlan;
  if (before.primary && moved) throw refused(-33545, "The VLAN Type of Default LAN cannot be modified.");
  if (site.portVlans === "port" && network.purpose !== before.purpose) throw refused(-1001);
  checkNames(site, network.name, id);
  checkVlan(site, network);
  checkSubnet(site, network);
  site.networks.change(id, network);
  if (site.profiles.has(`profile-of-${id}`)) site.profiles.change(`profile-of-${id}`, { name: network.name });
}

export function deleteNetwork(site: FakeSite, id: string): void {
  const network = site.networks.get(id);
  if (network === undefined) throw refused(-33503, "This network does not exist.");
  if (network.primary) throw refused(-33505, "Default LAN cannot be deleted.");
  const ports = [...site.devices.values()].flatMap((device) => device.ports);
  if (ports.some((port) => site.vlansOf(port).nativeNetworkId === id)) {
    throw refused(-33566, "The network has been configured as the switch's native network. Cannot delete the network.");
  }
  site.networks.delete(id);
  site.profiles.delete(`profile-of-${id}`);
}

function checkProfile(site: FakeSite, wish: ProfileWish, own?: string): void {
  if (site.profiles.all().some((other) => other.name === wish.name && other.id !== own)) {
    throw refused(-33506, "This Profile name already exists.");
  }
  const known = [wish.nativeNetworkId, ...wish.taggedNetworkIds].every((id) => site.networks.has(id));
  if (!known || wish.taggedNetworkIds.includes(wish.nativeNetworkId)) throw refused(-1001);
}

export function createProfile(site: FakeSite, wish: ProfileWish): void {
  checkProfile(site, wish);
  const id = site.newId("profile");
  site.profiles.add(id, { id, builtIn: false, ...wish }, site.visibleAt());
}

export function updateProfile(site: FakeSite, id: string, wish: ProfileWish): void {
  const profile = site.profiles.get(id);
  if (profile === undefined) throw refused(-33507, "This profile does not exist.");
  if (profile.builtIn) throw refused(-1001);
  checkProfile(site, wish, id);
  site.profiles.change(id, wish);
}

export function deleteProfile(site: FakeSite, id: string): void {
  const profile = site.profiles.get(id);
  if (profile === undefined) throw refused(-33507, "This profile does not exist.");
  const used = [...site.devices.values()].some((device) => device.ports.some((port) => port.profileId === id));
  if (profile.builtIn || used) throw refused(-1001);
  site.profiles.delete(id);
}

function deviceOf(site: FakeSite, mac: string): FakeDevice {
  const device = site.devices.get(mac);
  if (device === undefined) throw refused(-39050, "This device does not exist.");
  return device;
}

export function setPort(site: FakeSite, mac: string, number: number, wish: PortWish): void {
  const device = deviceOf(site, mac);
  const port = device.role === "Switch" ? device.ports.find((one) => one.number === number) : undefined;
  if (port === undefined) throw refused(-39701, "This port does not exist.");
  checkPort(site, wish);
  port.vlans = wish.vlans ?? port.vlans;
  port.name = wish.name ?? port.name;
  port.enabled = wish.enabled ?? port.enabled;
  port.profileId = wish.profileId ?? port.profileId;
}

function checkPort(site: FakeSite, { profileId, vlans, ...rest }: PortWish): void {
  const fields = Object.keys(rest).length + (profileId === undefined ? 0 : 1);
  if (site.portVlans === "profile" && (vlans !== undefined || fields !== 1)) {
    throw new ProviderError("spec", "Omada 5.x sets one field of a port at a time, and its networks by a profile");
  }
  if (profileId !== undefined && !site.profiles.has(profileId)) throw refused(-33507, "This profile does not exist.");
  if (vlans === undefined) return;
  const ids = [vlans.nativeNetworkId, ...vlans.taggedNetworkIds];
  if (!ids.every((id) => site.networks.has(id))) throw refused(-1001);
  if (vlans.taggedNetworkIds.includes(vlans.nativeNetworkId)) throw refused(-1001);
}

export function setRadio(site: FakeSite, mac: string, wish: RadioWish): void {
  const radio = site.devices.get(mac)?.radios.find((one) => one.band === wish.band);
  if (radio === undefined) throw refused(-39303, "AP does not exist.");
  const { channel, ...rest } = wish;
  Object.assign(radio, rest, channel === undefined ? {} : { setChannel: channel });
  if (typeof channel === "number") radio.channel = channel;
}

export function setWlanGroup(site: FakeSite, mac: string, groupId: string): void {
  const device = deviceOf(site, mac);
  if (device.role !== "AccessPoint") throw refused(-39303, "AP does not exist.");
  if (!site.wlanGroups.some(({ id }) => id === groupId)) throw refused(-39306, "This WLAN group does not exist.");
  if (device.wlanGroupId === groupId) return;
  device.wlanGroupId = groupId;
  device.ssidsOff = [];
}

export function renameDevice(site: FakeSite, mac: string, name: string): void {
  deviceOf(site, mac).name = name;
}
