import ipaddr from "ipaddr.js";
import { ProviderError } from "../../base/outcome.ts";
import type { GuestRef, NetworkInterface } from "../port.ts";
import type { Row } from "../shared/decode.ts";
import { row, rows, text } from "../shared/decode.ts";
import type { Engine } from "./engine.ts";

/** Addresses the guest has now on its own `netN` interfaces; others (bridges of a container engine, lo) don't count. */
export async function readAddresses(
  engine: Engine,
  ref: GuestRef,
  own: readonly NetworkInterface[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  return ordered(own, await interfaces(engine, ref, signal));
}

/** Undefined when a running VM has no agent that answers; empty for a guest that does not run. */
async function interfaces(engine: Engine, ref: GuestRef, signal: AbortSignal): Promise<readonly Row[] | undefined> {
  const node = engine.api({ signal }).nodes.$(ref.node);
  if (ref.type === "lxc") {
    const data: unknown = await node.lxc.$(ref.vmid).interfaces.$get();
    return rows(data);
  }
  try {
    const data: unknown = await node.qemu.$(ref.vmid).agent["network-get-interfaces"].$get();
    return rows(row(data)["result"]);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 500) throw error;
    if (error.message.includes("guest agent")) return undefined;
    if (error.message.includes("is not running")) return [];
    throw error;
  }
}

/**
 * Static first, IPv4 first, no link-local (H1). A VM whose agent does not answer gives what its cloud-init configuration
 * says.
 */
export function ordered(own: readonly NetworkInterface[], seen: readonly Row[] | undefined): readonly string[] {
  const fixed = own.flatMap((net) => [net.ipv4, net.ipv6].flatMap(staticAddress));
  const all = seen?.filter((entry) => isOwn(entry, own)).flatMap(addressesOf) ?? fixed;
  const usable = [...new Set(all)].filter((address) => !isLinkLocal(address));
  const rank = (address: string): number => (fixed.includes(address) ? 0 : 2) + (address.includes(":") ? 1 : 0);
  return usable.toSorted((a, b) => rank(a) - rank(b));
}

function isOwn(entry: Row, networks: readonly NetworkInterface[]): boolean {
  const name = text(entry["name"]);
  const mac = text(entry["hardware-address"] ?? entry["hwaddr"])?.toUpperCase();
  return networks.some((net) => (net.mac === undefined ? net.name === name : net.mac === mac) || net.name === name);
}

function addressesOf(entry: Row): readonly string[] {
  const listed = rows(entry["ip-addresses"]).flatMap((one) => canonical(text(one["ip-address"])));
  if (listed.length > 0) return listed;
  return [entry["inet"], entry["inet6"]].flatMap((value) => canonical(text(value)?.split("/")[0]));
}

function staticAddress(value: string | undefined): readonly string[] {
  return value?.includes("/") === true ? canonical(value.split("/")[0]) : [];
}

function canonical(address: string | undefined): readonly string[] {
  return address !== undefined && ipaddr.isValid(address) ? [ipaddr.parse(address).toString()] : [];
}

function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address).range() === "linkLocal";
}
