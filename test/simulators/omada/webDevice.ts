import { clientsOf } from "./clientView.ts";
import { categoryOf, detailOf, isConnected, uptimeSeconds, uptimeText } from "./deviceState.ts";
import { objectAt, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { portDocument } from "./portDocument.ts";
import { channelText, radioLive } from "./radios.ts";
import { neighbourAt, uplinksOf } from "./topology.ts";
import { portStatus } from "./gatewayPorts.ts";
import type { Device } from "./world.ts";

const CATEGORIES = { gateway: "gateway", switch: "l2Switch", ap: "ap" } as const;

/** A device in the web list. `status` is the detail here. */
export function webDevice(lab: Lab, device: Device): Json {
  const now = lab.pace.now();
  const version = MODELS[device.model]?.version ?? "1.0";
  const up = isConnected(device, now);
  const clients = clientsOf(lab, device.site).filter(
    (client) =>
      client["active"] === true && [client["apMac"], client["switchMac"], client["gatewayMac"]].includes(device.mac),
  );
  return {
    type: device.kind,
    category: CATEGORIES[device.kind],
    mac: device.mac,
    name: device.name,
    model: device.model,
    compoundModel: `${device.model} v${version}`,
    showModel: `${device.model} v${version}`,
    modelVersion: version,
    firmwareVersion: device.firmware,
    version: device.firmware.split(" ")[0],
    hwVersion: version,
    ip: device.ip,
    statusCategory: categoryOf(device, now),
    status: detailOf(device, now),
    adoptFailType: -1,
    lastSeen: up ? now : device.lastSeen,
    ...(up ? liveKeys(device, now) : {}),
    needUpgrade: false,
    fwDownload: false,
    site: device.site,
    clientNum: clients.length,
    compatible: 0,
    locateEnable: false,
    sn: device.serial,
    combinedGateway: false,
    licenseStatusStr: "-",
    ...(device.kind === "ap" ? apKeys(lab, device) : {}),
    ...(device.kind === "switch" ? { poeSupport: (MODELS[device.model]?.poePorts ?? 0) > 0, poeRemain: 0 } : {}),
  };
}

function liveKeys(device: Device, now: number): Json {
  const seconds = uptimeSeconds(device, now);
  return { uptime: uptimeText(seconds), uptimeLong: seconds, cpuUtil: 7, memUtil: 41, download: 0, upload: 0 };
}

const AP_MISC = {
  support5g: true,
  support5g2: false,
  support6g: false,
  support11ac: true,
  supportLag: false,
  supportMesh: true,
  customizeRegion: false,
  supportChannelLimit: true,
  supportDfs: true,
  supportRoaming: true,
};

function apKeys(lab: Lab, device: Device): Json {
  return {
    wirelessLinked: false,
    deviceMisc: AP_MISC,
    wlanGroup: lab.world.wlans.get(device.wlan ?? "")?.data["name"] ?? "",
    wlanId: device.wlan,
    ...device.radios,
    wp2g: {
      ...radioLive(device, "radioSetting2g"),
      actualChannel: channelText(objectAt(device.radios, "radioSetting2g")),
    },
    wp5g: {
      ...radioLive(device, "radioSetting5g"),
      actualChannel: channelText(objectAt(device.radios, "radioSetting5g")),
    },
    anyPoeEnable: false,
  };
}

function uplinkDocument(lab: Lab, device: Device): Json | null {
  const uplink = uplinksOf(lab.world, device.site, lab.pace.now()).get(device.mac);
  if (uplink === undefined) return null;
  const { device: above, port, ownPort } = uplink;
  return {
    mac: above.mac,
    uplinkMac: above.mac,
    name: above.name,
    type: above.kind,
    model: above.model,
    port: ownPort,
    uplinkPort: String(port),
    linkSpeed: 3,
    duplex: 2,
  };
}

/** The whole document of a switch. */
export function switchDocument(lab: Lab, device: Device): Json {
  const now = lab.pace.now();
  const uplink = uplinkDocument(lab, device);
  const ports = Object.entries(device.ports).map(([port, settings]) =>
    portDocument(lab, device, Number(port), settings),
  );
  const below = Object.keys(device.ports)
    .map(Number)
    .flatMap((port) => {
      const neighbour = neighbourAt(lab.world, { mac: device.mac, port }, now);
      if (neighbour === undefined || neighbour.device.mac === uplink?.["mac"]) return [];
      const { mac, name, model, kind } = neighbour.device;
      return [{ port, mac, name, model, modelVersion: MODELS[model]?.version, type: kind, linkSpeed: 3, duplex: 2 }];
    });
  const poePorts = MODELS[device.model]?.poePorts ?? 0;
  return {
    ...webDevice(lab, device),
    es: false,
    ports,
    portNum: ports.length,
    uplink,
    downlinkList: below,
    devCap: { poePortNum: poePorts, poeSupport: poePorts > 0, supportBt: false },
    ledSetting: device.config["ledSetting"] ?? 2,
    jumbo: device.config["jumbo"] ?? 1518,
    ...(device.config["mvlanNetworkId"] === undefined ? {} : { mvlanNetworkId: device.config["mvlanNetworkId"] }),
    stp: 2,
  };
}

/** The whole document of an access point. */
export function apDocument(lab: Lab, device: Device): Json {
  const uplink = uplinkDocument(lab, device);
  return {
    ...webDevice(lab, device),
    ledSetting: device.config["ledSetting"] ?? 2,
    lanPortSettings: [],
    ...(uplink === null ? {} : { wiredUplink: uplink }),
    ssidOverrides: device.ssidOverrides,
    mvlanEnable: false,
  };
}

/** The whole document of a gateway. */
export function gatewayDocument(lab: Lab, device: Device): Json {
  const stats = portStatus(lab, device);
  return {
    ...webDevice(lab, device),
    portNum: stats.length,
    portStats: stats,
    portConfigs: stats.map((portStat) => ({
      port: portStat["port"],
      ...device.ports[Number(portStat["port"])],
      portStat,
    })),
    supportPoe: false,
    poeSettings: [],
    lldpEnable: device.config["lldpEnable"] ?? true,
    echoServer: device.config["echoServer"] ?? "0.0.0.0",
    ledSetting: device.config["ledSetting"] ?? 2,
  };
}
