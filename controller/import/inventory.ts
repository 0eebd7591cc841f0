import { ProviderError, textOf } from "../base/outcome.ts";
import type { BridgeSeen, GuestConfig, GuestSeen, ProxmoxPort } from "../providers/port.ts";
import { firstLook } from "../base/firstLook.ts";

/** A guest with the configuration it was read with. */
export interface FoundGuest {
  readonly seen: GuestSeen;
  readonly config: GuestConfig;
}

/** Everything an import goes by. Nothing was changed to get it. */
export interface Inventory {
  readonly version: string;
  /** Names of the nodes, sorted; offline ones too. */
  readonly nodes: readonly string[];
  /** By vmid, without templates. */
  readonly guests: readonly FoundGuest[];
  /** Bridges by node. */
  readonly bridges: ReadonlyMap<string, readonly BridgeSeen[]>;
  /** What could not be read, each a sentence. */
  readonly gaps: readonly string[];
}

/** Of a lab whose Proxmox side is not looked at. */
export const NO_INVENTORY: Inventory = { version: "", nodes: [], guests: [], bridges: new Map(), gaps: [] };

/** Told before each guest is read. */
export type Progress = (done: number, of: number) => void;

/**
 * Reads all guests and bridges of a cluster. Throws when the cluster cannot be seen at all; a guest or node that cannot be
 * read is a gap.
 */
export async function takeInventory(port: ProxmoxPort, progress: Progress, signal: AbortSignal): Promise<Inventory> {
  const seen = await firstLook(port, () => true, signal);
  const gaps: string[] = [];
  const orNone = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      gaps.push(`${what} could not be read: ${textOf(error)}`);
      return undefined;
    }
  };
  const bridges = new Map<string, readonly BridgeSeen[]>();
  for (const node of seen.nodes.values()) {
    const found = node.online
      ? await orNone(`the bridges of node ${node.name}`, () => port.bridges(node.name, signal))
      : undefined;
    if (!node.online) gaps.push(`node ${node.name} is offline; its guests are left out`);
    bridges.set(node.name, found ?? []);
  }
  const there = [...seen.guests.values()].filter((guest) => seen.nodes.get(guest.node)?.online === true);
  const guests: FoundGuest[] = [];
  for (const [index, guest] of there.toSorted((a, b) => a.vmid - b.vmid).entries()) {
    progress(index, there.length);
    const config = await orNone(`guest ${String(guest.vmid)}`, () => port.readConfig(guest, signal));
    if (config !== undefined && !guest.template && !config.template) guests.push({ seen: guest, config });
  }
  progress(there.length, there.length);
  return { version: seen.version, nodes: [...seen.nodes.keys()].sort(), guests, bridges, gaps };
}
