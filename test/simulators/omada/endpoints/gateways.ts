import { isConnected, uptimeSeconds, uptimeText } from "../deviceState.ts";
import { clientsOf } from "../clientView.ts";
import { portStatus } from "../gatewayPorts.ts";
import { textAt, type Json } from "../json.ts";
import { MODELS } from "../models.ts";
import { portIdsOf } from "../portIds.ts";
import { deviceAt, siteOf, type Call, type Route } from "../route.ts";
import { ofSite } from "../world.ts";

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
