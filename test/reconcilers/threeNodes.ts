import { FakeLab } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";
import { MARK } from "./oneGuest.ts";

/** "db", as people write it. */
export function declare(lab: FakeLab, node: string, spec: Readonly<Record<string, unknown>> = {}): void {
  lab.guest("db", { vmid: 101, layer: "base", spec: { node, ...spec } });
}

/** Three nodes, "db" on pve1 where spec.node says; at rest. */
export async function onThreeNodes(
  is: Partial<FakeGuest> = {},
  spec: Readonly<Record<string, unknown>> = {},
): Promise<FakeLab> {
  const lab = new FakeLab(["pve1", "pve2", "pve3"]);
  lab.proxmox.add({ vmid: 101, name: "db", node: "pve1", power: "Running", tags: [MARK], ...is });
  lab.cluster();
  lab.layer("base");
  declare(lab, "pve1", spec);
  lab.homelab();
  lab.start();
  await lab.until("at rest", () => ["Settled", "Stopped"].includes(lab.reason("Container", "db")));
  lab.proxmox.mutations.length = 0;
  return lab;
}

/** It runs there, and all is said. */
export function isOn(lab: FakeLab, node: string): boolean {
  const { power, node: where } = lab.proxmox.guest(101);
  return where === node && power === "Running" && lab.reason("Container", "db") === "Settled";
}
