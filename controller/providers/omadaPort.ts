/**
 * What the controller asks of one site of a TP-Link Omada controller, in our own words and already canonical. Types only,
 * as in port.ts: the reconcilers see nothing else of Omada, and the provider sees no kind, no store and no API server.
 *
 * Rules of the port: a mutation reads what it must, then sends exactly one write, which is never repeated inside (A2), and
 * keeps every key it does not manage (N3); one write is in flight per site (N4); errors are `ProviderError`s; `signal` comes
 * last.
 */
import type { AclEnd, AclTable, Band, DhcpSeen, GroupSeen, ReservationSeen, SitePart, SiteSeen } from "./omadaSeen.ts";
import type { Reach } from "./port.ts";

/** A network as it shall be; fields that are absent are kept as they are (A11). */
export interface NetworkWish {
  readonly name: string;
  readonly purpose: "Interface" | "VLAN";
  readonly vlan?: number;
  readonly gatewaySubnet?: string;
  readonly isolated?: boolean;
  readonly domain?: string;
  readonly dhcp?: Partial<DhcpSeen>;
}

export interface ProfileWish {
  readonly name: string;
  readonly nativeNetworkId: string;
  readonly taggedNetworkIds: readonly string[];
}

/** Only what shall change of a port. On 5.x `setPort` takes one field of it at a time. */
export interface PortWish {
  readonly name?: string;
  readonly enabled?: boolean;
  /** 5.x. */
  readonly profileId?: string;
  /** 6.x. */
  readonly vlans?: { readonly nativeNetworkId: string; readonly taggedNetworkIds: readonly string[] };
}

export interface RadioWish {
  readonly band: Band;
  readonly enabled?: boolean;
  readonly channel?: number | "Auto";
  readonly widthMHz?: number;
  readonly power?: "Low" | "Medium" | "High" | "Auto";
}

export interface WlanWish {
  readonly ssid: string;
  readonly bands: readonly Band[];
  readonly hidden?: boolean;
  readonly security: "Open" | "WPA2" | "WPA3" | "WPA2/WPA3";
  /**
   * At creation, and in an update whenever the Secret is at hand: an update replaces the block that the passphrase is in,
   * and where Omada does not show it (no web session), an update without it is refused (`spec`). That it differs can't be
   * seen; the Secret's resourceVersion says when it must be sent (N3).
   */
  readonly passphrase?: string;
  readonly guest?: boolean;
  /** Default: none of its own, as the default network has it. */
  readonly vlan?: number | "Default";
}

export interface AclWish {
  readonly table: AclTable;
  readonly description: string;
  readonly enabled: boolean;
  readonly action: "Deny" | "Allow";
  readonly protocols: readonly number[];
  readonly source: AclEnd;
  readonly destination: AclEnd;
  /** Gateway rules: what they hold for. */
  readonly direction?: "LanToWan" | "LanToLan";
}

export interface GroupWish {
  readonly name: string;
  readonly type: "ip" | "ipPort";
  readonly cidrs: readonly string[];
  readonly ports: readonly string[];
  readonly description: string;
}

/** Where a WLAN is. */
export interface WlanRef {
  readonly groupId: string;
  readonly id: string;
}

/** One connection to one site. */
export interface OmadaPort {
  /** The last complete look; absent until the first. Never moves backwards. A list that shrank is believed once it repeats (N1). */
  seen(): SiteSeen | undefined;
  reach(): Reach;
  /** The last look succeeded. */
  sure(): boolean;
  readonly tlsVerified: boolean;
  onChange(listener: () => void): () => void;
  hurry(): void;
  /** While any key is busy the site is looked at every two seconds; else every pollIntervalSeconds. */
  keepBusy(key: string, busy: boolean): void;
  /** Which parts are read, for a key until it says otherwise. */
  want(key: string, parts: ReadonlySet<SitePart>): void;
  mark(): number;

  createNetwork(wish: NetworkWish, signal: AbortSignal): Promise<void>;
  updateNetwork(id: string, wish: Partial<NetworkWish>, signal: AbortSignal): Promise<void>;
  deleteNetwork(id: string, signal: AbortSignal): Promise<void>;

  createProfile(wish: ProfileWish, signal: AbortSignal): Promise<void>;
  updateProfile(id: string, wish: ProfileWish, signal: AbortSignal): Promise<void>;
  deleteProfile(id: string, signal: AbortSignal): Promise<void>;

  /** 5.x has one sub-resource for each field, so there a wish with more than one field is an error of kind `spec`. */
  setPort(device: string, port: number, wish: PortWish, signal: AbortSignal): Promise<void>;
  setRadio(device: string, wish: RadioWish, signal: AbortSignal): Promise<void>;
  renameDevice(device: string, name: string, signal: AbortSignal): Promise<void>;
  /** Moves an access point into another WLAN group: from then on it broadcasts the SSIDs of that one alone. */
  setWlanGroup(device: string, groupId: string, signal: AbortSignal): Promise<void>;

  createWlan(groupId: string, wish: WlanWish, signal: AbortSignal): Promise<void>;
  updateWlan(ref: WlanRef, wish: Partial<WlanWish>, signal: AbortSignal): Promise<void>;
  deleteWlan(ref: WlanRef, signal: AbortSignal): Promise<void>;

  createAcl(wish: AclWish, signal: AbortSignal): Promise<void>;
  updateAcl(id: string, wish: AclWish, signal: AbortSignal): Promise<void>;
  deleteAcl(id: string, signal: AbortSignal): Promise<void>;
  /** Puts the rules of a table in this order; ids that are left out keep their order after them. */
  orderAcls(table: AclTable, ids: readonly string[], signal: AbortSignal): Promise<void>;

  createGroup(wish: GroupWish, signal: AbortSignal): Promise<void>;
  updateGroup(id: string, wish: GroupWish, signal: AbortSignal): Promise<void>;
  deleteGroup(group: Pick<GroupSeen, "id" | "type">, signal: AbortSignal): Promise<void>;

  setReservation(wish: ReservationSeen, exists: boolean, signal: AbortSignal): Promise<void>;
  deleteReservation(mac: string, signal: AbortSignal): Promise<void>;
  renameClient(mac: string, name: string, signal: AbortSignal): Promise<void>;

  close(): void;
}

/** What one connection is made of; a new value is a new connection (P3). */
export interface OmadaConnection {
  readonly name: string;
  readonly endpoint: string;
  readonly site: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A web session, for what the Open API does not read. */
  readonly web?: { readonly username: string; readonly password: string };
  readonly tls: {
    /** PEM. */
    readonly ca?: string;
    /** SHA-256, upper case, colons. */
    readonly fingerprints?: readonly string[];
    readonly insecureSkipVerify?: boolean;
  };
  readonly pollIntervalSeconds: number;
}
