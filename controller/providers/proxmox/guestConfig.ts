import type { GuestConfig, GuestType, Mount, NetworkInterface } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { flag, number, present, text } from "../shared/decode.ts";
import { hardwareKeys, isCloudInitDrive, isDiskKey, vmHardware } from "./vmWire.ts";
import {
  parseContainerNet,
  parseFeatures,
  parseList,
  parseMount,
  parseProperties,
  parseStartup,
  parseTags,
  parseVmNet,
} from "./wire.ts";

/** Keys that a field of `GuestConfig` holds; those that only one type has are read for that type only. */
const commonKeys = [
  "digest", "description", "cores", "cpulimit", "cpuunits", "memory", "nameserver", "searchdomain", "onboot", "startup",
  "protection", "tags", "template", "lock",
] as const; // prettier-ignore
const containerKeys = /^(hostname|swap|unprivileged|features|rootfs|mp\d+|net\d+|unused\d+)$/;
const vmKeys = /^(name|smbios1|agent|net\d+|ipconfig\d+|unused\d+)$/;
const isHeldByVm = (key: string, value: unknown): boolean =>
  vmKeys.test(key) || hardwareKeys.test(key) || isDiskKey(key, value) || isCloudInitDrive(key, value);

/** A configuration with pending values merged in, in our words (contract 4.3, 5.2); `pending`: the keys that wait. */
export function guestConfig(type: GuestType, config: Row, pending: readonly string[] = []): GuestConfig {
  const get = (key: string): string | undefined => text(config[key]);
  const isContainer = type === "lxc";
  const isHeld = (key: string): boolean => (isContainer ? containerKeys.test(key) : isHeldByVm(key, config[key]));
  return present({
    digest: get("digest") ?? "",
    pending,
    name: get(isContainer ? "hostname" : "name"),
    description: get("description")?.replace(/\n$/, ""),
    cores: number(config["cores"]),
    cpuLimit: get("cpulimit"),
    cpuWeight: number(config["cpuunits"]),
    memoryMiB: number(config["memory"]),
    ...(isContainer ? containerFields(config) : vmFields(config)),
    mounts: isContainer ? mounts(config) : [],
    unused: keyed(config, /^unused\d+$/).map(([, volume]) => volume),
    networks: networks(type, config),
    nameservers: parseList(get("nameserver")),
    searchDomain: get("searchdomain"),
    onboot: flag(config["onboot"]),
    startup: parseStartup(get("startup")),
    protection: flag(config["protection"]),
    tags: parseTags(get("tags")),
    template: flag(config["template"]),
    lock: get("lock"),
    otherKeys: Object.keys(config)
      .filter((key) => !isHeld(key) && !(commonKeys as readonly string[]).includes(key))
      .toSorted(),
  });
}

function containerFields(config: Row): Partial<GuestConfig> {
  const features = text(config["features"]);
  const rootfs = text(config["rootfs"]);
  const unprivileged = config["unprivileged"];
  return present({
    swapMiB: number(config["swap"]),
    unprivileged: unprivileged === undefined ? undefined : flag(unprivileged),
    features: features === undefined ? undefined : parseFeatures(features),
    rootfs: rootfs === undefined ? undefined : parseMount("rootfs", rootfs),
  });
}

function vmFields(config: Row): Partial<GuestConfig> {
  const agent = text(config["agent"]);
  return present({
    smbiosUuid: parseProperties(text(config["smbios1"]) ?? "", "uuid")
      .get("uuid")
      ?.toLowerCase(),
    agent: agent === undefined ? undefined : flag(parseProperties(agent, "enabled").get("enabled")),
    vm: vmHardware(config),
  });
}

function mounts(config: Row): readonly Mount[] {
  return keyed(config, /^mp\d+$/).map(([key, value]) => parseMount(key, value));
}

function networks(type: GuestType, config: Row): readonly NetworkInterface[] {
  return keyed(config, /^net\d+$/).map(([key, value]) =>
    type === "lxc"
      ? parseContainerNet(key, value)
      : parseVmNet(key, value, text(config[key.replace("net", "ipconfig")])),
  );
}

/** Numbered keys in order of their number. */
function keyed(config: Row, pattern: RegExp): readonly (readonly [string, string])[] {
  const index = (key: string): number => Number(key.replace(/\D/g, ""));
  return Object.entries(config)
    .filter(([key]) => pattern.test(key))
    .toSorted(([a], [b]) => index(a) - index(b))
    .map(([key, value]) => [key, text(value) ?? ""]);
}
