import type {
  ClientSeen,
  DeviceRole,
  DeviceSeen,
  PortSeen,
  RadioSeen,
  WanSeen,
} from "../../controller/providers/omadaSeen.ts";

/** A port as the world has it; what is seen of it depends on what the site can tell. */
export interface FakeSwitchPort {
  readonly number: number;
  name: string;
  enabled: boolean;
  profileId: string;
  /** Of its link; 1000. */
  speedMbps?: number;
  /** 6.x: networks of its own. */
  vlans?: { readonly nativeNetworkId: string; readonly taggedNetworkIds: readonly string[] } | undefined;
}

export interface FakeDevice {
  readonly mac: string;
  readonly role: DeviceRole;
  name: string;
  model: string;
  firmware: string;
  ip: string;
  state: DeviceSeen["state"];
  lastSeen: number;
  /** The device and port it hangs on. */
  uplink?: { mac: string; port?: number } | undefined;
  /** Its own port that the cable of its uplink is in; Omada does not tell it. */
  cableIn?: number;
  readonly ports: FakeSwitchPort[];
  readonly wan: { -readonly [K in keyof WanSeen]: WanSeen[K] }[];
  readonly radios: { -readonly [K in keyof RadioSeen]: RadioSeen[K] }[];
  /** Of an access point. */
  wlanGroupId?: string;
  /** SSIDs that an access point has switched off, by id. */
  ssidsOff: string[];
  /** Of a switch. */
  maxFrameBytes: number;
}

export interface DeviceOptions {
  readonly mac: string;
  readonly role: DeviceRole;
  readonly name: string;
  readonly model?: string;
  readonly uplink?: { readonly mac: string; readonly port?: number };
  /** Number of ports of a switch; 28. */
  readonly ports?: number;
}

const MODELS: Readonly<Record<DeviceRole, string>> = {
  Gateway: "ER605",
  Switch: "SG3428",
  AccessPoint: "EAP225-Outdoor",
};

const ips: Readonly<Record<DeviceRole, string>> = {
  Gateway: "192.168.0.1",
  Switch: "192.168.0.3",
  AccessPoint: "192.168.0.4",
};

function portsOf(options: DeviceOptions, profileId: string): FakeSwitchPort[] {
  const count = options.role === "Switch" ? (options.ports ?? 28) : options.role === "Gateway" ? 4 : 0;
  const first = options.role === "Gateway" ? 2 : 1;
  return Array.from({ length: count }, (_, index) => ({
    number: first + index,
    name: options.role === "Gateway" ? `LAN${index + 1}` : `Port${index + 1}`,
    enabled: true,
    profileId,
  }));
}

/** A device that has just been adopted: ports with the profile given, radios on, WAN online. */
export function fakeDevice(
  options: DeviceOptions,
  start: { readonly profileId: string; readonly wlanGroupId: string },
  now: number,
): FakeDevice {
  const { mac, role, name } = options;
  const radio = (band: RadioSeen["band"], channel: number, widthMHz: number): RadioSeen => ({
    band,
    enabled: true,
    channel,
    setChannel: "Auto",
    widthMHz,
    power: "High",
  });
  return {
    mac,
    role,
    name,
    model: options.model ?? MODELS[role],
    firmware: "1.2.3",
    ip: ips[role],
    state: "Connected",
    lastSeen: now,
    ...(options.uplink === undefined ? {} : { uplink: { ...options.uplink } }),
    ports: portsOf(options, start.profileId),
    wan: role === "Gateway" ? [{ name: "WAN1", port: 1, linkUp: true, online: true, ip: "100.90.14.7" }] : [],
    radios: role === "AccessPoint" ? [radio("2.4GHz", 6, 20), radio("5GHz", 36, 80)] : [],
    ...(role === "AccessPoint" ? { wlanGroupId: start.wlanGroupId } : {}),
    ssidsOff: [],
    maxFrameBytes: 1_518,
  };
}

/** What a look needs of the world to show a device. */
export interface Around {
  readonly now: number;
  readonly detail: boolean;
  readonly broadcasts: boolean;
  readonly frames: boolean;
  nameOf(mac: string): string | undefined;
  portSeen(device: FakeDevice, port: FakeSwitchPort): PortSeen;
}

export function seenDevice(device: FakeDevice, around: Around): DeviceSeen {
  const { mac, role, name, model, firmware, ip, state } = device;
  const up = state === "Connected" || state === "Configuring";
  return {
    ...{ mac, role, name, model, firmware, ip, state },
    lastSeen: up ? around.now : device.lastSeen,
    ...(up ? uplinkOf(device, around) : {}),
    ...(role === "Gateway" && up ? { wan: device.wan.map((one) => ({ ...one })) } : {}),
    ...(around.detail ? documentOf(device, around) : {}),
    ...(around.frames && up && role === "Switch" ? { maxFrameBytes: device.maxFrameBytes } : {}),
    ...(around.broadcasts && up ? broadcastOf(device) : {}),
  };
}

function uplinkOf({ uplink }: FakeDevice, around: Around): Pick<DeviceSeen, "uplink"> {
  if (uplink === undefined) return {};
  const name = around.nameOf(uplink.mac);
  return { uplink: { ...uplink, ...(name === undefined ? {} : { name }) } };
}

function documentOf(device: FakeDevice, around: Around): Pick<DeviceSeen, "ports" | "radios"> {
  return device.role === "AccessPoint"
    ? { radios: device.radios.map((one) => ({ ...one })) }
    : { ports: device.ports.map((port) => around.portSeen(device, port)) };
}

function broadcastOf({ role, wlanGroupId, ssidsOff }: FakeDevice): Pick<DeviceSeen, "wlanGroupId" | "ssidsOff"> {
  if (role !== "AccessPoint" || wlanGroupId === undefined) return {};
  return { wlanGroupId, ssidsOff: [...ssidsOff] };
}

export type FakeClient = { -readonly [K in keyof ClientSeen]: ClientSeen[K] };
