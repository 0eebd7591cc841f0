import type { Container } from "../../../api/index.ts";
import { mebibytesOf } from "../../../base/quantity.ts";
import type { GuestConfig } from "../../../providers/port.ts";
import { differs, live, restart, rootOnly, wouldLoseData, type Difference, type Way } from "./difference.ts";
import { decimalText, flagText, mebibytes, numberText, sizeText, sortedText } from "./spelling.ts";

type Spec = Container["spec"];

/** Name, notes, resources, name resolution and features of a container (contract 4.2, 4.4). */
export function containerSettings({ spec }: Container, config: GuestConfig): readonly Difference[] {
  return [
    // Written at once; inside the container the name changes with its next start.
    ...differs(
      "hostname",
      spec.hostname?.toLowerCase(),
      config.name?.toLowerCase(),
      live({ on: "guest", set: { name: spec.hostname } }),
    ),
    ...differs(
      "description",
      spec.description?.trimEnd(),
      (config.description ?? "").trimEnd(),
      live({ on: "guest", set: { description: spec.description?.trimEnd() } }),
    ),
    ...differs(
      "unprivileged",
      flagText(spec.unprivileged),
      flagText(config.unprivileged === true),
      wouldLoseData(
        "Proxmox never changes unprivileged on a container that exists: restore a backup of it with the other setting",
      ),
    ),
    ...(spec.resources === undefined ? [] : resources(spec.resources, config)),
    ...(spec.dns === undefined ? [] : dns(spec.dns, config)),
    ...(spec.features === undefined ? [] : features(spec, config)),
  ];
}

/** Against Proxmox's own defaults where nothing is stored. */
function resources(wanted: NonNullable<Spec["resources"]>, config: GuestConfig): readonly Difference[] {
  const { cores, cpuLimit, cpuWeight, memory, swap } = wanted;
  const set = (settings: Extract<Parameters<typeof live>[0], { on: "guest" }>["set"]): Way =>
    live({ on: "guest", set: settings });
  return [
    ...differs("resources.cores", numberText(cores), numberText(config.cores), set({ cores })),
    ...differs(
      "resources.cpuLimit",
      decimalText(cpuLimit),
      decimalText(config.cpuLimit ?? "0"),
      set({ cpuLimit: decimalText(cpuLimit) }),
    ),
    ...differs("resources.cpuWeight", numberText(cpuWeight), numberText(config.cpuWeight ?? 100), set({ cpuWeight })),
    ...differs(
      "resources.memory",
      sizeText(memory),
      mebibytes(config.memoryMiB ?? 512),
      set({ memoryMiB: mebibytesOf(memory ?? "") }),
    ),
    ...differs(
      "resources.swap",
      sizeText(swap),
      mebibytes(config.swapMiB ?? 512),
      set({ swapMiB: mebibytesOf(swap ?? "") }),
    ),
  ];
}

function dns({ nameservers, searchDomain }: NonNullable<Spec["dns"]>, config: GuestConfig): readonly Difference[] {
  return [
    ...differs(
      "dns.nameservers",
      nameservers?.join(" "),
      config.nameservers.join(" "),
      restart({ on: "guest", set: { nameservers } }),
    ),
    ...differs("dns.searchDomain", searchDomain, config.searchDomain, restart({ on: "guest", set: { searchDomain } })),
  ];
}

/** A token may set nesting of an unprivileged container and no other feature (contract 9.2). */
function features(spec: Spec, config: GuestConfig): readonly Difference[] {
  const stored = config.features ?? {};
  const { nesting, keyctl, fuse, mount } = spec.features ?? {};
  const on = (name: string): string | undefined => flagText(stored[name] === "1");
  const byHand = rootOnly(
    `only root@pam may set it, no API token; on the node: pct set ${String(spec.vmid)} -features "${featureList(spec, stored)}"`,
  );
  const own = restart({ on: "features", set: { nesting: nesting === true ? "1" : undefined } });
  return [
    ...differs("features.nesting", flagText(nesting), on("nesting"), config.unprivileged === true ? own : byHand),
    ...differs("features.keyctl", flagText(keyctl), on("keyctl"), byHand),
    ...differs("features.fuse", flagText(fuse), on("fuse"), byHand),
    ...differs("features.mount", sortedText(mount), sortedText(stored["mount"]?.split(";") ?? []), byHand),
  ];
}

/** All that should be on, as pct takes it. */
function featureList({ features = {} }: Spec, stored: Readonly<Record<string, string>>): string {
  const { mount, ...flags } = features;
  const wanted = Object.entries(flags).map(([name, value]) => [name, value ? "1" : "0"] as const);
  const all = { ...stored, ...Object.fromEntries(wanted), ...(mount === undefined ? {} : { mount: mount.join(";") }) };
  return Object.entries(all)
    .filter(([, value]) => value !== "" && value !== "0")
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
