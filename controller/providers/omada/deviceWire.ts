import type { ClientSeen, DeviceRole, DeviceSeen, PortSeen, WanSeen } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { number, present, row, rows, text } from "../shared/decode.ts";
import { speedMbps } from "./portWire.ts";
import { ourMac } from "./wire.ts";

const roles: Readonly<Record<string, DeviceRole>> = { gateway: "Gateway", switch: "Switch", ap: "AccessPoint" };
const categories = ["Disconnected", "Connected", "Pending", "HeartbeatMissed", "Isolated"] as const;
/** `detailStatus`: provisioning, configuring, upgrading (contract 3.3). */
const configuring: ReadonlySet<number> = new Set([10, 11, 12]);
const REBOOTING = 13;

/** A device in the list of a site; undefined for what is none of the three roles. */
export function deviceSeen(device: Row): DeviceSeen | undefined {
  const role = roles[text(device["type"]) ?? ""];
  const mac = text(device["mac"]);
  if (role === undefined || mac === undefined) return undefined;
  const model = text(device["model"]) ?? text(device["modelName"]) ?? "";
  return present({
    mac: ourMac(mac),
    role,
    name: text(device["name"]) ?? "",
    // "ER605 v2.0" is an ER605 to people.
    model: model.replace(/[ (]v?\d+(\.\d+)*\)?$/i, ""),
    firmware: text(device["firmwareVersion"]),
    ip: text(device["ip"]),
    state: stateOf(device),
    lastSeen: number(device["lastSeen"]),
    uplink: uplinkOf(device),
  } satisfies { [K in keyof DeviceSeen]: DeviceSeen[K] | undefined });
}

function stateOf(device: Row): DeviceSeen["state"] {
  const category = categories[number(device["status"]) ?? 0] ?? "Disconnected";
  const detail = number(device["detailStatus"]);
  if (category !== "Connected" || detail === undefined) return category;
  if (detail === REBOOTING) return "Disconnected";
  return configuring.has(detail) ? "Configuring" : "Connected";
}

function uplinkOf(device: Row): DeviceSeen["uplink"] {
  const mac = text(device["uplinkDeviceMac"]);
  if (mac === undefined || mac === "") return undefined;
  // "24", or "1/0/24" on a stack.
  const port = number(text(device["uplinkDevicePort"])?.split("/").at(-1));
  return present({ mac: ourMac(mac), name: text(device["uplinkDeviceName"]), port });
}

/** WAN and LAN ports of a gateway, of its `wan-status` (contract 3.7). */
export function gatewayPorts(status: readonly Row[]): {
  readonly wan: readonly WanSeen[];
  readonly ports: readonly PortSeen[];
} {
  const isWan = (port: Row): boolean => number(port["mode"]) === 0;
  return {
    wan: status.filter(isWan).map((port) =>
      present({
        name: text(port["name"]) ?? text(port["portDesc"]) ?? "",
        port: number(port["port"]) ?? 0,
        linkUp: number(port["status"]) === 1,
        online: number(port["status"]) === 1 && number(port["internetState"]) === 1,
        speedMbps: number(port["status"]) === 1 ? speedMbps(port["speed"]) : undefined,
        ip: text(port["ip"]) === "" ? undefined : text(port["ip"]),
      } satisfies { [K in keyof WanSeen]: WanSeen[K] | undefined }),
    ),
    ports: status
      .filter((port) => !isWan(port))
      .map((port) => {
        const linkUp = number(port["status"]) === 1;
        return present({
          number: number(port["port"]) ?? 0,
          name: text(port["name"]),
          linkUp,
          speedMbps: linkUp ? speedMbps(port["speed"]) : undefined,
        } satisfies { [K in keyof PortSeen]?: PortSeen[K] | undefined });
      }),
  };
}

/** What an access point sends out, of its document and its `override` (contract 3.8); undefined: this version has none. */
export function broadcastSeen(document: Row, override: unknown): Pick<DeviceSeen, "wlanGroupId" | "ssidsOff"> {
  const ids = [document["wlanId"], document["wlanGroupId"], document["wlan group id"]];
  const off = rows(row(override)["ssidOverrides"]).filter((ssid) => ssid["ssidEnable"] === false);
  return present({
    wlanGroupId: ids.map(text).find((id) => id !== undefined && id !== ""),
    ssidsOff: override === undefined ? undefined : off.map((ssid) => text(ssid["ssidId"]) ?? ""),
  });
}

export function clientSeen(client: Row): ClientSeen {
  const device = text(client["switchMac"]) ?? text(client["apMac"]) ?? text(client["gatewayMac"]);
  const wireless = client["wireless"] === true;
  return present({
    mac: ourMac(text(client["mac"]) ?? ""),
    name: text(client["name"]) ?? "",
    ip: text(client["ip"]) === "" ? undefined : text(client["ip"]),
    wireless,
    ssid: text(client["ssid"]),
    deviceMac: device === undefined ? undefined : ourMac(device),
    port: wireless ? undefined : number(client["port"]),
    vlan: number(client["vid"]),
  } satisfies { [K in keyof ClientSeen]: ClientSeen[K] | undefined });
}
