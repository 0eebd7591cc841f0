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

/** The configuration as it reads once the change is written; `waiting`: keys that a running guest takes over later. */
export function writtenConfig(config: GuestConfig, change: ConfigChange, waiting: readonly string[]): GuestConfig {
  const { networks = [], mounts = [], addresses = [], ...rest } = change;
  const { disks, hostDevices, efiDisk, tpm, cloudInitDrive, machine, bios, cpu, sockets, ...more } = rest;
  const { balloonMiB, agent, ciUser, ...plain } = more;
  const hardware = { disks, hostDevices, efiDisk, tpm, cloudInitDrive, machine, bios, cpu, sockets };
  return {
    ...config,
    ...plain,
    pending: [...new Set([...config.pending, ...waiting])].sort(),
    networks: addressed(replaced(config.networks, networks), addresses),
    mounts: replaced(config.mounts, mounts.map(mountOf)),
    ...(agent === undefined ? {} : { agent: !/^(enabled=)?0/.test(agent) }),
    ...(config.vm === undefined
      ? {}
      : { vm: writtenHardware(config.vm, { ...present(hardware), ...present({ balloonMiB, agent, ciUser }) }) }),
  };
}

function writtenHardware(vm: VmHardware, change: ConfigChange): VmHardware {
  const { disks = [], hostDevices = {}, efiDisk, tpm, cloudInitDrive, ...plain } = change;
  const made = { efiDisk, tpm, cloudInitDrive };
  const volumes = Object.entries(made).flatMap(([key, volume]) =>
    volume === undefined ? [] : [[key, `${volume.storage}:new`] as const],
  );
  const { machine, bios, cpu, sockets, balloonMiB, agent, ciUser } = plain;
  return {
    ...vm,
    ...present({ machine, bios, cpu, sockets, balloonMiB, agent, ciUser }),
    ...Object.fromEntries(volumes),
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
  const { storage, importFrom: __, ...rest } = disk;
  return { ...rest, volume: `${storage}:new` };
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

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
