import type { ConfigChange, GuestConfig, Mount, NetworkInterface } from "../../providers/port.ts";
import type { GuestAction } from "../guestAction.ts";
import { bridgePath, guestPath, on, type Need } from "../permissions.ts";

const PRIVILEGES: Readonly<Record<Exclude<keyof ConfigChange, "networks" | "mounts">, string>> = {
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
};

/** What writing this change or growing this volume needs of the token (contract 9.1). */
export function changeNeeds(
  vmid: number,
  { change = {}, growth }: Pick<GuestAction, "change" | "growth">,
  stored: GuestConfig | undefined,
): readonly Need[] {
  const { networks = [], mounts = [], ...plain } = change;
  const path = guestPath(vmid);
  const named = Object.keys(plain).map((key) => PRIVILEGES[key as keyof typeof PRIVILEGES]);
  const storages = [
    ...mounts.flatMap((mount) => ("storage" in mount ? [mount.storage] : [])),
    ...(growth === undefined ? [] : storageOf(growth.disk, stored)),
  ];
  return [
    ...on(path, ...new Set(named)),
    ...(networks.length === 0 ? [] : on(path, "VM.Config.Network")),
    ...networks.flatMap((network) => wires(network, stored)),
    ...(mounts.length === 0 && growth === undefined ? [] : on(path, "VM.Config.Disk")),
    ...storages.flatMap((storage) => on(`/storage/${storage}`, "Datastore.AllocateSpace")),
  ];
}

/** The bridge it leaves and the one it goes to. */
function wires(network: NetworkInterface, stored: GuestConfig | undefined): readonly Need[] {
  const before = stored?.networks.find(({ key }) => key === network.key);
  return [network, ...(before === undefined ? [] : [before])].flatMap(({ bridge, vlan }) =>
    bridge === undefined ? [] : on(bridgePath(bridge, vlan), "SDN.Use"),
  );
}

function storageOf(disk: string, stored: GuestConfig | undefined): readonly string[] {
  const volumes: readonly (Mount | undefined)[] = [stored?.rootfs, ...(stored?.mounts ?? [])];
  const [storage] = volumes.find((volume) => volume?.key === disk)?.volume.split(":") ?? [];
  return storage === undefined ? [] : [storage];
}
