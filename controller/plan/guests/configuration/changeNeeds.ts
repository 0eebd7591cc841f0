import type { ConfigChange, Disk, GuestConfig, Mount, NetworkInterface } from "../../../providers/port.ts";
import type { GuestAction } from "../guestAction.ts";
import { bridgePath, guestPath, on, type Need } from "../../need.ts";

const PRIVILEGES: Readonly<Record<Exclude<keyof ConfigChange, "networks" | "mounts" | "disks">, string>> = {
  tags: "VM.Config.Options",
  onboot: "VM.Config.Options",
  startup: "VM.Config.Options",
  description: "VM.Config.Options",
  name: "VM.Config.Network",
  nameservers: "VM.Config.Network",
  searchDomain: "VM.Config.Network",
  cores: "VM.Config.CPU",
  cpuLimit: "VM.Config.CPU",
  cpuWeight: "VM.Config.CPU",
  memoryMiB: "VM.Config.Memory",
  swapMiB: "VM.Config.Memory",
  features: "VM.Allocate",
  machine: "VM.Config.HWType",
  bios: "VM.Config.HWType",
  cpu: "VM.Config.CPU",
  sockets: "VM.Config.CPU",
  balloonMiB: "VM.Config.Memory",
  agent: "VM.Config.Options",
  ciUser: "VM.Config.Cloudinit",
  ciCustom: "VM.Config.Cloudinit",
  addresses: "VM.Config.Cloudinit",
  cloudInitDrive: "VM.Config.Disk",
  efiDisk: "VM.Config.Disk",
  tpm: "VM.Config.Disk",
  hostDevices: "VM.Config.HWType",
};

/** Of a VM these belong to cloud-init, and its name is an option. */
const OF_VM: Partial<typeof PRIVILEGES> = {
  name: "VM.Config.Options",
  nameservers: "VM.Config.Cloudinit",
  searchDomain: "VM.Config.Cloudinit",
};

/** What writing this change or growing this volume needs of the token (contract 9.1). */
export function changeNeeds(
  vmid: number,
  { change = {}, growth }: Pick<GuestAction, "change" | "growth">,
  stored: GuestConfig | undefined,
): readonly Need[] {
  const { networks = [], mounts = [], disks = [], ...plain } = change;
  const path = guestPath(vmid);
  const known = stored?.vm === undefined ? PRIVILEGES : { ...PRIVILEGES, ...OF_VM };
  const named = Object.keys(plain).map((key) => known[key as keyof typeof PRIVILEGES]);
  const volumes = [...mounts, ...disks];
  const made = [change.efiDisk, change.tpm, change.cloudInitDrive, ...volumes];
  const storages = [
    ...made.flatMap((one) => (one !== undefined && "storage" in one ? [one.storage] : [])),
    ...(growth === undefined ? [] : storageOf(growth.disk, stored)),
  ];
  return [
    ...on(path, ...new Set(named)),
    ...(networks.length === 0 ? [] : on(path, "VM.Config.Network")),
    ...networks.flatMap((network) => wires(network, stored)),
    ...(volumes.length === 0 && growth === undefined ? [] : on(path, "VM.Config.Disk")),
    ...mappings(change).flatMap((mapping) => on(`/mapping/pci/${mapping}`, "Mapping.Use")),
    ...storages.flatMap((storage) => on(`/storage/${storage}`, "Datastore.AllocateSpace")),
  ];
}

function mappings({ hostDevices = {} }: ConfigChange): readonly string[] {
  return Object.values(hostDevices).flatMap((text) => /^mapping=([^,]+)/.exec(text)?.[1] ?? []);
}

/** The bridge it leaves and the one it goes to. */
function wires(network: NetworkInterface, stored: GuestConfig | undefined): readonly Need[] {
  const before = stored?.networks.find(({ key }) => key === network.key);
  return [network, ...(before === undefined ? [] : [before])].flatMap(({ bridge, vlan }) =>
    bridge === undefined ? [] : on(bridgePath(bridge, vlan), "SDN.Use"),
  );
}

function storageOf(disk: string, stored: GuestConfig | undefined): readonly string[] {
  const volumes: readonly (Mount | Disk | undefined)[] = [
    stored?.rootfs,
    ...(stored?.mounts ?? []),
    ...(stored?.vm?.disks ?? []),
  ];
  const [storage] = volumes.find((volume) => volume?.key === disk)?.volume.split(":") ?? [];
  return storage === undefined ? [] : [storage];
}
