import type { ConfigChange, GuestRef } from "../port.ts";
import { printDisk } from "./vmWire.ts";
import {
  newVolume,
  printCloudAddress,
  printContainerNet,
  printFeatures,
  printMount,
  printStartup,
  printTags,
  printVmNet,
} from "./wire.ts";

type Value = string | number;

/** Parameters of `PUT …/config`: what becomes empty is deleted, since an empty text would be stored as a blank (4.4). */
export function configParams(
  type: GuestRef["type"],
  change: ConfigChange,
  digest: string,
): Readonly<Record<string, Value>> {
  const wanted = [
    ...plainParams(type, change),
    ...listParams(change),
    ...keyedParams(type, change),
    ...hardwareParams(change),
  ];
  const cleared = wanted.filter(([, value]) => value === "").map(([key]) => key);
  const set = wanted.flatMap(([key, value]) => (value === undefined || value === "" ? [] : [[key, value] as const]));
  return { digest, ...Object.fromEntries(set), ...(cleared.length === 0 ? {} : { delete: cleared.join(",") }) };
}

type Params = readonly (readonly [string, Value | undefined])[];

function plainParams(type: GuestRef["type"], change: ConfigChange): Params {
  return [
    ["onboot", change.onboot === undefined ? undefined : Number(change.onboot)],
    [type === "lxc" ? "hostname" : "name", change.name],
    ["description", change.description],
    ["cores", change.cores],
    ["cpulimit", change.cpuLimit],
    ["cpuunits", change.cpuWeight],
    ["memory", change.memoryMiB],
    ["swap", change.swapMiB],
    ["searchdomain", change.searchDomain],
  ];
}

function listParams(change: ConfigChange): Params {
  return [
    ["startup", change.startup === undefined ? undefined : printStartup(change.startup)],
    ["tags", change.tags === undefined ? undefined : printTags(change.tags)],
    ["nameserver", change.nameservers?.join(" ")],
    ["features", change.features === undefined ? undefined : printFeatures(change.features)],
  ];
}

function keyedParams(type: GuestRef["type"], { networks = [], mounts = [] }: ConfigChange): Params {
  const printNet = type === "lxc" ? printContainerNet : printVmNet;
  return [
    ...networks.map((net) => [net.key, printNet(net)] as const),
    ...mounts.map((mount) => {
      if ("volume" in mount) return [mount.key, printMount(mount)] as const;
      const { storage, sizeMiB, ...rest } = mount;
      return [mount.key, printMount({ ...rest, volume: newVolume(storage, sizeMiB) })] as const;
    }),
  ];
}

/** The drive of cloud-init; Proxmox's own UI puts it there too. */
const CLOUD_INIT_KEY = "ide2";

function hardwareParams(change: ConfigChange): Params {
  const { efiDisk, tpm, cloudInitDrive, disks = [], addresses = [], hostDevices = {} } = change;
  return [
    ["machine", change.machine],
    ["bios", change.bios],
    ["cpu", change.cpu],
    ["sockets", change.sockets],
    ["balloon", change.balloonMiB],
    ["agent", change.agent],
    ["ciuser", change.ciUser],
    ["cicustom", change.ciCustom],
    ...disks.map((disk) => [disk.key, printDisk(disk)] as const),
    ...addresses.map(({ key, ...rest }) => [key.replace("net", "ipconfig"), printCloudAddress(rest)] as const),
    ...Object.entries(hostDevices),
    ["efidisk0", efiDisk === undefined ? undefined : printEfiDisk(efiDisk)],
    ["tpmstate0", tpm === undefined ? undefined : `${tpm.storage}:1,version=${tpm.version}`],
    [CLOUD_INIT_KEY, cloudInitDrive === undefined ? undefined : `${cloudInitDrive.storage}:cloudinit`],
  ];
}

/** Its size is Proxmox's own (contract 5.1). */
function printEfiDisk({ storage, preEnrolledKeys }: NonNullable<ConfigChange["efiDisk"]>): string {
  return `${storage}:1,efitype=4m,pre-enrolled-keys=${preEnrolledKeys ? "1" : "0"}`;
}
