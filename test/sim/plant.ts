import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import type { GuestShape, LabShape } from "./labShape.ts";
import type { GuestSpec } from "./declared.ts";

export const layerName = (index: number): string => `layer${index}`;
export const guestName = (index: number): string => `g${index}`;
export const nodeName = (index: number): string => `pve${index + 1}`;
const firstVmid = 101;

/** The indexes of the layers right below; each layer builds on earlier ones only. */
function needsOf(shape: LabShape, index: number): readonly number[] {
  if (index === 0) return [];
  return [...new Set((shape.layers[index]?.needs ?? []).map((need) => need % index))].sort((a, b) => a - b);
}

function belowOf(shape: LabShape, index: number): ReadonlySet<number> {
  const below = new Set<number>();
  for (const need of needsOf(shape, index)) for (const one of [need, ...belowOf(shape, need)]) below.add(one);
  return below;
}

function layerOf(shape: LabShape, guest: GuestShape): number {
  return guest.layer % shape.layers.length;
}

/** Puts guests into Proxmox and objects into Kubernetes, the go switch last. */
export function plant(shape: LabShape): FakeLab {
  const lab = new FakeLab(Array.from({ length: shape.nodes }, (_, index) => nodeName(index)));
  lab.proxmox.latencyMs = shape.latencyMs;
  shape.guests.forEach((guest, index) => {
    plantGuest(lab, shape, { guest, index });
  });
  const vmid = shape.protectedGuest < shape.guests.length ? [firstVmid + shape.protectedGuest] : [];
  lab.cluster({ protectedVmids: vmid, maxConcurrentTasks: shape.maxConcurrentTasks, suspend: false });
  shape.layers.forEach((layer, index) => {
    lab.layer(layerName(index), needsOf(shape, index).map(layerName), {
      powerState: "Running",
      suspend: false,
      healthGate: {
        quorum: layer.quorum,
        minMembers: layer.minMembers,
        minHealthySeconds: layer.minHealthySeconds,
        timeoutSeconds: 120,
        onTimeout: layer.onTimeout,
      },
    });
  });
  shape.guests.forEach((guest, index) => {
    const kind = guest.vm ? "VirtualMachine" : "Container";
    lab.kube.apply({
      kind,
      metadata: { name: guestName(index), namespace: NAMESPACE },
      spec: specOf(shape, guest, index),
    });
  });
  lab.homelab(homelabSpec(shape));
  return lab;
}

function homelabSpec(shape: LabShape): Record<string, unknown> {
  const check = { name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, timeoutSeconds: 90 };
  return {
    powerState: "Running",
    suspend: false,
    proxmoxStartup: shape.proxmoxStartup,
    brake: { maxDestroys: shape.maxDestroys },
    ...(shape.preflight === "none" ? {} : { preflight: [{ ...check, onFailure: shape.preflight }] }),
  };
}

function plantGuest(
  lab: FakeLab,
  shape: LabShape,
  { guest, index }: { readonly guest: GuestShape; readonly index: number },
): void {
  const vmid = firstVmid + index;
  lab.bootSeconds.set(vmid, guest.bootSeconds);
  if (guest.before === "absent") return;
  lab.proxmox.add({
    vmid,
    name: guestName(index),
    type: guest.vm ? "qemu" : "lxc",
    node: nodeName(guest.node % shape.nodes),
    power: guest.before === "running" ? "Running" : "Stopped",
    tags: guest.marked ? ["people", `hl.${NAMESPACE}.${guestName(index)}`] : ["people"],
    onboot: guest.onboot,
    ...(guest.ha ? { ha: guest.before === "running" ? "started" : "stopped" } : {}),
  });
}

function specOf(shape: LabShape, guest: GuestShape, index: number): GuestSpec & Readonly<Record<string, unknown>> {
  const layer = layerOf(shape, guest);
  const target = shape.guests[guest.dependsOn];
  const fits =
    target !== undefined &&
    guest.dependsOn < index &&
    [layer, ...belowOf(shape, layer)].includes(layerOf(shape, target));
  return {
    vmid: firstVmid + index,
    layerRef: { name: layerName(layer) },
    node: nodeName(guest.node % shape.nodes),
    management: guest.management,
    adoption: guest.adoption,
    powerState: guest.powerState,
    suspend: false,
    startupTimeoutSeconds: 60,
    dependsOn: fits ? [{ kind: target.vm ? "VirtualMachine" : "Container", name: guestName(guest.dependsOn) }] : [],
    probes: [{ name: "service", tcpSocket: { port: 80 } }],
    recovery: {
      onStopped: guest.onStopped,
      onUnhealthy: guest.onUnhealthy,
      maxRestarts: 3,
      windowSeconds: 900,
      respectManualStop: guest.respectManualStop,
    },
    shutdown: { timeoutSeconds: 30, force: guest.force },
    deletionPolicy: guest.deletionPolicy,
    ...(guest.vm
      ? { source: { iso: "local:iso/debian.iso" }, disks: [{ name: "scsi0", storage: "local-zfs", size: "8Gi" }] }
      : {
          template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
          rootfs: { storage: "local-zfs", size: "8Gi" },
        }),
  };
}
