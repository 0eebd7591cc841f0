import { denied, failure } from "./apiError.ts";
import { properties, type Config } from "./guestSettings.ts";
import type { Call } from "./lab.ts";
import { requireBridgeUse, requirePrivilege, requireTags } from "./lxcRights.ts";
import { requireDrive, isDrive, type DriveRequest } from "./qemuDrives.ts";
import { CLOUD_INIT_KEYS } from "./qemuSchema.ts";

const PRIVILEGES: readonly (readonly [RegExp, string])[] = [
  [/^(?:affinity|cores|cpu|cpulimit|cpuunits|numa\d*|smp|sockets|vcpus)$/, "VM.Config.CPU"],
  [/^(?:allow-ksm|balloon|hugepages|keephugepages|memory|shares)$/, "VM.Config.Memory"],
  [/^net\d+$/, "VM.Config.Network"],
  [/^(?:boot|bootdisk|vmstatestorage|unused\d+)$/, "VM.Config.Disk"],
  [
    /^(?:acpi|amd-sev|arch|audio0|hotplug|intel-tdx|ivshmem|kvm|machine|rng0|scsihw|smbios1|spice_enhancements|tablet|vga|vmgenid|watchdog)$/,
    "VM.Config.HWType",
  ],
  [/^freeze$/, "VM.PowerMgmt"],
];
const ROOT_ONLY = ["args", "lock", "hookscript"];
const DEVICE = /^(?:serial|parallel|usb|hostpci|virtiofs)\d+$/;

/** Who may set these keys of a VM, and take those away (contract §9). Throws the 403, or the 500 of what only root may. */
export function requireQemuRights(
  request: DriveRequest,
  current: Config,
  set: Config,
  removed: readonly string[],
): void {
  const { call, vmid } = request;
  for (const key of removed) requireKey(call, vmid, key, "", current);
  for (const [key, value] of Object.entries(set)) {
    if (isDrive(key)) requireDrive(request, key, value);
    else requireKey(call, vmid, key, value, current);
  }
}

function requireKey(call: Call, vmid: number, key: string, value: string, current: Config): void {
  if (call.caller.user === "root@pam") return;
  if (ROOT_ONLY.includes(key)) throw failure(`only root can set '${key}' config`);
  const path = `/vms/${String(vmid)}`;
  if (DEVICE.test(key)) requireDevice(call, path, key, value === "" ? (current[key] ?? "") : value);
  else if (key === "tags") requireTags({ call, vmid, current }, value);
  else if (CLOUD_INIT_KEYS.includes(key)) requireCloudInit(call, path);
  else requirePrivilege(call, path, rightFor(key, current));
  if (key === "startup") requirePrivilege(call, "/", "Sys.Modify");
  if (/^net\d+$/.test(key)) requireNetwork(call, key, value, current[key]);
}

function rightFor(key: string, current: Config): string {
  if (isDrive(key)) return (current[key] ?? "").includes(",media=cdrom") ? "VM.Config.CDROM" : "VM.Config.Disk";
  return PRIVILEGES.find(([pattern]) => pattern.test(key))?.[1] ?? "VM.Config.Options";
}

function requireNetwork(call: Call, key: string, value: string, now: string | undefined): void {
  if (now !== undefined) requireBridgeUse(call, key, now, "qemu");
  if (value !== "") requireBridgeUse(call, key, value, "qemu");
}

function requireCloudInit(call: Call, path: string): void {
  const either = ["VM.Config.Cloudinit", "VM.Config.Network"];
  if (!call.permissions.hasAny(call.caller.user, path, either)) throw denied(`${path}, ${either.join("|")}`);
}

/** Devices of the host are root's alone; mapped ones need the use of the mapping. */
function requireDevice(call: Call, path: string, key: string, value: string): void {
  requirePrivilege(call, path, "VM.Config.HWType");
  if (value === "" || value === "socket") return;
  const kind = key.replace(/\d+$/, "");
  const { host, mapping, dirid } = properties("qemu", key, value);
  requireNotHosts(kind, key, host);
  const name = dirid ?? mapping;
  if (name !== undefined) requirePrivilege(call, `/mapping/${MAPPINGS[kind] ?? kind}/${name}`, "Mapping.Use");
  else if (host === undefined) throw failure("either 'host' or 'mapping' must be set.");
}

function requireNotHosts(kind: string, key: string, host: string | undefined): void {
  if (kind === "serial" || kind === "parallel" || (kind === "usb" && host !== undefined && !/^spice$/i.test(host)))
    throw failure(`only root can set '${key}' config for real devices`);
  if (kind === "hostpci" && host !== undefined)
    throw failure(`only root can set '${key}' config for non-mapped devices`);
}

const MAPPINGS: Readonly<Record<string, string>> = { usb: "usb", hostpci: "pci", virtiofs: "dir" };
