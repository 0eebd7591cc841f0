/** What a guest offers once it has booted. */
export interface Service {
  readonly port: number;
  readonly protocol: "tcp" | "http" | "https" | "dns" | "ntp" | "postgres";
  /** http and https: the status it answers; 200 by default. */
  readonly status?: number;
}

/** How a guest behaves; nothing of this is visible through the API of Proxmox VE. Seconds are divided by the speed. */
export interface Behaviour {
  readonly bootSeconds?: number;
  readonly shutdownSeconds?: number;
  /** The guest ignores the shutdown signal. */
  readonly ignoreShutdown?: boolean;
  /** The text each start task ends with, instead of starting. */
  readonly startFails?: string;
  /** Each start task starts the guest and then ends: with one warning, or killed, without a word. */
  readonly startEnds?: "warning" | "killed";
  /** Starts and hangs: runs, but never serves. */
  readonly neverServes?: boolean;
  /** A VM's guest agent never answers. */
  readonly agentMissing?: boolean;
  readonly services?: readonly Service[];
}

export interface GuestOptions extends Behaviour {
  readonly vmid: number;
  readonly type?: "lxc" | "qemu";
  readonly node?: string;
  readonly name?: string;
  /** Runs when the simulator is first started. */
  readonly running?: boolean;
  /** Keys of the stored configuration as Proxmox VE writes them; null leaves out what would be there by default. */
  readonly config?: Readonly<Record<string, string | number | null>>;
}

export interface StorageOptions {
  readonly storage: string;
  readonly type: "dir" | "nfs" | "zfspool" | "lvmthin" | "lvm";
  readonly content: string;
  readonly totalBytes?: number;
  readonly usedBytes?: number;
  readonly shared?: boolean;
  readonly disabled?: boolean;
  /** Nodes that have it; all by default. */
  readonly nodes?: readonly string[];
}

export interface BridgeOptions {
  readonly iface: string;
  readonly node?: string;
  readonly cidr?: string;
  readonly gateway?: string;
  readonly ports?: string;
  readonly vlanAware?: boolean;
  readonly mtu?: number;
}

export interface UserOptions {
  readonly userid: string;
  readonly password?: string;
  readonly enable?: boolean;
  /** Seconds since the epoch; 0 or absent: never. */
  readonly expire?: number;
}

export interface TokenOptions {
  /** user@realm!name */
  readonly tokenid: string;
  /** A UUID; generated when absent. */
  readonly secret?: string;
  readonly privsep?: boolean;
  readonly expire?: number;
}

export interface AclOptions {
  readonly path: string;
  /** A user or, with `!`, a token. */
  readonly ugid: string;
  readonly role: string;
  readonly propagate?: boolean;
}

/** Configuration of the simulator; everything has a default. */
export interface SimulatorOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  readonly adminPort?: number;
  /** Where state, certificates and the access log live. Without it a temporary folder, removed at the end. */
  readonly stateDirectory?: string;
  /** Guests, tasks, lock waits, broadcasts and reboots are this many times faster than life. */
  readonly speed?: number;
  /** pve-manager version; below 9 some defaults differ. */
  readonly version?: string;
  readonly clusterName?: string;
  readonly nodes?: readonly string[];
  readonly storages?: readonly StorageOptions[];
  readonly bridges?: readonly BridgeOptions[];
  /** Volume ids of container templates, ISO images and disk images to import. */
  readonly templates?: readonly string[];
  readonly guests?: readonly GuestOptions[];
  readonly users?: readonly UserOptions[];
  readonly tokens?: readonly TokenOptions[];
  readonly roles?: Readonly<Record<string, string>>;
  readonly acls?: readonly AclOptions[];
  readonly pools?: readonly string[];
  /** datacenter.cfg as the API gives it. */
  readonly datacenter?: Readonly<Record<string, string>>;
  /** Seconds by task type. */
  readonly taskSeconds?: Readonly<Record<string, number>>;
  /** Seconds between two publications of guest and node data. */
  readonly broadcastSeconds?: number;
  /** Milliseconds a 401 is held back; not divided by the speed. */
  readonly unauthorizedDelayMs?: number;
  /** Milliseconds after which an idle connection is closed; not divided by the speed. */
  readonly idleMs?: number;
  /** Milliseconds each call takes at least. */
  readonly latencyMs?: number;
  readonly hostRebootSeconds?: number;
  /** Seconds the nodes have been up when the simulator is first started; a day by default. */
  readonly uptimeSeconds?: number;
  /** Seconds a waiting file lock is waited for. */
  readonly lockWaitSeconds?: number;
  /** How guests that say nothing behave (also those made through the API). */
  readonly guestDefaults?: Behaviour;
  /** Behaviour of guests made through the API, by vmid or host name. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  /** Second octet of the guests' loopback addresses; by default by chance. */
  readonly addressOctet?: number;
}

const GiB = 1024 ** 3;

/** Secret of the token that exists when no token is configured. */
export const DEFAULT_TOKEN = {
  tokenid: "homelab@pve!controller",
  secret: "11111111-2222-4333-8444-555555555555",
} as const;

/** The privileges the token gets when no token is configured. */
export const DEFAULT_ROLE = [
  "Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit Pool.Audit SDN.Audit SDN.Use",
  "Sys.AccessNetwork Sys.Audit Sys.Modify",
  "VM.Allocate VM.Audit VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType",
  "VM.Config.Memory VM.Config.Network VM.Config.Options",
  "VM.GuestAgent.Audit VM.Migrate VM.PowerMgmt VM.Snapshot VM.Snapshot.Rollback",
].join(" ");

/** The options with every gap filled. */
export type Settings = Required<SimulatorOptions>;

export function withDefaults(options: SimulatorOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults(), ...accessDefaults(options), ...given };
}

/** Keys that mean nothing; a misspelt option should not go unnoticed. */
export function unknownOptions(options: SimulatorOptions): string[] {
  const known = new Set([...Object.keys(defaults()), "users", "tokens", "roles", "acls"]);
  return Object.keys(options).filter((key) => !known.has(key));
}

function accessDefaults(options: SimulatorOptions): Pick<Settings, "users" | "tokens" | "roles" | "acls"> {
  if (options.tokens !== undefined) return { users: [], tokens: [], roles: {}, acls: [] };
  const userid = DEFAULT_TOKEN.tokenid.slice(0, DEFAULT_TOKEN.tokenid.indexOf("!"));
  return {
    users: [{ userid: "root@pam", password: "proxmox" }, { userid }],
    tokens: [{ ...DEFAULT_TOKEN, privsep: true }],
    roles: { HomelabController: DEFAULT_ROLE },
    acls: [
      { path: "/", ugid: userid, role: "HomelabController" },
      { path: "/", ugid: DEFAULT_TOKEN.tokenid, role: "HomelabController" },
    ],
  };
}

function defaults(): Omit<Settings, "users" | "tokens" | "roles" | "acls"> {
  return {
    port: 0,
    adminPort: 0,
    stateDirectory: "",
    speed: 1,
    version: "9.2.11",
    clusterName: "",
    nodes: ["pve1"],
    storages: [
      { storage: "local", type: "dir", content: "vztmpl,import,iso,backup,snippets", totalBytes: 100 * GiB },
      { storage: "local-zfs", type: "zfspool", content: "rootdir,images", totalBytes: 1000 * GiB },
    ],
    bridges: [{ iface: "vmbr0", cidr: "10.0.0.11/24", gateway: "10.0.0.1", ports: "eno1", vlanAware: true }],
    templates: ["local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"],
    guests: [],
    pools: [],
    datacenter: {},
    taskSeconds: {},
    broadcastSeconds: 10,
    unauthorizedDelayMs: 3000,
    idleMs: 5000,
    latencyMs: 0,
    hostRebootSeconds: 60,
    uptimeSeconds: 86400,
    lockWaitSeconds: 10,
    guestDefaults: {},
    behaviours: {},
    addressOctet: 0,
  };
}
