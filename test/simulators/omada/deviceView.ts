import { categoryOf, detailOf, isConnected, uptimeSeconds, uptimeText } from "./deviceState.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { MODELS } from "./models.ts";
import { uplinksOf, type Uplink } from "./topology.ts";
import type { Device } from "./world.ts";

export type DeviceRow = Json & { readonly mac: string; readonly name: string; readonly ip: string };

/** Where a device hangs, as the Open API tells it. */
export function uplinkKeys(uplink: Uplink | undefined): Json {
  if (uplink === undefined) return {};
  return {
    uplinkDeviceMac: uplink.device.mac,
    uplinkDeviceName: uplink.device.name,
    uplinkDevicePort: String(uplink.port),
    linkSpeed: 3,
    duplex: 2,
  };
}

/** A device in the lists of the Open API. */
export function deviceRow(lab: Lab, device: Device, uplink: Uplink | undefined): DeviceRow {
  const now = lab.pace.now();
  const model = MODELS[device.model];
  const up = isConnected(device, now);
  return {
    mac: device.mac,
    name: device.name,
    type: device.kind,
    ...(device.kind === "switch" ? { subtype: "smart" } : {}),
    deviceSeriesType: 0,
    model: device.model,
    modelVersion: model?.version ?? "1.0",
    firmwareVersion: device.firmware,
    sn: device.serial,
    ip: device.ip,
    ipv6: [],
    status: categoryOf(device, now),
    detailStatus: detailOf(device, now),
    lastSeen: up ? now : device.lastSeen,
    ...(up ? { uptime: uptimeText(uptimeSeconds(device, now)), cpuUtil: 7, memUtil: 41 } : {}),
    ...uplinkKeys(uplink),
    active: true,
    compatible: 0,
  };
}

/** The devices of a site, pending ones aside. */
export function deviceRows(lab: Lab, site: string): DeviceRow[] {
  const uplinks = uplinksOf(lab.world, site, lab.pace.now());
  return adopted(lab, site).map((device) => deviceRow(lab, device, uplinks.get(device.mac)));
}

export function adopted(lab: Lab, site: string): Device[] {
  return lab.world.devicesOf(site).filter((device) => !isPending(lab, device));
}

/** Waits for its adoption, is being adopted, or could not be. */
export function isPending(lab: Lab, device: Device): boolean {
  return categoryOf(device, lab.pace.now()) === 2;
}
