import { denied } from "./apiError.ts";
import { properties, tagsOf, type Config } from "./guestSettings.ts";
import type { Call } from "./lab.ts";

/** What a change of configuration is allowed by: who asks, about which guest, and what it has now. */
export interface Change {
  readonly call: Call;
  readonly vmid: number;
  /** Current values; empty for a guest that is being created. */
  readonly current: Config;
  readonly unprivileged: boolean;
}

const PRIVILEGE: readonly (readonly [RegExp, string])[] = [
  [/^(cores|cpulimit|cpuunits)$/, "VM.Config.CPU"],
  [/^(rootfs|mp\d+|unused\d+)$/, "VM.Config.Disk"],
  [/^(memory|swap)$/, "VM.Config.Memory"],
  [/^(net\d+|nameserver|searchdomain|hostname)$/, "VM.Config.Network"],
];

/** Requires a privilege at a path. */
export function requirePrivilege(call: Call, path: string, privilege: string): void {
  if (!call.permissions.has(call.caller.user, path, privilege)) throw denied(`${path}, ${privilege}`);
}

/** Who may set or delete these keys of a container (contract §9). Throws the 403. `values` has "" for a deleted key. */
export function requireLxcRights(change: Change, values: Config): void {
  if (change.call.caller.user === "root@pam") return;
  for (const [key, value] of Object.entries(values)) requireKey(change, key, value);
}

function requireKey(change: Change, key: string, value: string): void {
  const { call, vmid } = change;
  if (key === "features") requireFeatures(change, value);
  else if (key.startsWith("dev")) throw denied("configuring device passthrough is only allowed for root@pam");
  else if (key === "hookscript") throw denied("changing the hookscript is only allowed for root@pam");
  else if (key === "tags") requireTags(change, value);
  else {
    if (/^mp\d+$/.test(key) && value.startsWith("/"))
      throw denied("mount point type bind is only allowed for root@pam");
    const privilege = PRIVILEGE.find(([pattern]) => pattern.test(key))?.[1] ?? "VM.Config.Options";
    requirePrivilege(call, `/vms/${String(vmid)}`, privilege);
  }
}

function requireFeatures(change: Change, value: string): void {
  const now = properties("lxc", "features", change.current["features"]);
  const wanted = properties("lxc", "features", value);
  const changed = [...new Set([...Object.keys(now), ...Object.keys(wanted)])].filter((key) => now[key] !== wanted[key]);
  if (changed.length === 0) return;
  if (!change.unprivileged)
    throw denied("changing feature flags for privileged container is only allowed for root@pam");
  if (changed.some((key) => key !== "nesting"))
    throw denied("changing feature flags (except nesting) is only allowed for root@pam");
  requirePrivilege(change.call, `/vms/${String(change.vmid)}`, "VM.Allocate");
}

/** Tags: VM.Config.Options, and each added or removed tag must be one this caller may use (user-tag-access). */
export function requireTags(change: Pick<Change, "call" | "vmid" | "current">, value: string): void {
  const { call, vmid } = change;
  requirePrivilege(call, `/vms/${String(vmid)}`, "VM.Config.Options");
  if (call.permissions.has(call.caller.user, "/", "Sys.Modify")) return;
  const old = new Set(tagsOf(change.current));
  const wanted = new Set(
    value
      .split(/[,; ]+/)
      .filter((tag) => tag !== "")
      .map((tag) => tag.toLowerCase()),
  );
  const changed = [...wanted]
    .filter((tag) => !old.has(tag))
    .concat([...old].filter((tag) => !wanted.has(tag)))
    .sort();
  if (changed.length === 0) return;
  const allowed = allowedTags(call);
  for (const tag of changed) {
    if (allowed.registered.has(tag) || !allowed.free(tag)) throw denied(`/, Sys.Modify for modifying tag '${tag}'`);
  }
}

function allowedTags(call: Call): { registered: ReadonlySet<string>; free: (tag: string) => boolean } {
  const { world } = call.lab;
  const access = Object.fromEntries(
    (world.datacenter.get("user-tag-access") ?? "").split(",").map((part) => part.split("=") as [string, string]),
  );
  const registered = new Set((world.datacenter.get("registered-tags") ?? "").split(";").filter((tag) => tag !== ""));
  const listed = new Set((access["user-allow-list"] ?? "").split(";").filter((tag) => tag !== ""));
  switch (access["user-allow"] ?? "free") {
    case "none":
      return { registered, free: () => false };
    case "list":
      return { registered, free: (tag) => listed.has(tag) };
    case "existing": {
      const used = usedTags(call);
      return { registered, free: (tag) => listed.has(tag) || used.has(tag) };
    }
    default:
      return { registered, free: () => true };
  }
}

function usedTags(call: Call): Set<string> {
  return new Set([...call.lab.world.guests.values()].flatMap((guest) => tagsOf(guest.config)));
}

/** SDN.Use on the bridge (and VLAN) of a network value. */
export function requireBridgeUse(call: Call, key: string, value: string, type: "lxc" | "qemu" = "lxc"): void {
  const { bridge, tag } = properties(type, key, value);
  if (bridge === undefined) return;
  const path = `/sdn/zones/localnetwork/${bridge}${tag === undefined ? "" : `/${tag}`}`;
  requirePrivilege(call, path, "SDN.Use");
}
