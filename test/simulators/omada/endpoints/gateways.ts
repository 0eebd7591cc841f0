import { isConnected, uptimeSeconds, uptimeText } from "../deviceState.ts";
import { clientsOf } from "../clientView.ts";
import { textAt, type Json } from "../json.ts";
import type { Lab } from "../lab.ts";
import { MODELS } from "../models.ts";
import { portIdsOf } from "../portIds.ts";
import { deviceAt, siteOf, type Call, type Route } from "../route.ts";
import { hasLink } from "../topology.ts";
import { ofSite, type Device } from "../world.ts";

const SITE = "/openapi/v1/{omadacId}/sites/{siteId}";
const GATEWAY = `${SITE}/gateways/{gatewayMac}`;

function wanLanStatus(call: Call): Json {
  const site = siteOf(call);
  const gateway = call.lab.world.gatewayOf(site.id);
  if (gateway === undefined)
    return { hasGateway: false, adoptedGateway: false, portName: {}, iptvPorts: [], wanList: [] };
  const ports = portIdsOf(gateway);
  const wans = ports.filter((port) => port.mode === 0);
  return {
    hasGateway: true,
    adoptedGateway: true,
    model: gateway.model,
    modelVersion: MODELS[gateway.model]?.version,
    portName: Object.fromEntries(ports.map((port) => [port.id, port.name])),
    iptvPorts: [],
    wanList: wans.map((port) => ({ portId: port.id, portName: port.name, enable: 1 })),
    supportIpv6: 1,
  };
}

function info(call: Call): Json {
  const device = deviceAt(call, "gatewayMac", "gateway");
  const now = call.lab.pace.now();
  const up = isConnected(device, now);
  return {
    mac: device.mac,
    ip: device.ip,
    ipv6List: [],
    showModel: `${device.model} v${MODELS[device.model]?.version ?? "1.0"}`,
    firmwareVersion: device.firmware,
    lastSeen: up ? now : device.lastSeen,
    ...(up ? { cpuUtil: 4, memUtil: 38, temp: 49, uptime: uptimeText(uptimeSeconds(device, now)) } : {}),
    portConfigs: Object.entries(device.ports).map(([port, settings]) => ({ port: Number(port), ...settings })),
  };
}

/** The WAN ports and the others of a gateway with what they do, as the Open API and the web API show them. */
export function portStatus(lab: Lab, device: Device): Json[] {
  const now = lab.pace.now();
  return (MODELS[device.model]?.ports ?? []).map(({ port, name, type = 2, mode = 1 }) => {
    const link = hasLink(lab.world, { mac: device.mac, port }, now);
    return {
      port,
      name,
      portDesc: name,
      mode,
      type,
      status: link ? 1 : 0,
      ...(link ? { speed: 3, duplex: 2 } : {}),
      rx: 0,
      tx: 0,
      ...wanKeys(device, port, link),
    };
  });
}

function wanKeys(device: Device, port: number, link: boolean): Json {
  const wan = device.wans[port];
  if (wan === undefined) return {};
  const online = link && wan.internet;
  return {
    internetState: online ? 1 : 0,
    onlineDetection: online ? 1 : 0,
    ip: link ? wan.ip : "",
    proto: "dhcp",
    latency: online ? wan.latency : 0,
    loss: online ? wan.loss : 0,
    wanPortIpv4Config: {
      ip: link ? wan.ip : "0.0.0.0",
      netmask: "255.192.0.0",
      gateway: link ? wan.gateway : "0.0.0.0",
      priDns: "1.1.1.1",
      sndDns: "8.8.8.8",
    },
    wanPortIpv6Config: { enable: 0, addr: "", gateway: "", priDns: "", sndDns: "", internetState: 0 },
  };
}

/** A gateway that is away has nothing to say about its ports. */
function wanStatus(call: Call): Json[] {
  const device = deviceAt(call, "gatewayMac", "gateway");
  return portStatus(call.lab, device);
}

function lanStatus(call: Call): Json[] {
  const device = deviceAt(call, "gatewayMac", "gateway");
  const { lab } = call;
  const clients = clientsOf(lab, device.site).filter((client) => client["active"] === true);
  return ofSite(lab.world.networks, device.site)
    .filter(({ data }) => data["purpose"] === 1)
    .map(({ data }) => ({
      lanName: data["name"],
      vlan: data["vlan"],
      ip: textAt(data, "gatewaySubnet")?.split("/")[0],
      clientNum: clients.filter((client) => client["networkName"] === data["name"]).length,
      rx: 0,
      tx: 0,
    }));
}

/** The gateway: its ports, the state of the WAN. Writes to the WAN are not simulated. */
export const GATEWAY_ROUTES: readonly Route[] = [
  { method: "GET", path: `${SITE}/wan-lan-status`, handle: wanLanStatus },
  { method: "GET", path: GATEWAY, handle: info },
  { method: "GET", path: `${GATEWAY}/wan-status`, handle: wanStatus },
  { method: "GET", path: `${GATEWAY}/lan-status`, handle: lanStatus },
  {
    method: "GET",
    path: `${GATEWAY}/ports`,
    handle: (call: Call): unknown => {
      const device = deviceAt(call, "gatewayMac", "gateway");
      const ports = MODELS[device.model]?.ports ?? [];
      return {
        osgPortInfos: ports.map(({ port, name, mode, type }) => ({ port, name, mode, type, physicalType: 0 })),
      };
    },
  },
];
