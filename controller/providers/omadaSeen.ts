/**
 * What is seen of one site of a TP-Link Omada controller, in our own words and already canonical. Types only. MACs are upper
 * case with colons. Absent means "not told", which is not false.
 */

/**
 * Parts of a site that are read only while somebody asks for them, so that a look costs what is used. `ports` are the
 * documents of the devices: ports of switches and gateways, radios of access points; `broadcasts` what each access point
 * sends out: its WLAN group, and SSIDs of the group that it has switched off; `frames` the longest frame of each switch.
 */
export type SitePart =
  | "networks"
  | "profiles"
  | "ports"
  | "wlans"
  | "broadcasts"
  | "frames"
  | "acls"
  | "groups"
  | "reservations"
  | "clients";

/** Parts that are lists of their own. The others are in the devices, and come with the look that has everything else. */
export type ListPart = Exclude<SitePart, "ports" | "broadcasts" | "frames">;

export function isListPart(part: SitePart): part is ListPart {
  return part !== "ports" && part !== "broadcasts" && part !== "frames";
}

/** Which writes the site understands. 5.x sets the VLANs of a switch port only through a profile. */
export interface SiteAbilities {
  readonly portVlans: "port" | "profile";
  /** The networks of a port are told: on 5.x always, by its profile; on 6.x only by a web session that works. */
  readonly readsPorts: boolean;
  /** Why the web session that is declared does not work; a sentence. */
  readonly webRefused?: string;
  /** A gateway is adopted: interface networks and gateway rules are possible. */
  readonly gateway: boolean;
}

export interface NetworkSeen {
  readonly id: string;
  readonly name: string;
  /** The default network of the site: its VLAN and interfaces do not change, and it is never deleted. */
  readonly primary: boolean;
  readonly purpose: "Interface" | "VLAN";
  /** Of a network with a single VLAN. */
  readonly vlan?: number;
  /** The gateway's own address with prefix length: 192.168.20.1/24. */
  readonly gatewaySubnet?: string;
  readonly isolated?: boolean;
  readonly domain?: string;
  readonly dhcp?: DhcpSeen;
  /** 6.x: its settings are still on their way to the devices. */
  readonly delivering?: boolean;
}

export interface DhcpSeen {
  readonly enabled: boolean;
  readonly ranges: readonly { readonly start: string; readonly end: string }[];
  /** Omada keeps whole minutes. */
  readonly leaseSeconds?: number;
  /** Empty: the gateway is the name server. */
  readonly dns: readonly string[];
}

/** A switch port profile. */
export interface ProfileSeen {
  readonly id: string;
  readonly name: string;
  /** Made by Omada (All, Disable, one for each network): never changed or deleted. */
  readonly builtIn: boolean;
  readonly nativeNetworkId?: string;
  readonly taggedNetworkIds: readonly string[];
  /** Profile All: every network is tagged, also one that is made later. */
  readonly taggedAll?: boolean;
}

export type DeviceRole = "Gateway" | "Switch" | "AccessPoint";

export interface DeviceSeen {
  readonly mac: string;
  readonly role: DeviceRole;
  readonly name: string;
  /** As Omada shows it: ER605, SG3428, EAP225-Outdoor. */
  readonly model: string;
  readonly firmware?: string;
  readonly ip?: string;
  readonly state: "Connected" | "Disconnected" | "Pending" | "HeartbeatMissed" | "Isolated" | "Configuring";
  /** Milliseconds since the epoch. */
  readonly lastSeen?: number;
  readonly uplink?: { readonly mac: string; readonly name?: string; readonly port?: number };
  /** Ports of a switch, or LAN ports of a gateway; absent when not asked for or not readable. */
  readonly ports?: readonly PortSeen[];
  /** WAN ports of a gateway; of one that is away they are absent. */
  readonly wan?: readonly WanSeen[];
  /** Radios of an access point. */
  readonly radios?: readonly RadioSeen[];
  /** Longest Ethernet frame that a switch passes, in bytes with header and checksum; absent when not told. */
  readonly maxFrameBytes?: number;
  /** WLAN group of an access point: it broadcasts the SSIDs of this one group. */
  readonly wlanGroupId?: string;
  /** SSIDs of its group that this access point has switched off, by id; absent when not told. */
  readonly ssidsOff?: readonly string[];
}

export interface PortSeen {
  readonly number: number;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly linkUp?: boolean;
  /** Mbit/s. */
  readonly speedMbps?: number;
  readonly profileId?: string;
  readonly poe?: boolean;
  /** Native network and tagged networks as the port really has them; absent where `readsPorts` is false. */
  readonly nativeNetworkId?: string;
  readonly taggedNetworkIds?: readonly string[];
  /** Tagged networks are "all", as profile All has it. */
  readonly taggedAll?: boolean;
}

export interface WanSeen {
  readonly name: string;
  readonly port: number;
  readonly linkUp: boolean;
  /** Mbit/s. */
  readonly speedMbps?: number;
  readonly online: boolean;
  readonly ip?: string;
}

export type Band = "2.4GHz" | "5GHz" | "6GHz";

export interface RadioSeen {
  readonly band: Band;
  readonly enabled: boolean;
  /** Channel number that is used; what is set may be "auto". */
  readonly channel?: number;
  readonly setChannel?: number | "Auto";
  readonly widthMHz?: number;
  readonly power?: "Low" | "Medium" | "High" | "Custom" | "Auto";
}

export interface WlanSeen {
  readonly id: string;
  /** The WLAN group it is in. */
  readonly groupId: string;
  readonly ssid: string;
  readonly enabled?: boolean;
  readonly bands: readonly Band[];
  readonly hidden: boolean;
  readonly security: "Open" | "WPA2" | "WPA3" | "WPA2/WPA3" | "Enterprise" | "PPSK" | "Other";
  readonly guest: boolean;
  /** VLAN its clients land in; absent: the default network's. */
  readonly vlan?: number;
  readonly networkId?: string;
}

export type AclTable = "gateway" | "switch" | "ap";

export interface AclSeen {
  readonly id: string;
  readonly table: AclTable;
  /** From 1; the first match wins. */
  readonly index: number;
  readonly description: string;
  readonly enabled: boolean;
  readonly action: "Deny" | "Allow";
  /** IP protocol numbers; 256: all. */
  readonly protocols: readonly number[];
  readonly source: AclEnd;
  readonly destination: AclEnd;
  /** Of a gateway rule that goes one of these two ways and no other. */
  readonly direction?: "LanToWan" | "LanToLan";
}

export interface AclEnd {
  readonly type: "network" | "ipGroup" | "ipPortGroup" | "ssid" | "other";
  readonly ids: readonly string[];
}

/** A group of addresses, with ports or without. */
export interface GroupSeen {
  readonly id: string;
  readonly name: string;
  readonly builtIn: boolean;
  readonly type: "ip" | "ipPort" | "other";
  readonly cidrs: readonly string[];
  readonly ports: readonly string[];
  /** Descriptions of its entries; our mark is in the first (I9). */
  readonly descriptions: readonly string[];
}

/** A DHCP reservation; its key is the MAC. */
export interface ReservationSeen {
  readonly mac: string;
  readonly networkId: string;
  readonly ip: string;
  readonly enabled: boolean;
  readonly description: string;
}

export interface ClientSeen {
  readonly mac: string;
  readonly name: string;
  readonly ip?: string;
  readonly wireless: boolean;
  readonly ssid?: string;
  /** Access point or switch or gateway it hangs on. */
  readonly deviceMac?: string;
  readonly port?: number;
  readonly vlan?: number;
}

/** One consistent look at a site. Immutable. A part that was not asked for is absent; one that is empty was seen empty. */
export interface SiteSeen {
  /** Sequence number of the look, taken when its first request was sent (O2). */
  readonly sequence: number;
  /** `controllerVer`: 5.15.8.12. */
  readonly version: string;
  readonly omadacId: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly abilities: SiteAbilities;
  readonly devices: ReadonlyMap<string, DeviceSeen>;
  /** Lists that were first read a moment ago: one that is short at its first look is not believed either (N1). */
  readonly young?: readonly SitePart[];
  /** Parts that are wanted and that the role of the application may not read, each with why. */
  readonly refused?: ReadonlyMap<SitePart, string>;
  readonly networks?: readonly NetworkSeen[];
  readonly profiles?: readonly ProfileSeen[];
  /** The WLAN groups; the primary one is where access points are by default. */
  readonly wlanGroups?: readonly { readonly id: string; readonly name: string; readonly primary: boolean }[];
  readonly wlans?: readonly WlanSeen[];
  readonly acls?: readonly AclSeen[];
  readonly groups?: readonly GroupSeen[];
  readonly reservations?: readonly ReservationSeen[];
  readonly clients?: readonly ClientSeen[];
}
