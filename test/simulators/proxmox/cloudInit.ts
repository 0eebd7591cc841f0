import { failure } from "./apiError.ts";
import { guestOf } from "./endpoints/lxc.ts";
import { guestName, type Config } from "./guestSettings.ts";
import { requireUnlocked, type Call } from "./lab.ts";
import { isDrive } from "./qemuDrives.ts";
import { CLOUD_INIT_KEYS } from "./qemuSchema.ts";
import { isCloudInit } from "./volumes.ts";
import type { Guest } from "./world.ts";

const SHOWN = [...CLOUD_INIT_KEYS, "name", ...Array.from({ length: 32 }, (_, index) => `net${String(index)}`)];

const masked = (key: string, value: string): string => (key === "cipassword" ? "**********" : value);

/** GET of what the cloud-init drive says and what it will say when it is made anew. */
export function cloudInitPending(call: Call): unknown[] {
  const guest = guestOf(call, "qemu");
  const drive: Config = guest.cloudInit ?? guest.config;
  return SHOWN.filter((key) => drive[key] !== undefined || guest.config[key] !== undefined).map((key) => {
    const [value, wanted] = [drive[key], guest.config[key]];
    return {
      key,
      ...(value === undefined ? {} : { value: masked(key, value) }),
      ...(wanted === undefined || wanted === value ? {} : { pending: masked(key, wanted) }),
      ...(wanted === undefined ? { delete: 1 } : {}),
    };
  });
}

/** PUT that makes the drive anew from the configuration; the guest reads it at its next boot. */
export async function regenerateCloudInit(call: Call): Promise<null> {
  const { lab } = call;
  const guest = guestOf(call, "qemu");
  await lab.locks.holding(guest, lab.settings.lockWaitSeconds, () => {
    requireUnlocked(guest);
    requireCloudInitDrive(guest);
    guest.cloudInit = { ...guest.config };
    lab.world.saveGuest(guest);
  });
  return null;
}

function requireCloudInitDrive(guest: Guest): void {
  if (!Object.entries(guest.config).some(([key, value]) => isDrive(key) && isCloudInit(value)))
    throw failure("no cloudinit drive found");
}

/** GET of a file of the drive as text. */
export function dumpCloudInit(call: Call): string {
  const guest = guestOf(call, "qemu");
  const { config } = guest;
  switch (call.values["type"]) {
    case "network":
      return networkText(config);
    case "meta":
      return `instance-id: ${(config["smbios1"] ?? "").slice(-12)}\n`;
    default:
      return userText(guest);
  }
}

function userText(guest: Guest): string {
  const { config } = guest;
  const keys = decodeURIComponent(config["sshkeys"] ?? "")
    .split("\n")
    .filter((line) => line !== "");
  return [
    "#cloud-config",
    `hostname: ${guestName(guest)}`,
    "manage_etc_hosts: true",
    ...(config["ciuser"] === undefined ? [] : [`user: ${config["ciuser"]}`]),
    ...(keys.length === 0 ? [] : ["ssh_authorized_keys:", ...keys.map((key) => `  - ${key}`)]),
    "chpasswd:",
    "  expire: False",
    ...(config["ciupgrade"] === "0" ? [] : ["package_upgrade: true"]),
    "",
  ].join("\n");
}

function networkText(config: Config): string {
  const lines = Object.entries(config)
    .filter(([key]) => /^ipconfig\d+$/.test(key))
    .map(([key, value]) => `    - type: physical\n      name: eth${key.slice(8)}\n      # ${value}`);
  return ["version: 1", "config:", ...lines, ""].join("\n");
}
