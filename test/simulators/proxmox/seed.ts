import { randomUUID } from "node:crypto";
import { mergedBehaviour } from "./behaviours.ts";
import { randomMac, sizeText } from "./guestSettings.ts";
import type { BridgeOptions, GuestOptions, Settings } from "./options.ts";
import { allocate, propertySize, volumesIn } from "./volumes.ts";
import type { Guest, NetworkInterface, World } from "./world.ts";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** Fills a new world with what the options describe. Guests that run have run for a while. */
export function seed(world: World, settings: Settings, now: number): void {
  seedNodes(world, settings, now);
  for (const storage of settings.storages) {
    const {
      storage: name,
      type,
      content,
      totalBytes = 100 * GiB,
      usedBytes = 0,
      shared = false,
      disabled = false,
      nodes,
    } = storage;
    const where = nodes === undefined ? {} : { nodes: [...nodes] };
    world.storages.set(name, {
      storage: name,
      type,
      content,
      total: totalBytes,
      used: usedBytes,
      shared,
      disabled,
      ...where,
    });
  }
  for (const volid of settings.templates) seedTemplate(world, volid, now);
  seedAccess(world, settings);
  for (const poolid of settings.pools) world.pools.set(poolid, { poolid, vms: [], storages: [] });
  for (const [key, value] of Object.entries(settings.datacenter)) world.datacenter.set(key, value);
  for (const guest of settings.guests) world.guests.set(String(guest.vmid), makeGuest(world, settings, guest, now));
  const octet = settings.addressOctet === 0 ? 2 + Math.floor(Math.random() * 250) : settings.addressOctet;
  world.facts.set("addressOctet", String(octet));
}

function seedNodes(world: World, settings: Settings, now: number): void {
  for (const name of settings.nodes) {
    const interfaces: Record<string, NetworkInterface> = {
      eno1: { type: "eth", method: "manual", method6: "manual", families: ["inet"], priority: 3, exists: 1, active: 1 },
    };
    for (const bridge of settings.bridges)
      if ((bridge.node ?? name) === name) interfaces[bridge.iface] = bridgeState(bridge);
    world.nodes.set(name, { name, online: true, bootedAt: now - settings.uptimeSeconds * 1000, interfaces });
  }
}

function bridgeState(bridge: BridgeOptions): NetworkInterface {
  const [address, netmask] = bridge.cidr?.split("/") ?? [];
  const ip = address === undefined || netmask === undefined ? {} : { address, netmask, cidr: bridge.cidr ?? "" };
  return {
    type: "bridge",
    method: bridge.cidr === undefined ? "manual" : "static",
    method6: "manual",
    families: ["inet"],
    priority: 4,
    active: 1,
    autostart: 1,
    bridge_ports: bridge.ports ?? "",
    bridge_stp: "off",
    bridge_fd: "0",
    ...ip,
    ...(bridge.gateway === undefined ? {} : { gateway: bridge.gateway }),
    ...(bridge.vlanAware === true ? { bridge_vlan_aware: 1, bridge_vids: "2-4094" } : {}),
    ...(bridge.mtu === undefined ? {} : { mtu: String(bridge.mtu) }),
  };
}

/** A file on a storage: a container template, an ISO image or a disk image, as its name says. */
export function seedTemplate(world: World, volid: string, now: number): void {
  const storage = volid.split(":")[0] ?? "";
  const content = /:(iso|import|snippets)\//.exec(volid)?.[1] ?? "vztmpl";
  const format = content === "vztmpl" ? "tzst" : (/\.(\w+)$/.exec(volid)?.[1] ?? "raw");
  const size = { iso: 400 * MiB, import: 2 * GiB, snippets: 512 }[content] ?? 126515062;
  world.volumes.set(volid, { volid, storage, content, format, size, ctime: Math.floor(now / 1000) });
}

function seedAccess(world: World, settings: Settings): void {
  for (const user of [{ userid: "root@pam", password: "proxmox" }, ...settings.users]) {
    const { userid, password, enable = true, expire = 0 } = user;
    world.users.set(userid, { userid, enable, expire, ...(password === undefined ? {} : { password }) });
  }
  seedTokens(world, settings);
  for (const [roleid, privileges] of Object.entries(settings.roles))
    world.roles.set(roleid, privileges.split(/[\s,]+/));
  for (const { path, ugid, role, propagate = true } of settings.acls) {
    world.acls.set(`${path} ${ugid} ${role}`, { path, ugid, roleid: role, propagate });
  }
}

function seedTokens(world: World, settings: Settings): void {
  for (const { tokenid, secret = randomUUID(), privsep = true, expire = 0 } of settings.tokens) {
    world.tokens.set(tokenid, { tokenid, secret, privsep, expire });
    const owner = tokenid.split("!")[0] ?? "";
    if (!world.users.has(owner)) world.users.set(owner, { userid: owner, enable: true, expire: 0 });
  }
}

/** A guest from its options, with a volume and a MAC address where it has none. */
export function makeGuest(world: World, settings: Settings, options: GuestOptions, now: number): Guest {
  const {
    vmid,
    type = "lxc",
    node = settings.nodes[0] ?? "pve1",
    name,
    running = false,
    config = {},
    ...behaviour
  } = options;
  const given = Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, String(value)]),
  );
  const guest: Guest = {
    vmid,
    type,
    node,
    pending: {},
    pendingDelete: {},
    snapshots: [],
    config: type === "lxc" ? lxcConfig(world, settings, vmid, name, given) : qemuConfig(vmid, name, given),
    behaviour: { ...mergedBehaviour(settings, vmid, name), ...behaviour },
    running,
  };
  for (const [key, value] of Object.entries(config)) if (value === null) Reflect.deleteProperty(guest.config, key);
  seedVolumes(world, guest);
  return running ? { ...guest, pid: 2000 + vmid, startedAt: now - 3600_000 } : guest;
}

/** The volumes a configuration names exist. */
function seedVolumes(world: World, guest: Guest): void {
  for (const value of Object.values(guest.config)) {
    for (const volid of volumesIn("lxc", { rootfs: value }).filter((each) =>
      world.storages.has(each.split(":")[0] ?? ""),
    )) {
      if (world.volumes.has(volid)) continue;
      if (/:(?:iso|import|snippets)\//.test(volid)) {
        seedTemplate(world, volid, 0);
        continue;
      }
      const lxc = guest.type === "lxc";
      const about = {
        content: lxc ? "rootdir" : "images",
        format: lxc ? "subvol" : "raw",
        size: propertySize(value),
        ctime: 0,
        vmid: guest.vmid,
      };
      world.volumes.set(volid, { volid, storage: volid.split(":")[0] ?? "", ...about });
    }
  }
}

function lxcConfig(
  world: World,
  settings: Settings,
  vmid: number,
  name: string | undefined,
  given: Record<string, string>,
): Record<string, string> {
  const config: Record<string, string> = {
    hostname: name ?? `CT${String(vmid)}`,
    memory: "512",
    swap: "512",
    arch: "amd64",
    ostype: "debian",
    unprivileged: "1",
    cores: "2",
    net0: `name=eth0,bridge=${settings.bridges[0]?.iface ?? "vmbr0"},hwaddr=${randomMac()},ip=dhcp,type=veth`,
    ...given,
  };
  if (config["rootfs"] === undefined) {
    const storage = settings.storages.find((each) => each.content.includes("rootdir"))?.storage ?? "local-zfs";
    const volume = allocate(world, { storage, vmid, type: "lxc", bytes: 8 * GiB }, 0);
    config["rootfs"] = `${volume.volid},size=${sizeText(8 * GiB)}`;
  }
  return config;
}

function qemuConfig(vmid: number, name: string | undefined, given: Record<string, string>): Record<string, string> {
  return {
    name: name ?? `VM${String(vmid)}`,
    memory: "2048",
    cores: "2",
    sockets: "1",
    ostype: "l26",
    agent: "enabled=1",
    net0: `virtio=${randomMac()},bridge=vmbr0`,
    smbios1: `uuid=${randomUUID()}`,
    vmgenid: randomUUID(),
    ...given,
  };
}
