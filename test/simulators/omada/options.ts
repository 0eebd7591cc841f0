import type { Json } from "./json.ts";
import type { Profile } from "./profile.ts";

export interface DeviceOptions {
  readonly mac: string;
  /** One of models.ts. */
  readonly model: string;
  readonly name?: string;
  readonly ip?: string;
  /** connected by default; pending waits for its adoption. */
  readonly state?: "connected" | "disconnected" | "pending";
}

export interface EndOptions {
  readonly mac: string;
  readonly port: number;
}

export interface ClientOptions {
  readonly mac: string;
  readonly name?: string;
  readonly ip?: string;
  /** Wired: the port of a switch or gateway it is plugged into. */
  readonly port?: EndOptions;
  /** Wireless: there as long as an access point has an enabled SSID of that name. */
  readonly ssid?: string;
  /** 0 for 2.4 GHz, 1 for 5 GHz. */
  readonly radio?: 0 | 1;
  readonly on?: boolean;
  /** What the controller takes it for: "camera", "pc" and so on. */
  readonly deviceType?: string;
}

export interface SiteOptions {
  readonly name: string;
  readonly devices?: readonly DeviceOptions[];
  readonly cables?: readonly (readonly [EndOptions, EndOptions])[];
  readonly clients?: readonly ClientOptions[];
  /** Networks beside the default one, as a body of `POST v2 lan-networks`. */
  readonly networks?: readonly Json[];
  /** SSIDs of the default WLAN group, as a body of its create call. */
  readonly ssids?: readonly Json[];
  /** Address and prefix of the gateway in the default network. */
  readonly gatewaySubnet?: string;
}

export interface ApplicationOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Names of the sites it may use; all by default. */
  readonly sites?: readonly string[];
}

export interface UserOptions {
  readonly username: string;
  readonly password: string;
}

/** The guest of a Proxmox VE simulator that this controller runs in. */
export interface FollowGuest {
  /** Admin port of that simulator. */
  readonly adminUrl: string;
  readonly vmid: number;
}

/** Configuration of the simulator; everything has a default. Seconds are divided by the speed. */
export interface OmadaOptions {
  readonly profile?: Profile;
  /** 0 takes a free port (default), or 8043 where a guest is followed. */
  readonly port?: number;
  /** Loopback address to listen at; where a guest is followed its own. */
  readonly address?: string;
  readonly adminPort?: number;
  /** Where state, certificates and the access log live. Without it a temporary folder, removed at the end. */
  readonly stateDirectory?: string;
  readonly speed?: number;
  /** 32 hex digits; by chance. */
  readonly omadacId?: string;
  readonly controllerName?: string;
  readonly applications?: readonly ApplicationOptions[];
  readonly users?: readonly UserOptions[];
  readonly sites?: readonly SiteOptions[];
  readonly followGuest?: FollowGuest | null;
  /** Seconds after its port opened during which every request gets a page instead of an answer. */
  readonly startSeconds?: number;
  /** Seconds an access token lives; not divided by the speed. */
  readonly tokenSeconds?: number;
  /** Seconds an idle web session lives; not divided by the speed. */
  readonly sessionSeconds?: number;
  /** What a web call without a living session gets: the login page, a redirect to it, or -1200. */
  readonly deadSession?: "page" | "redirect" | "error";
  /** How the passphrase of an SSID is read through the Open API: not at all, as stars, or as it is. */
  readonly passphrase?: "absent" | "masked" | "clear";
  /** Seconds until a list shows what was created. */
  readonly listLagSeconds?: number;
  /** Seconds a device configures itself after a write that concerns it. */
  readonly configureSeconds?: number;
  /** Seconds of each step of an adoption. */
  readonly adoptSeconds?: number;
  readonly rebootSeconds?: number;
  /** Seconds between the last sign of a device and its being called disconnected. */
  readonly heartbeatSeconds?: number;
  /** Milliseconds each write takes at least; more than five at once in a site fail. */
  readonly writeMs?: number;
  /** Milliseconds each call takes at least. */
  readonly latencyMs?: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs?: number;
  /** VLANs taken by WAN ports. */
  readonly wanVlans?: readonly number[];
}
