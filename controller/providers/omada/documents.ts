import { ProviderError } from "../../base/outcome.ts";
import type { DeviceSeen, PortSeen, ProfileSeen } from "../omadaSeen.ts";
import { number, row, rows, text } from "../shared/decode.ts";
import { broadcastSeen, gatewayPorts } from "./deviceWire.ts";
import { documentPort, gridPort, listedPort, withProfile } from "./portWire.ts";
import { radiosSeen } from "./radioWire.ts";
import { OmadaRefusal } from "./refusals.ts";
import type { SiteApi } from "./site.ts";
import type { Call } from "./transport.ts";
import { ourMac, wireMac } from "./wire.ts";

export interface DocumentLook {
  readonly call: Call;
  /** Ports and radios are wanted. */
  readonly detail: boolean;
  /** What access points broadcast is wanted. */
  readonly broadcasts: boolean;
  /** The longest frames of switches are wanted. */
  readonly frames: boolean;
  /** 5.x: ports take their networks from these. */
  readonly profiles: readonly ProfileSeen[] | undefined;
}

const present: ReadonlySet<DeviceSeen["state"]> = new Set(["Connected", "Configuring"]);

/**
 * Devices with what each is asked for: one request for a gateway, one for a switch with a web session or on 5.x, two for an
 * access point, two more for what it broadcasts, one more for the frames of a switch, and one for the ports of all switches together on 6.x without a web session. A device that is away is not
 * asked.
 */
export async function readDocuments(
  api: SiteApi,
  devices: readonly DeviceSeen[],
  look: DocumentLook,
): Promise<readonly DeviceSeen[]> {
  const grid = look.detail ? await new SwitchPorts(api, look).read(devices) : new Map<string, readonly PortSeen[]>();
  return Promise.all(
    devices.map(async (device): Promise<DeviceSeen> => {
      switch (device.role) {
        case "Gateway":
          return present.has(device.state) ? { ...device, ...(await gatewayOf(api, device, look)) } : device;
        case "AccessPoint":
          return present.has(device.state) ? { ...device, ...(await accessPointOf(api, device, look)) } : device;
        case "Switch": {
          const ports = grid.get(device.mac);
          const frames = look.frames && present.has(device.state) ? await framesOf(api, device, look.call) : {};
          return { ...device, ...frames, ...(ports === undefined ? {} : { ports }) };
        }
      }
    }),
  );
}

/** A device that went away between two calls has nothing to say; everything else is an error of the look. */
async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === "missing") return undefined;
    throw error;
  }
}

async function gatewayOf(
  api: SiteApi,
  { mac }: DeviceSeen,
  { call, detail }: DocumentLook,
): Promise<Pick<DeviceSeen, "wan" | "ports">> {
  const status = await orNothing(api.get(`/gateways/${wireMac(mac)}/wan-status`, call));
  if (status === undefined) return {};
  const { wan, ports } = gatewayPorts(rows(status));
  return { wan, ...(detail ? { ports } : {}) };
}

async function accessPointOf(
  api: SiteApi,
  { mac }: DeviceSeen,
  { call, detail, broadcasts }: DocumentLook,
): Promise<Pick<DeviceSeen, "radios" | "wlanGroupId" | "ssidsOff">> {
  const [radios, sent] = await Promise.all([
    detail ? radiosOf(api, mac, call) : {},
    broadcasts ? broadcastOf(api, mac, call) : {},
  ]);
  return { ...radios, ...sent };
}

async function radiosOf(api: SiteApi, mac: string, call: Call): Promise<Pick<DeviceSeen, "radios">> {
  const path = `/aps/${wireMac(mac)}`;
  const read = await orNothing(Promise.all([api.get(`${path}/radio-config`, call), api.get(`${path}/radios`, call)]));
  return read === undefined ? {} : { radios: radiosSeen(row(read[0]), row(read[1])) };
}

/** An Agile Series switch has it elsewhere (contract 3.6): it is not told. */
const AGILE_SERIES = -39742;

async function framesOf(api: SiteApi, { mac }: DeviceSeen, call: Call): Promise<Pick<DeviceSeen, "maxFrameBytes">> {
  try {
    const config = await orNothing(api.get(`/switches/${wireMac(mac)}/general-config`, call));
    const maxFrameBytes = number(row(config)["jumbo"]);
    return maxFrameBytes === undefined ? {} : { maxFrameBytes };
  } catch (error) {
    if (error instanceof OmadaRefusal && error.code === AGILE_SERIES) return {};
    throw error;
  }
}

async function broadcastOf(
  api: SiteApi,
  mac: string,
  call: Call,
): Promise<Pick<DeviceSeen, "wlanGroupId" | "ssidsOff">> {
  const path = `/aps/${wireMac(mac)}`;
  const read = await orNothing(
    Promise.all([
      api.get(path, call),
      api.way("SSIDs of access points", [
        () => api.get(`${path}/override`, call, 2),
        () => api.get(`${path}/override`, call),
        () => Promise.resolve(undefined),
      ]),
    ]),
  );
  return read === undefined ? {} : broadcastSeen(row(read[0]), read[1]);
}

/** Ports of switches, by the best way there is. */
class SwitchPorts {
  readonly #api: SiteApi;
  readonly #look: DocumentLook;

  constructor(api: SiteApi, look: DocumentLook) {
    this.#api = api;
    this.#look = look;
  }

  async read(devices: readonly DeviceSeen[]): Promise<ReadonlyMap<string, readonly PortSeen[]>> {
    const switches = devices.filter((device) => device.role === "Switch").map((device) => device.mac);
    if (switches.length === 0) return new Map();
    const found = (await this.#fromPages(switches)) ?? (await this.#fromApi(switches));
    const { profiles } = this.#look;
    if (profiles === undefined) return found;
    return new Map([...found].map(([mac, ports]) => [mac, ports.map((port) => withProfile(port, profiles))]));
  }

  /** By the web session; undefined without one that works. */
  async #fromPages(macs: readonly string[]): Promise<ReadonlyMap<string, readonly PortSeen[]> | undefined> {
    if (this.#api.web === undefined) return undefined;
    try {
      return await this.#each(macs, async (mac) =>
        (await this.#api.webRows(`/switches/${wireMac(mac)}/ports`, this.#look.call)).map(documentPort),
      );
    } catch (error) {
      // Without the session the look goes on with what the Open API tells; the site says why.
      if (error instanceof ProviderError && ["unauthorized", "permission"].includes(error.kind)) return undefined;
      throw error;
    }
  }

  #fromApi(macs: readonly string[]): Promise<ReadonlyMap<string, readonly PortSeen[]>> {
    return this.#api.way("ports of switches", [() => this.#grid(), () => this.#each(macs, (mac) => this.#listed(mac))]);
  }

  async #grid(): Promise<ReadonlyMap<string, readonly PortSeen[]>> {
    const all = await this.#api.list("/switches/ports/overview", this.#look.call);
    const bySwitch = Map.groupBy(all, (port) => ourMac(text(port["switchMac"]) ?? ""));
    return new Map([...bySwitch].map(([mac, ports]) => [mac, ports.map(gridPort)]));
  }

  async #listed(mac: string): Promise<readonly PortSeen[]> {
    const document = await this.#api.get(`/switches/${wireMac(mac)}`, this.#look.call);
    return rows(row(document)["portList"]).map(listedPort);
  }

  async #each(
    macs: readonly string[],
    read: (mac: string) => Promise<readonly PortSeen[]>,
  ): Promise<ReadonlyMap<string, readonly PortSeen[]>> {
    const all = await Promise.all(macs.map(async (mac) => [mac, await orNothing(read(mac))] as const));
    return new Map(all.flatMap(([mac, ports]) => (ports === undefined ? [] : [[mac, ports] as const])));
  }
}
