import type { FoundGuest, Inventory } from "../../controller/import/inventory.ts";
import type { GuestConfig, GuestSeen } from "../../controller/providers/port.ts";

/** A guest as an import reads it: a running container on pve1 unless said otherwise. */
export function found(vmid: number, config: Partial<GuestConfig> = {}, seen: Partial<GuestSeen> = {}): FoundGuest {
  return {
    seen: {
      type: "lxc",
      node: "pve1",
      vmid,
      name: config.name ?? "",
      power: "Running",
      tags: [],
      template: false,
      sequence: 1,
      ...seen,
    },
    config: {
      digest: "d",
      pending: [],
      mounts: [],
      unused: [],
      networks: [],
      nameservers: [],
      onboot: false,
      startup: {},
      protection: false,
      tags: [],
      template: false,
      otherKeys: [],
      ...config,
    },
  };
}

export function inventoryOf(guests: readonly FoundGuest[], more: Partial<Inventory> = {}): Inventory {
  return { version: "9.1.6", nodes: ["pve1"], guests, bridges: new Map(), gaps: [], ...more };
}
