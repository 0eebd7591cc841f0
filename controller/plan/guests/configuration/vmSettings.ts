import type { VirtualMachine } from "../../../api/index.ts";
import { mebibytesOf } from "../../../base/quantity.ts";
import type { GuestConfig, VmHardware } from "../../../providers/port.ts";
import {
  differs,
  live,
  restart,
  rootOnly,
  wouldLoseData,
  type Difference,
  type Settings,
  type Way,
} from "./difference.ts";
import { decimalText, flagText, mebibytes, numberText, sizeText } from "./spelling.ts";

type Spec = VirtualMachine["spec"];

const atOnce = (set: Settings | { readonly [K in keyof Settings]?: Settings[K] | undefined }): Way =>
  live({ on: "guest", set });
const later = (set: { readonly [K in keyof Settings]?: Settings[K] | undefined }): Way => restart({ on: "guest", set });

/** Name, notes, processor, memory, firmware and cloud-init of a VM, against Proxmox's own defaults (contract 5.1, 5.2). */
export function vmSettings({ spec }: VirtualMachine, config: GuestConfig, hardware: VmHardware): readonly Difference[] {
  return [
    ...differs("hostname", spec.hostname, config.name, atOnce({ name: spec.hostname })),
    ...differs(
      "description",
      spec.description?.trimEnd(),
      (config.description ?? "").trimEnd(),
      atOnce({ description: spec.description?.trimEnd() }),
    ),
    ...processor(spec, config, hardware),
    ...memory(spec, config, hardware),
    ...firmware(spec, hardware),
    ...cloudInit(spec, config, hardware),
    ...differs(
      "guestAgent",
      flagText(spec.guestAgent),
      flagText(config.agent ?? false),
      later({ agent: withFirst(hardware.agent, "enabled", spec.guestAgent === true ? "1" : "0") }),
    ),
    ...(spec.hostDevices ?? []).flatMap((device) => hostDevice(spec.vmid, device, hardware.hostDevices[device.name])),
  ];
}

function processor(
  { cpu = {}, resources = {} }: Spec,
  config: GuestConfig,
  { cpu: stored, sockets }: VmHardware,
): readonly Difference[] {
  const [model, ...flags] = (stored ?? "kvm64").split(",");
  const type = [cpu.type ?? "", ...flags].join(",");
  return [
    ...differs("cpu.type", cpu.type, model?.replace(/^cputype=/, ""), later({ cpu: type })),
    ...differs("cpu.sockets", numberText(cpu.sockets), numberText(sockets ?? 1), later({ sockets: cpu.sockets })),
    ...differs("cpu.cores", numberText(cpu.cores), numberText(config.cores ?? 1), later({ cores: cpu.cores })),
    ...differs(
      "resources.cpuLimit",
      decimalText(resources.cpuLimit),
      decimalText(config.cpuLimit ?? "0"),
      atOnce({ cpuLimit: decimalText(resources.cpuLimit) }),
    ),
    ...differs(
      "resources.cpuWeight",
      numberText(resources.cpuWeight),
      numberText(config.cpuWeight ?? 100),
      atOnce({ cpuWeight: resources.cpuWeight }),
    ),
  ];
}

/** Without a word of its own the balloon is as large as the memory. */
function memory({ resources, balloon }: Spec, config: GuestConfig, { balloonMiB }: VmHardware): readonly Difference[] {
  const now = config.memoryMiB ?? 512;
  return [
    ...differs(
      "resources.memory",
      sizeText(resources?.memory),
      mebibytes(now),
      later({ memoryMiB: mebibytesOf(resources?.memory ?? "") }),
    ),
    ...differs(
      "balloon",
      sizeText(balloon),
      mebibytes(balloonMiB ?? now),
      atOnce({ balloonMiB: mebibytesOf(balloon ?? "") }),
    ),
  ];
}

function firmware(spec: Spec, hardware: VmHardware): readonly Difference[] {
  const { machine, bios } = spec;
  const chipset = hardware.machine?.includes("q35") === true ? "q35" : "i440fx";
  const type = withFirst(hardware.machine, "type", machine === "q35" ? "q35" : "pc");
  return [
    ...differs("machine", machine, chipset, later({ machine: type })),
    ...differs("bios", bios?.toLowerCase(), hardware.bios ?? "seabios", later({ bios: bios?.toLowerCase() })),
    ...efiDisk(spec, hardware.efiDisk),
    ...tpm(spec, hardware.tpm),
  ];
}

function efiDisk({ vmid, efiDisk: wanted }: Spec, stored: string | undefined): readonly Difference[] {
  if (wanted === undefined) return [];
  const { storage, preEnrolledKeys = false } = wanted;
  if (stored === undefined)
    return differs("efiDisk", storage, undefined, later({ efiDisk: { storage, preEnrolledKeys } }));
  return neverMoves({ vmid, field: "efiDisk", key: "efidisk0" }, storage, stored);
}

function tpm({ vmid, tpm: wanted }: Spec, stored: string | undefined): readonly Difference[] {
  if (wanted === undefined) return [];
  const { storage, version = "v2.0" } = wanted;
  if (stored === undefined) return differs("tpm", storage, undefined, later({ tpm: { storage, version } }));
  return neverMoves({ vmid, field: "tpm", key: "tpmstate0" }, storage, stored);
}

/** A small volume of Proxmox's own: it stays where it is. */
function neverMoves(
  { vmid, field, key }: { readonly vmid: number; readonly field: string; readonly key: string },
  storage: string,
  stored: string,
): readonly Difference[] {
  const command = `qm disk move ${String(vmid)} ${key} ${storage}`;
  const way = wouldLoseData(`${key} is never moved by itself; on the node: ${command}`);
  return differs(`${field}.storage`, storage, stored.split(":")[0], way);
}

function cloudInit({ cloudInit: wanted, dns }: Spec, config: GuestConfig, hardware: VmHardware): readonly Difference[] {
  const { nameservers, searchDomain } = dns ?? {};
  return [
    // Where there is a drive it stays where it is: what it carries is made anew at each start.
    ...(wanted === undefined || hardware.cloudInitDrive !== undefined
      ? []
      : differs("cloudInit", wanted.storage, undefined, later({ cloudInitDrive: { storage: wanted.storage } }))),
    ...differs("cloudInit.user", wanted?.user, hardware.ciUser, atOnce({ ciUser: wanted?.user })),
    ...userData(wanted?.userDataRef?.volume, hardware.ciCustom),
    ...differs("dns.nameservers", nameservers?.join(" "), config.nameservers.join(" "), atOnce({ nameservers })),
    ...differs("dns.searchDomain", searchDomain, config.searchDomain, atOnce({ searchDomain })),
  ];
}

/** What else is custom (network, vendor, meta) stays. */
function userData(volume: string | undefined, stored = ""): readonly Difference[] {
  const parts = stored.split(",").filter((part) => part !== "");
  const others = parts.filter((part) => !part.startsWith("user="));
  const now = parts.find((part) => part.startsWith("user="))?.slice("user=".length);
  const ciCustom = [`user=${volume ?? ""}`, ...others].join(",");
  return differs("cloudInit.userDataRef", volume, now, atOnce({ ciCustom }));
}

type Device = NonNullable<Spec["hostDevices"]>[number];

function hostDevice(vmid: number, { name, mapping, address, pcie }: Device, stored = ""): readonly Difference[] {
  const at = new Map(stored.split(",").map((part, index) => pair(part, index === 0 ? "host" : "")));
  const is = { mapping: at.get("mapping"), host: at.get("host"), pcie: at.get("pcie") === "1" };
  const text = [
    mapping === undefined ? (address ?? "") : `mapping=${mapping}`,
    ...((pcie ?? is.pcie) ? ["pcie=1"] : []),
  ].join(",");
  const way =
    mapping === undefined
      ? rootOnly(
          `only root@pam may give a device by its address, no API token; on the node: qm set ${String(vmid)} -${name} "${text}", or make a resource mapping of it and write mapping`,
        )
      : restart({ on: "hostDevice", key: name, text });
  return [
    ...differs(`hostDevices[${name}].mapping`, mapping, is.mapping, way),
    ...differs(`hostDevices[${name}].address`, address, is.host, way),
    ...differs(`hostDevices[${name}].pcie`, flagText(pcie), flagText(is.pcie), way),
  ];
}

function pair(part: string, unnamed: string): readonly [string, string] {
  const at = part.indexOf("=");
  return at < 0 ? [unnamed, part] : [part.slice(0, at), part.slice(at + 1)];
}

/** The text with another first part, which may be written with its name or without; the options after it stay. */
function withFirst(stored: string | undefined, name: string, value: string): string {
  const [, ...rest] = (stored ?? "").split(",");
  return [name === "enabled" ? `${name}=${value}` : value, ...rest].join(",");
}
