import { expect } from "chai";
import type { GuestStatus } from "../../controller/api/index.ts";
import type { ConfigChange } from "../../controller/providers/port.ts";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import type { FakeGuest } from "../fakes/proxmoxGuest.ts";

export const DISK = { key: "scsi0", volume: "local-zfs:vm-101-disk-0", sizeMiB: 8192 };
export const CARD = { key: "net0", name: "net0", model: "virtio", bridge: "vmbr0", mac: "BC:24:11:00:00:01" };

/** A lab with the VirtualMachine "vm", vmid 101, under management Full; `is` undefined: it does not exist. */
export function oneMachine(spec: Readonly<Record<string, unknown>>, is?: Partial<FakeGuest>): FakeLab {
  const lab = new FakeLab();
  if (is !== undefined)
    lab.proxmox.add({
      type: "qemu",
      vmid: 101,
      name: "vm",
      tags: [`hl.${NAMESPACE}.vm`],
      networks: [CARD],
      vm: { disks: [DISK], hostDevices: {} },
      ...is,
    });
  lab.cluster();
  lab.layer("base");
  declare(lab, spec);
  lab.homelab();
  return lab;
}

export function declare(lab: FakeLab, spec: Readonly<Record<string, unknown>>, name = "vm", vmid = 101): void {
  lab.guest(name, {
    kind: "VirtualMachine",
    vmid,
    layer: "base",
    spec: { management: "Full", probes: [], ...spec },
  });
}

export function statusOf(lab: FakeLab): GuestStatus {
  return lab.read("VirtualMachine", "vm")?.status as GuestStatus;
}

export function inSync(lab: FakeLab): string {
  return statusOf(lab).conditions?.find(({ type }) => type === "ConfigInSync")?.reason ?? "";
}

/** Runs the controller until "vm" has this reason of Ready; its message. */
export async function untilVm(lab: FakeLab, reason: string, seconds = 60): Promise<string> {
  await lab.until(`vm ${reason}`, () => lab.reason("VirtualMachine", "vm") === reason, seconds);
  return lab.message("VirtualMachine", "vm");
}

/** What was written to a configuration. */
export function writes(lab: FakeLab): ConfigChange[] {
  return lab.proxmox.mutations.filter(({ call }) => call === "configure").map(({ detail }) => detail as ConfigChange);
}

/** For five minutes nothing is sent and nothing is written. */
export async function silent(lab: FakeLab): Promise<void> {
  const before = [lab.proxmox.mutations.length, lab.kube.writes.length];
  await lab.seconds(300);
  expect([lab.proxmox.mutations.length, lab.kube.writes.length]).to.deep.equal(before);
}
