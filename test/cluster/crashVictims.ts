import type { GuestOptions } from "../simulators/proxmox/options.ts";
import type { CrashPoint } from "./crashPoints.ts";
import type { SweepPoint } from "./crashSweep.ts";
import { ours, type BedGuest, type Declared } from "./labObjects.ts";

export type Change = "update" | "migrate" | "snapshot" | "clone" | "move";

/** One guest with its change and the one call of it at which the controller is killed. */
interface Victim {
  readonly change: Change;
  readonly point: CrashPoint;
}

const proxmox = (call: string, when: CrashPoint["when"]): CrashPoint => ({ at: "proxmox", call, when });
const kubernetes = (call: string, when: CrashPoint["when"], skip = 0): CrashPoint => ({
  at: "kubernetes",
  call: `PATCH ${call}`,
  when,
  skip,
});
const of = (change: Change, ...points: readonly CrashPoint[]): readonly Victim[] =>
  points.map((point) => ({ change, point }));

const CT = "/nodes/pve1/lxc/VMID";
const VM = "/nodes/pve1/qemu/VMID";

/** Calls that no boot, creation, shutdown or deletion makes, and what is written around them. */
const victims: readonly Victim[] = [
  ...of(
    "update",
    proxmox(`PUT ${CT}/config`, "before"),
    proxmox(`PUT ${CT}/config`, "after"),
    kubernetes("containers/status (intent)", "after"),
  ),
  ...of(
    "migrate",
    proxmox(`POST ${CT}/migrate`, "before"),
    proxmox(`POST ${CT}/migrate`, "after"),
    kubernetes("containers/status (intent)", "after", 1),
    kubernetes("containers/status (receipt)", "before", 1),
  ),
  ...of("snapshot", proxmox(`POST ${CT}/snapshot`, "before"), proxmox(`POST ${CT}/snapshot`, "after")),
  ...of(
    "clone",
    proxmox("POST /nodes/pve1/qemu/SOURCE/clone", "before"),
    proxmox("POST /nodes/pve1/qemu/SOURCE/clone", "after"),
    kubernetes("virtualmachines/status (receipt)", "before"),
    proxmox(`PUT ${VM}/config`, "after"),
    proxmox(`PUT ${VM}/resize`, "after"),
  ),
  ...of("move", proxmox(`POST ${VM}/migrate`, "before"), proxmox(`POST ${VM}/migrate`, "after")),
];

/** A victim in the lab. */
export interface CrashGuest extends Victim {
  readonly name: string;
  readonly vmid: number;
}

/** All of them, or one of each change, killed once its call had its effect: the answer is lost. */
export function crashGuests(which: "all" | "sample"): readonly CrashGuest[] {
  const isSample = ({ point: { at, call, when } }: Victim): boolean =>
    at === "proxmox" && when === "after" && !call.startsWith(`PUT ${VM}`);
  return (which === "all" ? victims : victims.filter(isSample)).map((victim, index) => ({
    ...victim,
    name: `${victim.change}${String(index)}`,
    vmid: 201 + index,
  }));
}

/** Those of these changes. */
export function only(guests: readonly CrashGuest[], ...changes: readonly Change[]): readonly CrashGuest[] {
  return guests.filter(({ change }) => changes.includes(change));
}

function isContainer({ change }: CrashGuest): boolean {
  return change === "update" || change === "migrate" || change === "snapshot";
}

/** The containers among them, as they are before. */
export function containersOf(guests: readonly CrashGuest[]): readonly BedGuest[] {
  return guests.filter(isContainer).map((guest) => ({ ...guest, layer: guest.change, spec: specOf(guest, "before") }));
}

/** Each clone has a source of its own, so that its call is known by its path. */
const sourceOf = (vmid: number): number => vmid + 700;

/** What is declared of it, besides what every guest declares. */
export function specOf({ change, vmid }: CrashGuest, when: "before" | "after"): Readonly<Record<string, unknown>> {
  const node = when === "after" && (change === "migrate" || change === "move") ? "pve2" : "pve1";
  switch (change) {
    case "update":
      return { node, updatePolicy: "Restart", ...(when === "after" ? { dns: { nameservers: ["10.0.0.1"] } } : {}) };
    case "migrate":
    case "snapshot":
      return { node };
    case "move":
      return { node, vmid, layerRef: { name: "move" }, management: "Full", adoption: "Adopt" };
    case "clone":
      return {
        node,
        vmid,
        layerRef: { name: "move" },
        management: "Full",
        source: { clone: { vmid: sourceOf(vmid) } },
        cpu: { cores: 2 },
        disks: [{ name: "scsi0", storage: "local-zfs", size: "10Gi" }],
      };
  }
}

/** Virtual machines that exist before the lab does, and what the clones are made from. */
export function machinesThere(guests: readonly CrashGuest[]): readonly GuestOptions[] {
  const disk = (vmid: number, kind: "vm" | "base"): Readonly<Record<string, string>> => ({
    scsi0: `local-zfs:${kind}-${String(vmid)}-disk-0,size=8G`,
  });
  return [
    ...only(guests, "move").map(({ vmid, name }): GuestOptions => ({
      vmid,
      name,
      type: "qemu",
      running: true,
      config: disk(vmid, "vm"),
    })),
    ...only(guests, "clone").map(({ vmid }): GuestOptions => {
      const source = sourceOf(vmid);
      return { vmid: source, type: "qemu", config: { ...disk(source, "base"), template: "1" } };
    }),
  ];
}

export function machineOf(guest: CrashGuest, when: "before" | "after"): Declared {
  return ours("VirtualMachine", guest.name, specOf(guest, when));
}

const TASKS: Readonly<Record<Change, readonly string[]>> = {
  update: ["vzshutdown", "vzstart"],
  migrate: ["vzshutdown", "vzmigrate", "vzstart"],
  snapshot: ["vzsnapshot"],
  clone: ["qmclone", "resize", "qmstart"],
  move: ["qmigrate"],
};

/** The call of it at which the controller is killed. */
export function pointOf(guest: CrashGuest): SweepPoint {
  const { name, vmid, point } = guest;
  const kind = isContainer(guest) ? "containers" : "virtualmachines";
  const call = point.call.replace("VMID", String(vmid)).replace("SOURCE", String(sourceOf(vmid)));
  return { ...point, call, object: `${kind}/${name}` };
}

/** The tasks that it gets, each once; that of a clone stands under its source. */
export function tasksOf({ change, vmid }: CrashGuest): readonly string[] {
  return TASKS[change].map((type) => `${type} ${String(type === "qmclone" ? sourceOf(vmid) : vmid)} OK`);
}
