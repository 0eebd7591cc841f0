import type {
  CloudAddress,
  ConfigChange,
  ContainerCreate,
  Disk,
  GuestConfig,
  Growth,
  MachineCreate,
  Mount,
  NetworkInterface,
  NewDisk,
  NewMount,
  VmHardware,
} from "../../providers/port.ts";
import { NOTHING } from "../guests/vmCreation.ts";

/** Of a container: nothing yet, and no hardware of a machine. */
const { vm: _, ...EMPTY } = NOTHING;

/** Settings that read back as they are written; the compiler sees to it that none is left out. */
const SETTINGS: Readonly<Record<Exclude<keyof ConfigChange & keyof VmHardware, keyof Parts>, true>> = {
  machine: true,
  bios: true,
  cpu: true,
  sockets: true,
  balloonMiB: true,
  agent: true,
  ciUser: true,
  ciCustom: true,
};

/** What reads back otherwise than it is written. */
type Parts = Pick<ConfigChange, "disks" | "hostDevices" | "efiDisk" | "tpm" | "cloudInitDrive">;

/** The configuration as it reads once the change is written; `waiting`: keys that a running guest takes over later. */
export function writtenConfig(config: GuestConfig, change: ConfigChange, waiting: readonly string[]): GuestConfig {
  const { networks = [], mounts = [], addresses = [], ...rest } = change;
  const { disks: _, hostDevices: __, efiDisk: ___, tpm: ____, cloudInitDrive: _____, ...more } = rest;
  const plain = Object.fromEntries(Object.entries(more).filter(([key]) => !Object.hasOwn(SETTINGS, key)));
  return {
    ...config,
    ...plain,
    pending: [...new Set([...config.pending, ...waiting])].sort(),
    networks: addressed(replaced(config.networks, networks), addresses),
    mounts: replaced(config.mounts, mounts.map(mountOf)),
    ...(change.agent === undefined ? {} : { agent: !/^(enabled=)?0/.test(change.agent) }),
    ...(config.vm === undefined ? {} : { vm: writtenHardware(config.vm, change) }),
  };
}

function writtenHardware(vm: VmHardware, change: ConfigChange): VmHardware {
  const { disks = [], hostDevices = {}, efiDisk, tpm, cloudInitDrive } = change;
  const volumes = Object.entries({ efiDisk, tpm, cloudInitDrive }).flatMap(([key, volume]) =>
    volume === undefined ? [] : [[key, `${volume.storage}:new`] as const],
  );
  const settings = Object.entries(change).filter(([key, value]) => value !== undefined && Object.hasOwn(SETTINGS, key));
  return {
    ...vm,
    ...Object.fromEntries([...settings, ...volumes]),
    disks: replaced(vm.disks, disks.map(diskOf)),
    hostDevices: { ...vm.hostDevices, ...hostDevices },
  };
}

/** Keys of Proxmox's configuration that the change writes, as its list of pending changes names them. */
export function keysOf(change: ConfigChange): readonly string[] {
  const { networks = [], mounts = [], disks = [], addresses = [], hostDevices = {}, ...plain } = change;
  return [
    ...Object.keys(plain).map((key) => NAMES[key] ?? key.toLowerCase()),
    ...[...networks, ...mounts, ...disks].map(({ key }) => key),
    ...addresses.map(({ key }) => key.replace("net", "ipconfig")),
    ...Object.keys(hostDevices),
  ];
}

/** Where Proxmox's word is another than ours in lower case. */
const NAMES: Readonly<Record<string, string>> = {
  nameservers: "nameserver",
  memoryMiB: "memory",
  swapMiB: "swap",
  balloonMiB: "balloon",
  efiDisk: "efidisk0",
  tpm: "tpmstate0",
  cpuWeight: "cpuunits",
};

/** What a created guest has; undefined: a clone has what its template had. */
export function createdConfig(creation: ContainerCreate | MachineCreate): GuestConfig | undefined {
  if (!("is" in creation)) return createdContainer(creation);
  if (creation.is === "clone") return undefined;
  const bare: GuestConfig = { ...EMPTY, name: creation.name, vm: { disks: [], hostDevices: {} } };
  return writtenConfig(bare, creation.change, []);
}

function createdContainer(creation: ContainerCreate): GuestConfig {
  const { hostname, rootfs, mounts, networks, ...more } = creation;
  const { vmid: _, node: __, template: ___, sshKeys: ____, password: _____, ...plain } = more;
  return {
    ...EMPTY,
    ...plain,
    name: hostname,
    rootfs: { key: "rootfs", volume: `${rootfs.storage}:new`, sizeMiB: rootfs.sizeMiB },
    mounts: mounts.map(mountOf),
    networks: networks.map((network, index) => ({ ...network, key: `net${String(index)}` })),
  };
}

/** The volume has the size; a size that a waiting change says is no longer older. */
export function grownConfig(config: GuestConfig, { disk, sizeMiB }: Growth): GuestConfig {
  const grown = <T extends Mount | Disk>(volume: T): T => (volume.key === disk ? { ...volume, sizeMiB } : volume);
  return {
    ...config,
    ...(config.rootfs === undefined ? {} : { rootfs: grown(config.rootfs) }),
    mounts: config.mounts.map(grown),
    ...(config.vm === undefined ? {} : { vm: { ...config.vm, disks: config.vm.disks.map(grown) } }),
  };
}

function mountOf(mount: Mount | NewMount): Mount {
  if ("volume" in mount) {
    const { staleSize: _, ...written } = mount;
    return written;
  }
  const { storage, ...rest } = mount;
  return { ...rest, volume: `${storage}:new` };
}

function diskOf(disk: Disk | NewDisk): Disk {
  if ("volume" in disk) {
    const { staleSize: _, ...written } = disk;
    return written;
  }
  const { storage, importFrom, ...rest } = disk;
  // How large its image is nobody knows yet; it is hardly ever as large as the disk, which then grows.
  return { ...rest, volume: `${storage}:new`, ...(importFrom === undefined ? {} : { sizeMiB: 0 }) };
}

/** Those that are written stand for what was stored under their key. */
function replaced<T extends { readonly key: string }>(stored: readonly T[], written: readonly T[]): readonly T[] {
  const keys = new Set(written.map(({ key }) => key));
  return [...stored.filter(({ key }) => !keys.has(key)), ...written];
}

function addressed(
  networks: readonly NetworkInterface[],
  addresses: readonly CloudAddress[],
): readonly NetworkInterface[] {
  return networks.map((network) => {
    const given = addresses.find(({ key }) => key === network.key);
    if (given === undefined) return network;
    const { ipv4: _, gateway4: __, ipv6: ___, gateway6: ____, ...wire } = network;
    return { ...wire, ...given };
  });
}
