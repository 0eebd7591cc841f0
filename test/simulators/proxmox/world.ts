import type { Behaviour } from "./options.ts";
import { Section } from "../shared/journal.ts";

export type GuestType = "lxc" | "qemu";

export interface Snapshot {
  name: string;
  description: string;
  snaptime: number;
  parent?: string;
  config: Record<string, string>;
  vmstate?: boolean;
}

/** A guest: what is stored about it, and how it runs. Configuration values are text, as in the file on a node. */
export interface Guest {
  vmid: number;
  type: GuestType;
  node: string;
  config: Record<string, string>;
  pending: Record<string, string>;
  /** Keys whose deletion waits for the next start; 2 destroys the volume as well. */
  pendingDelete: Record<string, number>;
  snapshots: Snapshot[];
  behaviour: Behaviour;
  running: boolean;
  pid?: number;
  /** Milliseconds since the epoch. */
  startedAt?: number;
  /** Runs, but its services are gone. */
  hung?: boolean;
  /** A VM whose processors stand still. */
  paused?: boolean;
  /** What the cloud-init drive was last made from. */
  cloudInit?: Record<string, string>;
}

export interface NodeState {
  name: string;
  online: boolean;
  /** Milliseconds since the epoch. */
  bootedAt: number;
  interfaces: Record<string, NetworkInterface>;
  /** Interfaces as edited but not yet applied. */
  interfacesNew?: Record<string, NetworkInterface>;
}

export type NetworkInterface = Record<string, string | number | string[]>;

export interface StorageState {
  storage: string;
  type: string;
  content: string;
  total: number;
  used: number;
  shared: boolean;
  disabled: boolean;
  nodes?: string[];
}

export interface Volume {
  volid: string;
  storage: string;
  content: string;
  format: string;
  size: number;
  ctime: number;
  vmid?: number;
  /** The address it was downloaded from. */
  fetchedFrom?: string;
}

export interface User {
  userid: string;
  password?: string;
  enable: boolean;
  expire: number;
  comment?: string;
  email?: string;
  firstname?: string;
  lastname?: string;
}

export interface Token {
  tokenid: string;
  secret: string;
  privsep: boolean;
  expire: number;
  comment?: string;
}

export interface Acl {
  path: string;
  ugid: string;
  roleid: string;
  propagate: boolean;
}

export interface TaskRecord {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  /** Seconds since the epoch. */
  starttime: number;
  type: string;
  id: string;
  /** user@realm or user@realm!token */
  user: string;
  log: string[];
  endtime?: number;
  /** The same in milliseconds, for the admin port alone. */
  endedAt?: number;
  exit?: string;
}

export interface HaResource {
  sid: string;
  vmid: number;
  type: "ct" | "vm";
  state: string;
  comment?: string;
  max_restart?: number;
  max_relocate?: number;
  failback?: number;
  /** A node it has been asked to move to. */
  moveTo?: string;
}

/** Everything the simulator remembers, each part saved as it changes. */
export class World {
  readonly guests = new Section<Guest>("guests");
  readonly nodes = new Section<NodeState>("nodes");
  readonly storages = new Section<StorageState>("storages");
  readonly volumes = new Section<Volume>("volumes");
  readonly users = new Section<User>("users");
  readonly tokens = new Section<Token>("tokens");
  readonly roles = new Section<string[]>("roles");
  readonly acls = new Section<Acl>("acls");
  readonly pools = new Section<{ poolid: string; comment?: string; vms: number[]; storages: string[] }>("pools");
  readonly ha = new Section<HaResource>("ha");
  readonly backupJobs = new Section<Record<string, string | number>>("backupJobs");
  readonly replicationJobs = new Section<Record<string, string | number>>("replicationJobs");
  readonly datacenter = new Section<string>("datacenter");
  readonly tasks = new Section<TaskRecord>("tasks");
  /** Odds and ends: keys of tickets, the address octet, counters, quorum. */
  readonly facts = new Section<string>("facts");

  sections(): readonly Section<unknown>[] {
    return [
      this.guests,
      this.nodes,
      this.storages,
      this.volumes,
      this.users,
      this.tokens,
      this.roles,
      this.acls,
      this.pools,
      this.ha,
      this.backupJobs,
      this.replicationJobs,
      this.datacenter,
      this.tasks,
      this.facts,
    ];
  }

  guest(vmid: number): Guest | undefined {
    return this.guests.get(String(vmid));
  }

  saveGuest(guest: Guest): void {
    this.guests.touch(String(guest.vmid));
  }

  /** False only while a fault took the quorum away. */
  get quorate(): boolean {
    return this.facts.get("quorate") !== "0";
  }

  /** The node whose API this is. */
  get localNode(): string {
    return this.nodes.keys().next().value ?? "localhost";
  }
}
