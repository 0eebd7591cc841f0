import { failure, invalid } from "../apiError.ts";
import { configView, digestOf, mergedConfig, pendingView, properties } from "../guestSettings.ts";
import { findGuest, on, requireGuest, vmidOf, type Call, type Route } from "../lab.ts";
import { updateLxc } from "../lxcConfig.ts";
import { createLxc } from "../lxcCreate.ts";
import { destroyLxc } from "../lxcDestroy.ts";
import { LXC_CONFIG } from "../lxcSchema.ts";
import {
  ANY_USER,
  choice,
  DIGEST,
  flag,
  format,
  GUEST,
  indexed,
  integer,
  needs,
  needsAny,
  NODE,
  number,
  required,
  text,
  VMID,
  type Params,
} from "../schema.ts";
import { haView, lxcStatus } from "../statusView.ts";
import type { Guest, GuestType } from "../world.ts";

export function guestOf(call: Call, type: GuestType): Guest {
  return requireGuest(call.lab.world, call.node, type, vmidOf(call));
}

/** Guests of a node that the caller may see. */
export function visibleGuests(call: Call, type: GuestType): Guest[] {
  const { permissions, caller } = call;
  return [...call.lab.world.guests.values()].filter(
    (guest) =>
      guest.node === call.node &&
      guest.type === type &&
      permissions.has(caller.user, `/vms/${String(guest.vmid)}`, "VM.Audit"),
  );
}

/** GET of a guest's configuration: merged, current or that of a snapshot. */
export function readConfig(call: Call, type: GuestType): Record<string, unknown> {
  const guest = guestOf(call, type);
  const snapshot = call.values["snapshot"];
  if (snapshot !== undefined) {
    if (on(call.values, "current")) throw invalid({ snapshot: "cannot use 'snapshot' parameter with 'current'" });
    const found = guest.snapshots.find((each) => each.name === snapshot);
    if (found === undefined) throw failure(`snapshot '${snapshot}' does not exist`);
    const { name: _, config, ...about } = found;
    return { ...configView(guest, config), ...about, digest: digestOf(guest) };
  }
  return configView(guest, on(call.values, "current") ? guest.config : mergedConfig(guest));
}

function current(call: Call): unknown {
  const guest = guestOf(call, "lxc");
  return { ...lxcStatus(call.lab, guest), ha: haView(call.lab, guest) };
}

function interfaces(call: Call): unknown {
  const guest = findGuest(call.lab.world, call.node, "lxc", vmidOf(call));
  if (guest?.running !== true) return null;
  const loopback = entry("lo", "00:00:00:00:00:00", [
    ["127.0.0.1", "8", "inet"],
    ["::1", "128", "inet6"],
  ]);
  return [loopback, ...networkEntries(call, guest)];
}

function networkEntries(call: Call, guest: Guest): unknown[] {
  return Object.entries(guest.config)
    .filter(([key]) => /^net\d+$/.test(key))
    .map(([key, value]) => {
      const { name = "eth0", hwaddr = "" } = properties("lxc", key, value);
      return entry(name, hwaddr.toLowerCase(), key === "net0" ? mainAddresses(call, guest, value) : []);
    });
}

type Address = [ip: string, prefix: string, type: string];

/** The static address, and the one it is really served at once it has one. */
function mainAddresses(call: Call, guest: Guest, net0: string): Address[] {
  const { runtime } = call.lab;
  const addresses: Address[] = [];
  const own = runtime.staticAddress(guest)?.split("/");
  if (own !== undefined) addresses.push([own[0] ?? "", own[1] ?? "24", "inet"]);
  const served = runtime.address(guest);
  const leased = own !== undefined || /(?:^|,)ip6?=(?:dhcp|auto)/.test(net0);
  if (leased && runtime.hasAddress(guest) && own?.[0] !== served) addresses.push([served, "8", "inet"]);
  return addresses;
}

function entry(name: string, mac: string, addresses: readonly Address[]): unknown {
  const last = (type: string): string | undefined => {
    const found = addresses.findLast(([, , kind]) => kind === type);
    return found === undefined ? undefined : `${found[0]}/${found[1]}`;
  };
  return {
    name,
    hwaddr: mac,
    "hardware-address": mac,
    inet: last("inet"),
    inet6: last("inet6"),
    "ip-addresses": addresses.map(([ip, prefix, type]) => ({ "ip-address": ip, prefix, "ip-address-type": type })),
  };
}

const CREATE: Params = {
  ...NODE,
  ...LXC_CONFIG,
  vmid: VMID,
  ostemplate: required(text({ maxLength: 255 })),
  bwlimit: number({ minimum: 0 }),
  force: flag,
  "ha-managed": flag,
  "ignore-unpack-errors": flag,
  password: text({ minLength: 5 }),
  pool: format("pve-poolid"),
  restore: flag,
  "ssh-public-keys": text(),
  start: flag,
  storage: format("pve-storage-id"),
  unique: { ...flag, requires: "restore" },
};

const UPDATE: Params = {
  ...GUEST,
  ...LXC_CONFIG,
  delete: format("pve-configid-list"),
  digest: DIGEST,
  revert: format("pve-configid-list"),
};
const DISKS = ["rootfs", ...Object.keys(indexed("mp", 255, integer()))];
const CONFIG_PRIVILEGES = [
  "VM.Config.Disk",
  "VM.Config.CPU",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
];

const BASE = "/nodes/{node}/lxc";
const ONE = `${BASE}/{vmid}`;
const audit = needs("/vms/{vmid}", "VM.Audit");

export const RESIZE: Params = {
  ...GUEST,
  digest: DIGEST,
  disk: required(choice(...DISKS)),
  size: required(text({ pattern: "\\+?\\d+(\\.\\d+)?[KMGT]?" })),
};

/** Containers: lists, configuration, creation, destruction. */
export const LXC_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: BASE,
    params: NODE,
    access: ANY_USER,
    protected: true,
    proxied: true,
    handle: (call) => visibleGuests(call, "lxc").map((guest) => lxcStatus(call.lab, guest)),
  },
  { method: "POST", path: BASE, params: CREATE, access: ANY_USER, protected: true, proxied: true, handle: createLxc },
  {
    method: "GET",
    path: ONE,
    params: GUEST,
    access: ANY_USER,
    proxied: true,
    handle: () =>
      ["config", "pending", "status", "snapshot", "firewall", "rrddata", "interfaces"].map((subdir) => ({ subdir })),
  },
  {
    method: "GET",
    path: `${ONE}/config`,
    access: audit,
    proxied: true,
    params: { ...GUEST, current: flag, snapshot: format("pve-configid", { maxLength: 40 }) },
    handle: (call) => readConfig(call, "lxc"),
  },
  {
    method: "PUT",
    path: `${ONE}/config`,
    params: UPDATE,
    access: needsAny("/vms/{vmid}", ...CONFIG_PRIVILEGES),
    protected: true,
    proxied: true,
    handle: updateLxc,
  },
  {
    method: "GET",
    path: `${ONE}/pending`,
    params: GUEST,
    access: audit,
    proxied: true,
    handle: (call) => pendingView(guestOf(call, "lxc")),
  },
  {
    method: "GET",
    path: `${ONE}/status`,
    params: GUEST,
    access: ANY_USER,
    proxied: true,
    handle: () => ["current", "start", "stop", "shutdown", "reboot", "migrate"].map((subdir) => ({ subdir })),
  },
  {
    method: "GET",
    path: `${ONE}/status/current`,
    params: GUEST,
    access: audit,
    protected: true,
    proxied: true,
    handle: current,
  },
  {
    method: "GET",
    path: `${ONE}/interfaces`,
    params: GUEST,
    access: audit,
    protected: true,
    proxied: true,
    handle: interfaces,
  },
  {
    method: "DELETE",
    path: ONE,
    access: needs("/vms/{vmid}", "VM.Allocate"),
    protected: true,
    proxied: true,
    params: { ...GUEST, "destroy-unreferenced-disks": flag, force: flag, purge: flag },
    handle: destroyLxc,
  },
];
