import { createHash } from "node:crypto";
import type {
  ContainerCreate,
  GuestConfig,
  GuestType,
  Mount,
  NetworkInterface,
  Startup,
  VmHardware,
} from "../../controller/providers/port.ts";

/** One guest of the fake world. Tests may change any field directly; times are those of the node's clock. */
export interface FakeGuest {
  readonly type: GuestType;
  readonly vmid: number;
  node: string;
  name: string;
  power: "Running" | "Stopped";
  /** Node clock, milliseconds; set while running. */
  startedAt: number | undefined;
  tags: string[];
  lock: string | undefined;
  template: boolean;
  /** HA state; undefined when HA does not manage it. */
  ha: string | undefined;
  onboot: boolean;
  startup: Startup;
  protection: boolean;
  unprivileged: boolean;
  description: string | undefined;
  cores: number | undefined;
  cpuLimit: string | undefined;
  cpuWeight: number | undefined;
  memoryMiB: number;
  swapMiB: number;
  features: Record<string, string>;
  rootfs: Mount | undefined;
  mounts: Mount[];
  networks: NetworkInterface[];
  nameservers: string[];
  searchDomain: string | undefined;
  unused: string[];
  snapshots: string[];
  /** Descriptions by name. */
  snapshotTexts: Record<string, string>;
  /** Its storage can make snapshots. */
  canSnapshot: boolean;
  /** What the task of a snapshot ends with, where it fails. */
  snapshotFailure: string | undefined;
  backupJobs: string[];
  replicationJobs: string[];
  otherKeys: string[];
  smbiosUuid: string | undefined;
  /** What it answers with while it runs. */
  addresses: string[];
  /** Duration of its start task, of its own shutdown (Infinity: it ignores the request), milliseconds. */
  startMs: number;
  stopMs: number;
  /** The caller's token may not see it (a lost privilege). */
  hidden: boolean;
  /** What only a VM has. */
  vm: VmHardware;
  /** Changes by key that take effect when it is started next. */
  readonly waiting: Map<string, (guest: FakeGuest) => void>;
}

export function fakeGuest(fields: Partial<FakeGuest> & { readonly vmid: number }): FakeGuest {
  const running = fields.power === "Running";
  return {
    type: "lxc",
    node: "pve1",
    name: `guest-${String(fields.vmid)}`,
    power: "Stopped",
    tags: [],
    lock: undefined,
    template: false,
    ha: undefined,
    onboot: false,
    startup: {},
    protection: false,
    unprivileged: true,
    description: undefined,
    cores: 1,
    cpuLimit: undefined,
    cpuWeight: undefined,
    memoryMiB: 512,
    swapMiB: 512,
    features: {},
    rootfs: { key: "rootfs", volume: `local-zfs:subvol-${String(fields.vmid)}-disk-0`, sizeMiB: 8192 },
    mounts: [],
    networks: [],
    nameservers: [],
    searchDomain: undefined,
    unused: [],
    snapshots: [],
    snapshotTexts: {},
    canSnapshot: true,
    snapshotFailure: undefined,
    backupJobs: [],
    replicationJobs: [],
    otherKeys: [],
    smbiosUuid: undefined,
    addresses: [`127.1.${String(fields.vmid >> 8)}.${String(fields.vmid & 255)}`],
    startMs: 2_000,
    stopMs: 3_000,
    hidden: false,
    vm: { disks: [], hostDevices: {} },
    waiting: new Map(),
    ...fields,
    startedAt: running ? (fields.startedAt ?? 0) : undefined,
  };
}

/** What a create call leaves behind once its task ended well. */
export function createdGuest(wanted: ContainerCreate): FakeGuest {
  const volume = (storage: string, index: number): string =>
    `${storage}:subvol-${String(wanted.vmid)}-disk-${String(index)}`;
  return fakeGuest({
    vmid: wanted.vmid,
    node: wanted.node,
    name: wanted.hostname,
    tags: [...wanted.tags],
    description: wanted.description,
    unprivileged: wanted.unprivileged,
    cores: wanted.cores,
    cpuLimit: wanted.cpuLimit,
    cpuWeight: wanted.cpuWeight,
    memoryMiB: wanted.memoryMiB,
    swapMiB: wanted.swapMiB,
    features: { ...wanted.features },
    rootfs: { key: "rootfs", volume: volume(wanted.rootfs.storage, 0), sizeMiB: wanted.rootfs.sizeMiB },
    mounts: wanted.mounts.map(({ storage, ...mount }, index) => ({ ...mount, volume: volume(storage, index + 1) })),
    networks: wanted.networks.map((net, index) => ({
      mac: `BC:24:11:00:${hex(wanted.vmid)}:${hex(index)}`,
      ...net,
      key: `net${String(index)}`,
    })),
    nameservers: [...wanted.nameservers],
    searchDomain: wanted.searchDomain,
  });
}

function hex(value: number): string {
  return (value & 255).toString(16).padStart(2, "0").toUpperCase();
}

/** What waits is in effect from now on: it is being started. */
export function applyWaiting(guest: FakeGuest): void {
  for (const apply of guest.waiting.values()) apply(guest);
  guest.waiting.clear();
}

/** As it will be once what waits is in effect. */
function merged(stored: FakeGuest): FakeGuest {
  const guest = { ...stored, mounts: [...stored.mounts], networks: [...stored.networks] };
  for (const apply of stored.waiting.values()) apply(guest);
  return guest;
}

/** A change of a mount that waits keeps the size of when it was written; the volume may have grown since. */
function withLiveSize(stored: FakeGuest, mount: Mount): Mount {
  const sizeMiB = stored.mounts.find(({ key }) => key === mount.key)?.sizeMiB;
  return sizeMiB === undefined || sizeMiB === mount.sizeMiB ? mount : { ...mount, sizeMiB, staleSize: true };
}

/** Its configuration as the port gives it; while it is being created only the lock is there. */
export function configOf(stored: FakeGuest): GuestConfig {
  const guest = merged(stored);
  const bare = guest.lock === "create";
  const config: Omit<GuestConfig, "digest"> = {
    ...(bare ? {} : configFields(guest)),
    pending: [...stored.waiting.keys()].toSorted(),
    mounts: bare ? [] : guest.mounts.map((mount) => withLiveSize(stored, mount)),
    unused: guest.unused,
    networks: bare ? [] : guest.networks,
    nameservers: guest.nameservers,
    onboot: guest.onboot,
    startup: guest.startup,
    protection: guest.protection,
    tags: [...guest.tags].toSorted(),
    template: guest.template,
    otherKeys: bare ? [] : guest.otherKeys,
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
  };
  return { ...config, digest: createHash("sha1").update(JSON.stringify(config)).digest("hex") };
}

function configFields(guest: FakeGuest): Partial<GuestConfig> {
  return {
    name: guest.name,
    memoryMiB: guest.memoryMiB,
    ...(guest.cores === undefined ? {} : { cores: guest.cores }),
    ...(guest.cpuLimit === undefined ? {} : { cpuLimit: guest.cpuLimit }),
    ...(guest.cpuWeight === undefined ? {} : { cpuWeight: guest.cpuWeight }),
    ...(guest.description === undefined ? {} : { description: guest.description }),
    ...(guest.searchDomain === undefined ? {} : { searchDomain: guest.searchDomain }),
    ...(guest.smbiosUuid === undefined ? {} : { smbiosUuid: guest.smbiosUuid }),
    ...(guest.type === "qemu"
      ? hardwareOf(guest.vm)
      : {
          swapMiB: guest.swapMiB,
          unprivileged: guest.unprivileged,
          ...(Object.keys(guest.features).length === 0 ? {} : { features: guest.features }),
          ...(guest.rootfs === undefined ? {} : { rootfs: guest.rootfs }),
        }),
  };
}

export function label(guest: FakeGuest): "CT" | "VM" {
  return guest.type === "lxc" ? "CT" : "VM";
}

/** Why it cannot be destroyed, in Proxmox's words (contract 4.9, 5.5). */
export function keptFromDestroy(guest: FakeGuest): string | undefined {
  const what = `${label(guest)} ${String(guest.vmid)}`;
  if (guest.power === "Running")
    return guest.type === "lxc"
      ? `unable to destroy ${what} - container is running`
      : `${what} is running - destroy failed`;
  if (guest.protection) return `can't remove ${what} - protection mode enabled`;
  if (guest.lock !== undefined) return `${label(guest)} is locked (${guest.lock})`;
  return guest.ha === undefined
    ? undefined
    : `unable to remove ${what} - used in HA resources and purge parameter not set.`;
}

/** What a node says that does not have it, or no longer. */
export function noConfig({ vmid, type }: FakeGuest, node: string): string {
  const path = type === "lxc" ? "lxc" : "qemu-server";
  return `Configuration file 'nodes/${node}/${path}/${String(vmid)}.conf' does not exist`;
}

function hardwareOf(vm: VmHardware): Partial<GuestConfig> {
  return { vm, ...(vm.agent === undefined ? {} : { agent: vm.agent.includes("enabled=1") }) };
}
