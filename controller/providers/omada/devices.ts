import { ProviderError } from "../../base/outcome.ts";
import type { OmadaPort, PortWish, RadioWish } from "../omadaPort.ts";
import type { DeviceRole } from "../omadaSeen.ts";
import type { Row } from "../shared/decode.ts";
import { number, row, rows, text } from "../shared/decode.ts";
import { broadcastSeen, deviceSeen } from "./deviceWire.ts";
import { portVlansOf } from "./look.ts";
import type { Write } from "./networks.ts";
import { portBody } from "./portWire.ts";
import { radioBody, radioKey } from "./radioWire.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { kept, ourMac, wireMac } from "./wire.ts";

interface PortAt {
  readonly mac: string;
  readonly number: number;
}

async function setPort(api: SiteApi, at: PortAt, wish: PortWish, call: Call): Promise<void> {
  const path = `/switches/${wireMac(at.mac)}/ports/${at.number}`;
  if (portVlansOf((await api.info(call)).version) === "profile") {
    const { sub, body } = subResource(wish);
    await api.send({ method: "PUT", path: `${path}/${sub}`, body }, call);
    return;
  }
  const read = await currentPort(api, at, call);
  await api.send({ method: "PATCH", path, body: portBody(read, wish) }, call);
}

/** 5.x: one field a call (contract 3.6). */
function subResource({ name, enabled, profileId, vlans }: PortWish): { readonly sub: string; readonly body: Row } {
  const subs = [
    ...(name === undefined ? [] : [{ sub: "name", body: { name } }]),
    ...(enabled === undefined ? [] : [{ sub: "status", body: { status: enabled ? 1 : 0 } }]),
    ...(profileId === undefined ? [] : [{ sub: "profile", body: { profileId } }]),
  ];
  const [first] = subs;
  if (vlans === undefined && first !== undefined && subs.length === 1) return first;
  throw new ProviderError("spec", "Omada 5.x sets one field of a port at a time, and its networks by a profile");
}

/** What a port is set to, of the grid of 6.x, which has all that a write needs; else of the switch's document. */
async function currentPort(api: SiteApi, at: PortAt, call: Call): Promise<Row> {
  const isIt = (port: Row): boolean => number(port["port"]) === at.number;
  const grid = async (): Promise<Row | undefined> => {
    const all = await api.list("/switches/ports/overview", call);
    return all.find((port) => ourMac(text(port["switchMac"]) ?? "") === at.mac && isIt(port));
  };
  const document = async (): Promise<Row | undefined> =>
    rows(row(await api.get(`/switches/${wireMac(at.mac)}`, call))["portList"]).find(isIt);
  const found = await api.way("ports of switches", [grid, document]);
  if (found === undefined) throw new ProviderError("missing", `the switch ${at.mac} has no port ${at.number}`);
  return found;
}

async function setRadio(api: SiteApi, mac: string, wish: RadioWish, call: Call): Promise<void> {
  const path = `/aps/${wireMac(mac)}/radio-config`;
  const config = row(await api.get(path, call));
  const key = radioKey(config, wish.band);
  if (key === undefined) throw new ProviderError("missing", `the access point ${mac} has no ${wish.band} radio`);
  await api.send({ method: "PATCH", path, body: { [key]: radioBody(row(config[key]), wish) } }, call);
}

const paths: Readonly<Record<DeviceRole, string>> = { Gateway: "gateways", Switch: "switches", AccessPoint: "aps" };

async function renameDevice(api: SiteApi, mac: string, name: string, call: Call): Promise<void> {
  const device = (await api.list("/devices", call)).map(deviceSeen).find((one) => one?.mac === mac);
  if (device === undefined) throw new ProviderError("missing", `Omada does not show the device ${mac}`);
  const path = `/${paths[device.role]}/${wireMac(mac)}/general-config`;
  const read = row(await api.get(path, call));
  await api.send({ method: "PATCH", path, body: { ...kept(read, new Set()), name } }, call);
}

/** It says of the group that the access point is in already the same as of a wrong value, so that is asked first. */
async function setWlanGroup(api: SiteApi, mac: string, wlanGroupId: string, call: Call): Promise<void> {
  const path = `/aps/${wireMac(mac)}`;
  if (broadcastSeen(row(await api.get(path, call)), undefined).wlanGroupId === wlanGroupId) return;
  await api.send({ method: "PATCH", path: `${path}/wlan-group`, body: { wlanGroupId } }, call);
}

type Writes = Pick<OmadaPort, "setPort" | "setRadio" | "renameDevice" | "setWlanGroup" | "renameClient">;

export function deviceWrites(api: SiteApi, write: Write): Writes {
  return {
    setPort: (mac, port, wish, signal) => write((call) => setPort(api, { mac, number: port }, wish, call), signal),
    setRadio: (mac, wish, signal) => write((call) => setRadio(api, mac, wish, call), signal),
    setWlanGroup: (mac, groupId, signal) => write((call) => setWlanGroup(api, mac, groupId, call), signal),
    renameDevice: (mac, name, signal) => write((call) => renameDevice(api, mac, name, call), signal),
    renameClient: (mac, name, signal) =>
      write(async (call) => {
        await api.send({ method: "PATCH", path: `/clients/${wireMac(mac)}/name`, body: { name } }, call);
      }, signal),
  };
}
