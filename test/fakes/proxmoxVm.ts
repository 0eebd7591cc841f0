import { createHash } from "node:crypto";
import type {
  ConfigChange,
  Disk,
  Growth,
  NetworkInterface,
  NewDisk,
  VmHardware,
} from "../../controller/providers/port.ts";
import { printTags } from "../../controller/providers/proxmox/wire.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import type { FakeTask } from "./proxmoxTasks.ts";
import { refusal, type FakeWorld } from "./proxmoxWorld.ts";

/** A write of a VM's configuration, with what Proxmox plugs into a running one and what it lets wait (contract 5.2). */
export function configureVm(world: FakeWorld, guest: FakeGuest, change: ConfigChange): void {
  if (Object.values(change.hostDevices ?? {}).some((text) => !text.startsWith("mapping=")))
    throw refusal(500, "only root can set 'hostpci0' config for non-mapped devices");
  atOnce(world, guest, change);
  for (const [key, apply] of later(change)) {
    guest.waiting.delete(key);
    if (guest.power === "Running") guest.waiting.set(key, apply);
    else apply(guest);
  }
  for (const disk of change.disks ?? []) setDisk(world, guest, disk);
}

/** The task that grows a disk; what is wrong with it shows in the task, and the same size is no fault (contract 5.5). */
export function resizeVm(world: FakeWorld, guest: FakeGuest, { disk, sizeMiB }: Growth, user: string): FakeTask {
  return world.work(guest, { type: "resize", user, ms: 1_000 }, () => {
    const stored = guest.vm.disks.find(({ key }) => key === disk);
    if (stored === undefined) return `disk '${disk}' does not exist`;
    if (sizeMiB < (stored.sizeMiB ?? 0)) return "shrinking disks is not supported";
    change(guest, { disks: guest.vm.disks.map((one) => (one.key === disk ? { ...one, sizeMiB } : one)) });
    return "OK";
  });
}

function change(guest: FakeGuest, parts: Partial<VmHardware>): void {
  guest.vm = { ...guest.vm, ...parts };
}

function atOnce(world: FakeWorld, guest: FakeGuest, wanted: ConfigChange): void {
  const { onboot, startup, cpuLimit, cpuWeight, name, searchDomain } = wanted;
  const plain = { onboot, startup, cpuLimit, cpuWeight, name, searchDomain };
  Object.assign(guest, Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)));
  if (wanted.tags !== undefined) guest.tags = printTags(wanted.tags).split(";").filter(Boolean);
  if (wanted.description !== undefined) guest.description = wanted.description === "" ? undefined : wanted.description;
  if (wanted.nameservers !== undefined) guest.nameservers = [...wanted.nameservers];
  if (wanted.ciCustom !== undefined) change(guest, { ciCustom: wanted.ciCustom });
  if (wanted.ciUser !== undefined) change(guest, { ciUser: wanted.ciUser });
  if (wanted.balloonMiB !== undefined) change(guest, { balloonMiB: wanted.balloonMiB });
  for (const network of wanted.networks ?? []) setNetwork(world, guest, network);
  for (const { key, ...address } of wanted.addresses ?? [])
    guest.networks = guest.networks.map((network) => (network.key === key ? addressed(network, address) : network));
}

function addressed(network: NetworkInterface, address: Partial<NetworkInterface>): NetworkInterface {
  const { ipv4: _, gateway4: __, ipv6: ___, gateway6: ____, ...rest } = network;
  return { ...rest, ...address };
}

/** A card without a MAC gets another one each time. The address of `ipconfigN` is another key and stays. */
function setNetwork(world: FakeWorld, guest: FakeGuest, network: NetworkInterface): void {
  const digits = createHash("sha1")
    .update(`${String(guest.vmid)}/${network.key}/${String(world.clock.monotonic())}`)
    .digest("hex")
    .toUpperCase();
  const mac = network.mac ?? `BC:24:11:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
  const { ipv4, gateway4, ipv6, gateway6 } = guest.networks.find(({ key }) => key === network.key) ?? {};
  const kept = Object.fromEntries(
    Object.entries({ ipv4, gateway4, ipv6, gateway6 }).filter(([, value]) => value !== undefined),
  );
  guest.networks = [
    ...guest.networks.filter(({ key }) => key !== network.key),
    { ...addressed(network, kept), mac, name: network.key },
  ].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

type Later = readonly (readonly [key: string, apply: (guest: FakeGuest) => void])[];

/** Keys that a running VM takes over when it is started next. */
function later(wanted: ConfigChange): Later {
  const { cores, memoryMiB, machine, bios, cpu, sockets, agent, efiDisk, tpm, cloudInitDrive, hostDevices } = wanted;
  const hardware = (parts: Partial<VmHardware>) => (guest: FakeGuest) => {
    change(guest, parts);
  };
  const volume = (guest: FakeGuest, storage: string): string => `${storage}:vm-${String(guest.vmid)}-disk-9`;
  const all: readonly (readonly [string, unknown, (guest: FakeGuest) => void])[] = [
    ["cores", cores, (guest) => void (guest.cores = cores)],
    ["memory", memoryMiB, (guest) => void (guest.memoryMiB = memoryMiB ?? guest.memoryMiB)],
    ["machine", machine, hardware(machine === undefined ? {} : { machine })],
    ["bios", bios, hardware(bios === undefined ? {} : { bios })],
    ["cpu", cpu, hardware(cpu === undefined ? {} : { cpu })],
    ["sockets", sockets, hardware(sockets === undefined ? {} : { sockets })],
    ["agent", agent, hardware(agent === undefined ? {} : { agent })],
    [
      "efidisk0",
      efiDisk,
      (guest) => {
        change(guest, { efiDisk: volume(guest, efiDisk?.storage ?? "") });
      },
    ],
    [
      "tpmstate0",
      tpm,
      (guest) => {
        change(guest, { tpm: volume(guest, tpm?.storage ?? "") });
      },
    ],
    [
      "ide2",
      cloudInitDrive,
      (guest) => {
        change(guest, { cloudInitDrive: `${cloudInitDrive?.storage ?? ""}:vm-${String(guest.vmid)}-cloudinit` });
      },
    ],
    ...Object.entries(hostDevices ?? {}).map(
      ([key, text]) =>
        [
          key,
          text,
          (guest: FakeGuest) => {
            change(guest, { hostDevices: { ...guest.vm.hostDevices, [key]: text } });
          },
        ] as const,
    ),
  ];
  return all.flatMap(([key, value, apply]) => (value === undefined ? [] : [[key, apply] as const]));
}

/** As large as each image that a disk is made out of. */
const IMAGE_MIB = 2048;

/** A new disk is plugged in at once; options of one that is there wait. */
function setDisk(world: FakeWorld, guest: FakeGuest, disk: Disk | NewDisk): void {
  if ("storage" in disk) {
    const { storage, importFrom, ...rest } = disk;
    if (world.storages?.has(storage) === false) throw refusal(500, `storage '${storage}' does not exist`);
    if (world.fullStorages.has(storage)) throw refusal(500, "zfs error: cannot create 'rpool/data': out of space");
    const sizeMiB = importFrom === undefined ? rest.sizeMiB : IMAGE_MIB;
    const made = { ...rest, sizeMiB, volume: `${storage}:vm-${String(guest.vmid)}-disk-${disk.key}` };
    change(guest, { disks: [...guest.vm.disks, made].toSorted((a, b) => (a.key < b.key ? -1 : 1)) });
    return;
  }
  const { staleSize: _, ...written } = disk;
  const apply = (one: FakeGuest): void => {
    change(one, { disks: one.vm.disks.map((stored) => (stored.key === disk.key ? written : stored)) });
  };
  guest.waiting.delete(disk.key);
  if (guest.power === "Running") guest.waiting.set(disk.key, apply);
  else apply(guest);
}
