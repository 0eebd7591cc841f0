import { NAMESPACE, type FakeLab } from "../../fakes/lab.ts";
import { FAKE, WLAN_GROUP } from "../../fakes/omadaSite.ts";
import { segmentSpec } from "./netSpecs.ts";
import { deviceSpecs, groupSpec, ruleSpec, wlanSpec } from "./netSpecs.ts";
import type { NetShape } from "./netShape.ts";

/** Where the Omada controller and the Proxmox host are: the way that must not be cut (N2). */
export const PATH = { omada: "192.168.0.2", proxmox: "192.168.0.10" } as const;
/** The cable of the switch's uplink is in this port of it. */
export const CABLE = 1;
export const PATH_CLIENTS = [
  { mac: "BC:24:11:00:00:02", ip: PATH.omada, port: 4 },
  { mac: "BC:24:11:00:00:10", ip: PATH.proxmox, port: 8 },
] as const;

/** The host of the path as a client of the switch. */
export function pathClient(lab: FakeLab, index: number): void {
  const { mac, ip, port } = PATH_CLIENTS[index % PATH_CLIENTS.length] ?? PATH_CLIENTS[0];
  lab.omada.addClient({ mac, name: ip, ip, wireless: false, deviceMac: FAKE.switch, port });
}

/** The connection to the site: on a guest of the lab, or elsewhere. */
export function controllerSpec(lab: FakeLab, hosted: boolean): object {
  const host = lab.kube.all("Container")[0] ?? lab.kube.all("VirtualMachine")[0];
  return {
    endpoint: `https://${PATH.omada}:8043`,
    credentialsRef: { name: "omada-api" },
    ...(hosted && host !== undefined ? { hostedBy: { kind: host.kind, name: host.metadata.name } } : {}),
  };
}

/** Puts a site and the objects that declare it into a lab that is planted already. */
export function plantNetwork(lab: FakeLab, shape: NetShape): void {
  const site = lab.omada;
  Object.assign(site, { version: shape.version, web: shape.web, lagMs: shape.lagMs, latencyMs: shape.latencyMs });
  site.device("Cerebro").cableIn = CABLE;
  for (const index of PATH_CLIENTS.keys()) pathClient(lab, index);
  site.addClient({ mac: "AA:00:00:00:00:01", name: "camera", wireless: true, deviceMac: FAKE.ap, ssid: "home" });
  lab.kube.putSecret(NAMESPACE, "wifi", { passphrase: "correct horse battery" });
  const cluster = lab.read("ProxmoxCluster", "pve");
  put(lab, "ProxmoxCluster", "pve", { ...(cluster?.spec as object), endpoints: [`https://${PATH.proxmox}:8006`] });
  put(lab, "OmadaController", "omada", controllerSpec(lab, shape.hosted));
  plantBefore(lab, shape);
  shape.segments.forEach((one, index) => {
    put(lab, "NetworkSegment", `net${index}`, segmentSpec(one));
  });
  put(lab, "NetworkSegment", "lan", {
    cidr: "192.168.0.0/24",
    gateway: "192.168.0.1",
    omada: { networkName: "Default" },
    adoption: "Adopt",
  });
  for (const [name, spec] of deviceSpecs(shape)) put(lab, "NetworkDevice", name, spec);
  shape.wlans.forEach((one, index) => {
    put(lab, "WirelessNetwork", `wlan${index}`, wlanSpec(one, shape));
  });
  shape.rules.forEach((one, index) => {
    put(lab, "AccessRule", `rule${index}`, ruleSpec(one, shape));
  });
  put(lab, "ClientGroup", "cameras", groupSpec(shape));
}

function put(lab: FakeLab, kind: string, name: string, spec: object): void {
  lab.kube.apply({ kind, metadata: { name, namespace: NAMESPACE }, spec });
}

/** What people made before there was a controller. */
function plantBefore(lab: FakeLab, shape: NetShape): void {
  const site = lab.omada;
  shape.segments.forEach((one, index) => {
    if (!one.before || site.networks.all().some(({ vlan }) => vlan === one.vlan)) return;
    const id = site.newId("net");
    site.networks.add(id, {
      id,
      name: `net${index}`,
      primary: false,
      purpose: "Interface",
      vlan: one.vlan,
      gatewaySubnet: `192.168.${one.vlan}.254/24`,
      isolated: false,
      domain: "people.example",
      dhcp: { enabled: true, ranges: [], dns: [] },
    });
    site.generateProfile(`net${index}`, id, 0);
  });
  for (const one of shape.wlans) {
    if (!one.before || site.wlans.all().some(({ ssid }) => ssid === one.ssid)) continue;
    const id = site.newId("wlan");
    const base = { hidden: false, guest: false, security: "WPA2", bands: ["5GHz"] } as const;
    site.wlans.add(id, { id, groupId: WLAN_GROUP, ssid: one.ssid, ...base });
    site.passphrases.set(id, "of the people");
  }
  if (!shape.clients.before) return;
  const mac = "AA:00:00:00:00:01";
  const networkId = "net-default";
  site.reservations.add(mac, { mac, networkId, ip: "192.168.0.60", enabled: true, description: "the camera" });
}
