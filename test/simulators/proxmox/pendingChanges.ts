import { failure } from "./apiError.ts";
import { properties } from "./guestSettings.ts";
import { isCloudInit, release, volumesIn } from "./volumes.ts";
import type { Guest, World } from "./world.ts";

const VOLUME_KEY = /^(mp\d+|(?:scsi|virtio|sata|ide|efidisk|tpmstate)\d+)$/;

/** Writes one value to the current configuration; a volume that is replaced becomes unused. */
export function applyValue(world: World, guest: Guest, key: string, value: string): void {
  const before = guest.config[key];
  guest.config[key] = value;
  Reflect.deleteProperty(guest.pending, key);
  if (!VOLUME_KEY.test(key)) return;
  const [now] = volumesIn(guest.type, { [key]: value });
  for (const [other, volume] of Object.entries(guest.config)) {
    if (other.startsWith("unused") && volume === now) Reflect.deleteProperty(guest.config, other);
  }
  if (before !== undefined && volumesIn(guest.type, { [key]: before })[0] !== now) letGo(world, guest, key, before);
}

/** Removes one key from the current configuration; a mount point's volume becomes unused, an unused one is destroyed. */
export function applyDelete(world: World, guest: Guest, key: string, force = false): void {
  const value = guest.config[key];
  Reflect.deleteProperty(guest.config, key);
  Reflect.deleteProperty(guest.pending, key);
  Reflect.deleteProperty(guest.pendingDelete, key);
  if (value === undefined) return;
  const [volume] = volumesIn(guest.type, { [key]: value });
  if (volume !== undefined && (key.startsWith("unused") || (force && ownedBy(guest, volume)))) release(world, volume);
  else letGo(world, guest, key, value);
}

/** A volume no key names any more: a disk becomes unused, a cloud-init drive is destroyed, a CD is just taken out. */
export function letGo(world: World, guest: Guest, key: string, value: string): void {
  const [volume] = volumesIn(guest.type, { [key]: value });
  if (volume === undefined || !ownedBy(guest, volume)) return;
  if (isCloudInit(value)) release(world, volume);
  else if (!/,media=cdrom(?:,|$)/.test(value)) keepUnused(guest, volume);
}

function ownedBy(guest: Guest, volume: string): boolean {
  return new RegExp(`(?:^|[-:/])${String(guest.vmid)}[-/]`).test(volume);
}

function keepUnused(guest: Guest, volume: string): void {
  for (let index = 0; index < 256; index += 1) {
    const key = `unused${String(index)}`;
    if (guest.config[key] === undefined) {
      guest.config[key] = volume;
      return;
    }
  }
}

/** What a start through the API does first: everything that was waiting becomes current. */
export function applyPending(world: World, guest: Guest): void {
  for (const [key, how] of Object.entries(guest.pendingDelete)) applyDelete(world, guest, key, how === 2);
  for (const [key, value] of Object.entries(guest.pending)) applyValue(world, guest, key, value);
  world.saveGuest(guest);
}

/** Fails like a start does when a bridge a guest is on is not there. */
export function requireBridges(world: World, guest: Guest): void {
  for (const [key, value] of Object.entries(guest.config)) {
    if (/^net\d+$/.test(key)) requireBridge(world, guest.node, properties(guest.type, key, value)["bridge"]);
  }
}

export function requireBridge(world: World, node: string, bridge: string | undefined): void {
  if (bridge !== undefined && world.nodes.get(node)?.interfaces[bridge] === undefined)
    throw failure(`bridge '${bridge}' does not exist`);
}

/** A larger MTU than that of the bridge is refused when it is set. */
export function requireMtu(world: World, node: string, key: string, value: string): void {
  const { mtu, bridge } = properties("lxc", key, value);
  if (mtu === undefined || bridge === undefined) return;
  requireBridge(world, node, bridge);
  const limit = Number(world.nodes.get(node)?.interfaces[bridge]?.["mtu"] ?? 1500);
  if (Number(mtu) > limit) throw failure(`${key}: MTU size '${mtu}' is bigger than bridge MTU '${String(limit)}'`);
}
