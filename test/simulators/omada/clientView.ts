import { objectAt, textAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { customVlan } from "./ssids.ts";
import { portVlans } from "./switchPorts.ts";
import { isWired, placeOf, type Place } from "./topology.ts";
import { ofSite, type Entity, type NetClient } from "./world.ts";

/** The network a client is in: the untagged one of its port, the one its SSID is bound to, or the default one. */
export function networkOf(lab: Lab, client: NetClient, place: Place | undefined): Entity | undefined {
  const networks = ofSite(lab.world.networks, client.site);
  const fallback = networks.find((network) => network.data["primary"] === true);
  if (place?.kind === "wired") {
    const settings = place.device.ports[place.port];
    if (place.device.kind !== "switch" || settings === undefined) return fallback;
    return lab.world.networks.get(portVlans(lab, settings).native ?? "") ?? fallback;
  }
  if (place === undefined) return fallback;
  const { data } = place.ssid;
  const custom = objectAt(objectAt(data, "vlanSetting"), "customConfig");
  const vlan = data["vlanEnable"] === true ? (data["vlanId"] ?? customVlan(lab, client.site, custom)) : undefined;
  return networks.find((network) => vlan !== undefined && network.data["vlan"] === vlan) ?? fallback;
}

function wiredKeys(place: Place & { kind: "wired" }, network: Entity | undefined): Json {
  const { device, port } = place;
  const vid = network?.data["vlan"];
  const common = {
    connectType: 2,
    connectDevType: device.kind,
    wireless: false,
    dot1xVlan: 0,
    vid,
    networkName: network?.data["name"],
  };
  if (device.kind === "gateway") return { ...common, gatewayMac: device.mac, gatewayName: device.name, port };
  const portName = textAt(device.ports[port] ?? {}, "name");
  return { ...common, switchMac: device.mac, switchName: device.name, port, portName, standardPort: `1/0/${port}` };
}

function wirelessKeys(place: Place & { kind: "wireless" }, network: Entity | undefined): Json {
  const slow = place.radio === 0;
  return {
    connectType: 1,
    connectDevType: "ap",
    wireless: true,
    ssid: place.ssid.data["name"],
    apMac: place.device.mac,
    apName: place.device.name,
    radioId: place.radio,
    channel: slow ? 6 : 36,
    wifiMode: slow ? 4 : 5,
    rssi: -52,
    snr: 43,
    signalLevel: 88,
    signalRank: 5,
    rxRate: slow ? 72_200 : 433_300,
    txRate: slow ? 72_200 : 433_300,
    powerSave: false,
    support5g2: false,
    vid: network?.data["vlan"],
    networkName: network?.data["name"],
  };
}

export type ClientRow = Json & { readonly mac: string; readonly name: string; readonly ip: string };

/** A client as lists show it. */
export function clientRow(lab: Lab, client: NetClient): ClientRow {
  const now = lab.pace.now();
  const place = placeOf(lab.world, client, now);
  const network = networkOf(lab, client, place);
  const keys =
    place === undefined
      ? { wireless: !isWired(client.attached), connectType: isWired(client.attached) ? 2 : 1 }
      : place.kind === "wired"
        ? wiredKeys(place, network)
        : wirelessKeys(place, network);
  return {
    mac: client.mac,
    name: client.name,
    hostName: client.hostName,
    deviceType: client.deviceType,
    ip: client.ip,
    ipv6List: [],
    connectedToWirelessRouter: false,
    healthScore: -1,
    active: place !== undefined,
    activity: 0,
    trafficDown: 0,
    trafficUp: 0,
    downPacket: 0,
    upPacket: 0,
    uptime: place === undefined ? 0 : Math.max(0, Math.floor((now - client.since) / 1000)),
    lastSeen: place === undefined ? client.lastSeen : now,
    authStatus: 0,
    guest: client.guest,
    manager: false,
    blocked: client.blocked,
    ...keys,
  };
}

export function clientsOf(lab: Lab, site: string): ClientRow[] {
  return [...lab.world.clients.values()]
    .filter((client) => client.site === site)
    .map((client) => clientRow(lab, client));
}

const count = (rows: readonly ClientRow[], test: (row: ClientRow) => boolean): number => rows.filter(test).length;

/** The counters beside a list of clients. */
export function clientStat(rows: readonly ClientRow[]): Json {
  const wireless = rows.filter((row) => row["wireless"] === true);
  return {
    total: rows.length,
    wireless: wireless.length,
    wired: rows.length - wireless.length,
    num2g: count(wireless, (row) => row["radioId"] === 0),
    num5g: count(wireless, (row) => row["radioId"] === 1),
    num6g: 0,
    numUser: count(rows, (row) => row["guest"] !== true),
    numGuest: count(rows, (row) => row["guest"] === true),
    numWirelessUser: count(wireless, (row) => row["guest"] !== true),
    numWirelessGuest: count(wireless, (row) => row["guest"] === true),
    numOffline: count(rows, (row) => row["active"] !== true),
  };
}
