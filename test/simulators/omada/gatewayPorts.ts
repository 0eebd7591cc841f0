import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { hasLink } from "./topology.ts";
import type { Device } from "./world.ts";

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
