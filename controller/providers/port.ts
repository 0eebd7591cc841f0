/**
 * What the controller asks of a Proxmox VE cluster, in our own words and already canonical. Types only: the reconcilers
 * see nothing else of Proxmox, and the provider sees no kind, no store and no API server.
 *
 * Rules of the port: every mutation is exactly one request and never repeated inside (A2); errors are `ProviderError`s;
 * `signal` comes last; times are milliseconds since the epoch on the node's own clock unless said otherwise.
 */

export type {
  NetworkInterface,
  Mount,
  NewMount,
  GuestConfig,
  VmHardware,
  Disk,
  NewDisk,
  CloudAddress,
  Startup,
  ConfigChange,
  Growth,
  ImageDownload,
  MachineCreate,
} from "./portConfig.ts";
import type {
  ConfigChange,
  GuestConfig,
  Growth,
  ImageDownload,
  MachineCreate,
  NetworkInterface,
  NewMount,
} from "./portConfig.ts";

export type GuestType = "lxc" | "qemu";
export type Power = "Running" | "Stopped";

/** Where a guest is. */
export interface GuestRef {
  readonly type: GuestType;
  readonly node: string;
  readonly vmid: number;
}

/** One guest as the poller or a direct read saw it. */
export interface GuestSeen extends GuestRef {
  /** Hostname of a container, name of a VM. Empty when unknown. */
  readonly name: string;
  /** Unknown when its node is offline or its data is stale. */
  readonly power: Power | "Unknown";
  /** Start of the running guest; absent when it does not run. The same within ±5 s for the same start. */
  readonly startTime?: number;
  /** Lower case, sorted. */
  readonly tags: readonly string[];
  /** Proxmox's `lock` word (backup, create, migrate, …). */
  readonly lock?: string;
  readonly template: boolean;
  /** HA state when HA manages the guest ("started", "stopped", …); absent when it does not or is not known. */
  readonly ha?: string;
  /** Sequence number of the request that saw this, taken when the request was sent (O2). */
  readonly sequence: number;
}

export interface NodeSeen {
  readonly name: string;
  readonly online: boolean;
  /** pve-manager version, when the node answers. */
  readonly version?: string;
  /** Boot time of the node. Does not move while the process sees the same boot. Absent when never seen online. */
  readonly bootTime?: number;
  /** True once this process itself saw the node reboot (uptime fell, or is less than the time since the last good look by over 30 s) (L7). */
  readonly rebooted: boolean;
  /** The node's own clock when it answered. */
  readonly time?: number;
  /** That clock minus our monotonic one then, milliseconds; at most some seconds too little, never too much. */
  readonly clockOffsetMs?: number;
}

/** One consistent look at everything. Immutable. */
export interface ClusterSeen {
  /** Sequence number of the poll, taken when its first request was sent. */
  readonly sequence: number;
  readonly version: string;
  readonly nodes: ReadonlyMap<string, NodeSeen>;
  readonly guests: ReadonlyMap<number, GuestSeen>;
  /** A node task (startall, stopall, …) that runs now, by node, with its type and UPID. Read with each poll only while one was seen running. */
  readonly nodeTasks: ReadonlyMap<string, TaskSeen>;
}

/** How the connection is. `since`/`nextTryTime`: wall milliseconds. `message`: a sentence for a person. */
export type Reach =
  | { readonly is: "connecting" }
  | { readonly is: "reachable" }
  /** Two failed polls over all endpoints and at least 10 s (O3). */
  | { readonly is: "unreachable"; readonly since: number; readonly message: string }
  | { readonly is: "unauthorized"; readonly message: string; readonly nextTryTime: number }
  | { readonly is: "untrusted"; readonly message: string };

/** Effective privileges by ACL path, as `GET /access/permissions` gives them; true when they propagate. */
export type Permissions = ReadonlyMap<string, ReadonlyMap<string, boolean>>;

export interface TaskSeen {
  readonly upid: string;
  readonly node: string;
  /** Proxmox's own word: vzstart, vzshutdown, qmstop, stopall, … */
  readonly type: string;
  /** vmid as text; empty for node tasks. */
  readonly id: string;
  /** user@realm, with !token when a token acted. */
  readonly user: string;
  readonly startTime: number;
  /** Absent while it runs. */
  readonly endTime?: number;
  /** Exit text, "OK" on success; absent while it runs. */
  readonly exit?: string;
}

export type TaskState =
  | { readonly is: "running" }
  /** `ok` also for "WARNINGS: n". */
  | { readonly is: "ended"; readonly ok: boolean; readonly exit: string }
  /** Proxmox no longer knows the UPID: the result is unknown, look at the object. */
  | { readonly is: "lost" };

export type Absence =
  /** nextid answered the vmid from a quorate cluster (O4). */
  | "absent"
  /** nextid says the id is taken although no list shows it: a privilege is missing. */
  | "taken"
  /** Not quorate, or no answer. */
  | "unknown";

/** All that creating a container needs. Sizes are whole MiB. */
export interface ContainerCreate {
  readonly vmid: number;
  readonly node: string;
  readonly template: string;
  readonly hostname: string;
  readonly description?: string;
  readonly unprivileged: boolean;
  readonly cores?: number;
  readonly cpuLimit?: string;
  readonly cpuWeight?: number;
  readonly memoryMiB: number;
  readonly swapMiB: number;
  readonly rootfs: { readonly storage: string; readonly sizeMiB: number };
  readonly mounts: readonly NewMount[];
  readonly networks: readonly Omit<NetworkInterface, "key">[];
  readonly nameservers: readonly string[];
  readonly searchDomain?: string;
  readonly features: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly sshKeys?: string;
  readonly password?: string;
}

export interface BridgeSeen {
  readonly name: string;
  readonly active: boolean;
  readonly vlanAware: boolean;
  readonly mtu: number;
  /** The node's own address on it, with prefix length. */
  readonly cidr?: string;
  readonly gateway?: string;
}

/** A snapshot of a guest. */
export interface SnapshotSeen {
  readonly name: string;
  readonly description: string;
  /** Its making or removal was begun and not ended: it cannot be restored. */
  readonly unfinished?: true;
}

/** A snapshot to be made. */
export interface SnapshotWish {
  /** Letters, digits, - and _, at most 40 characters. */
  readonly name: string;
  readonly description: string;
  /** Of a VM that runs: its memory too. */
  readonly memory: boolean;
}

/** What stands in the way of a create, as far as reading can tell; a sentence for a person without moving numbers. */
export interface CreateObstacle {
  readonly kind: "spec" | "space" | "bridge";
  readonly message: string;
}

/** Where a guest is to go. */
export interface Move {
  readonly target: string;
  /** Of a VM that runs: while it runs, its local disks with it. A container must be stopped. */
  readonly online: boolean;
}

/** One connection to one Proxmox VE cluster. */
export interface ProxmoxPort {
  /** The last good look; absent until the first. Never moves backwards. */
  seen(): ClusterSeen | undefined;
  reach(): Reach;
  /** The last look succeeded; between a first failed one and `unreachable` nothing new is believed (O3). */
  sure(): boolean;
  /** False when the TLS identity is deliberately not verified. */
  readonly tlsVerified: boolean;
  /** user@realm!token of our own credentials. */
  readonly identity: string;
  /** Called after each poll and each change of reach; the returned function ends it. */
  onChange(listener: () => void): () => void;
  /** Look at once (a probe was refused, a mutation was sent). */
  hurry(): void;
  /** While any key is busy the poller looks about once a second; else every pollIntervalSeconds. */
  keepBusy(key: string, busy: boolean): void;
  /** The number the next request will get; what has a smaller sequence was seen before now (O2). */
  mark(): number;

  permissions(signal: AbortSignal): Promise<Permissions>;
  readGuest(ref: GuestRef, signal: AbortSignal): Promise<GuestSeen>;
  readConfig(ref: GuestRef, signal: AbortSignal): Promise<GuestConfig>;
  /**
   * Addresses of the guest's own interfaces, which its configuration names: static first, IPv4 first, no link-local (H1).
   * Empty when none yet.
   */
  readAddresses(ref: GuestRef, own: readonly NetworkInterface[], signal: AbortSignal): Promise<readonly string[]>;
  proveAbsence(vmid: number, signal: AbortSignal): Promise<Absence>;
  /** Tasks of a node newest first: running and finished ones, since a time (node clock), of one vmid where given. */
  tasks(
    node: string,
    query: { readonly since?: number; readonly vmid?: number; readonly activeOnly?: boolean },
    signal: AbortSignal,
  ): Promise<readonly TaskSeen[]>;
  taskState(upid: string, signal: AbortSignal): Promise<TaskState>;
  /** The first lines of a task's log. */
  taskLog(upid: string, signal: AbortSignal): Promise<readonly string[]>;
  /** What destroying would lose besides the guest's own volumes, each a phrase: unused volumes, replication, HA, backup jobs (I5). Snapshots: `snapshots`. */
  losses(ref: GuestRef, signal: AbortSignal): Promise<readonly string[]>;
  /** Oldest first or not; without the running state that Proxmox lists as "current". */
  snapshots(ref: GuestRef, signal: AbortSignal): Promise<readonly SnapshotSeen[]>;
  /** Whether all volumes of the guest are on storage that can make snapshots, and nothing else forbids it. */
  canSnapshot(ref: GuestRef, signal: AbortSignal): Promise<boolean>;
  bridges(node: string, signal: AbortSignal): Promise<readonly BridgeSeen[]>;
  /**
   * Storages, template and bridges a create needs, looked at without changing anything (A7). Empty does not promise that
   * the create succeeds.
   */
  createObstacles(create: ContainerCreate | MachineCreate, signal: AbortSignal): Promise<readonly CreateObstacle[]>;
  /** Whether a storage of the node lists this volume; false also where nothing is listed (no storage, no privilege). */
  hasVolume(node: string, volume: string, signal: AbortSignal): Promise<boolean>;

  /**
   * What stands against moving the guest as it is now, as far as reading can tell (A10): the node, storages, bridges,
   * local devices. Sentences for a person without moving numbers. Empty does not promise that it succeeds.
   */
  migrationObstacles(ref: GuestRef, target: string, signal: AbortSignal): Promise<readonly string[]>;

  /** Mutations. Those that fork a task return its UPID. */
  start(ref: GuestRef, signal: AbortSignal): Promise<string>;
  shutdown(
    ref: GuestRef,
    how: { readonly timeoutSeconds: number; readonly force: boolean },
    signal: AbortSignal,
  ): Promise<string>;
  create(container: ContainerCreate, signal: AbortSignal): Promise<string>;
  /**
   * Its task has the file's name for an id. A file of that name that is there is only checked: the task ends well when
   * its checksum is the same, and fails when it is not (contract 7.3).
   */
  download(image: ImageDownload, signal: AbortSignal): Promise<string>;
  /** Of a clone the task stands under the vmid of its source, on the source's node. */
  createMachine(machine: MachineCreate, signal: AbortSignal): Promise<string>;
  destroy(ref: GuestRef, signal: AbortSignal): Promise<string>;
  migrate(ref: GuestRef, move: Move, signal: AbortSignal): Promise<string>;
  createSnapshot(ref: GuestRef, snapshot: SnapshotWish, signal: AbortSignal): Promise<string>;
  deleteSnapshot(ref: GuestRef, name: string, signal: AbortSignal): Promise<string>;
  /** Guarded by the digest just read; a mismatch is a `conflict`. */
  configure(ref: GuestRef, change: ConfigChange, digest: string, signal: AbortSignal): Promise<void>;
  /** The same of a VM, by a task: for what makes volumes, and may take longer than an answer (contract 5.2). */
  configureByTask(ref: GuestRef, change: ConfigChange, digest: string, signal: AbortSignal): Promise<string>;
  /** Guarded in the same way. The size it has already and a smaller one are `spec`. */
  resize(ref: GuestRef, growth: Growth, digest: string, signal: AbortSignal): Promise<string>;

  /** Ends polling and closes the sockets. */
  close(): void;
}

/** The calls that change something. */
export type MutationName =
  | "start"
  | "shutdown"
  | "create"
  | "createMachine"
  | "download"
  | "destroy"
  | "migrate"
  | "configure"
  | "configureByTask"
  | "resize"
  | "createSnapshot"
  | "deleteSnapshot";

/** What one connection is made of; a new value is a new connection (P3). */
export interface ProxmoxConnection {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly tokenId: string;
  readonly tokenSecret: string;
  readonly tls: {
    /** PEM. */
    readonly ca?: string;
    /** SHA-256, upper case, colons. */
    readonly fingerprints?: readonly string[];
    readonly insecureSkipVerify?: boolean;
  };
  readonly pollIntervalSeconds: number;
}
