import { expect } from "chai";
import type { LogEntry } from "../simulators/proxmox/accessLog.ts";
import type { GuestOptions } from "../simulators/proxmox/options.ts";
import type { CrashPoint } from "./crashPoints.ts";
import { withCrashLab, type CrashLab } from "./crashRounds.ts";
import { killedAtEach, type SweepPoint } from "./crashSweep.ts";
import { ours, type BedGuest } from "./labObjects.ts";

type Change = "update" | "migrate" | "snapshot" | "clone" | "move";

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

interface Guest extends Victim {
  readonly name: string;
  readonly vmid: number;
}

const guests: readonly Guest[] = victims.map((victim, index) => ({
  ...victim,
  name: `${victim.change}${String(index)}`,
  vmid: 201 + index,
}));
const only = (...changes: readonly Change[]): readonly Guest[] =>
  guests.filter(({ change }) => changes.includes(change));

const CONTAINERS: readonly BedGuest[] = only("update", "migrate", "snapshot").map((guest) => ({
  ...guest,
  layer: guest.change,
  spec: specOf(guest, "before"),
}));

/** Each clone has a source of its own, so that its call is known by its path. */
const sourceOf = (vmid: number): number => vmid + 700;

function specOf({ change, vmid }: Guest, when: "before" | "after"): Readonly<Record<string, unknown>> {
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

function machinesThere(): readonly GuestOptions[] {
  const disk = (vmid: number, kind: "vm" | "base"): Readonly<Record<string, string>> => ({
    scsi0: `local-zfs:${kind}-${String(vmid)}-disk-0,size=8G`,
  });
  return [
    ...only("move").map(({ vmid, name }): GuestOptions => ({
      vmid,
      name,
      type: "qemu",
      running: true,
      config: disk(vmid, "vm"),
    })),
    ...only("clone").map(({ vmid }): GuestOptions => {
      const source = sourceOf(vmid);
      return { vmid: source, type: "qemu", config: { ...disk(source, "base"), template: "1" } };
    }),
  ];
}

const machine = (guest: Guest, when: "before" | "after") => ours("VirtualMachine", guest.name, specOf(guest, when));

/** All is changed at once: spec.node, configuration, new machines, and a snapshot that is overdue. */
async function change({ bed }: CrashLab): Promise<void> {
  for (const guest of only("update", "migrate"))
    await bed.kubectl(
      "patch",
      "hct",
      guest.name,
      "--type=merge",
      "-p",
      JSON.stringify({ spec: specOf(guest, "after") }),
    );
  await bed.apply(...only("clone", "move").map((guest) => machine(guest, "after")));
  const spec = { schedule: "0 0 1 1 *", selector: { layerRef: { name: "snapshot" } } };
  await bed.apply(ours("SnapshotPolicy", "yearly", spec));
  const status = JSON.stringify({ status: { lastScheduleTime: "2020-01-01T00:00:00Z" } });
  await bed.kubectl("patch", "hsnap", "yearly", "--subresource=status", "--type=merge", "-p", status);
}

interface Read {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly node?: string;
    readonly task?: unknown;
    readonly migration?: unknown;
    readonly lastIncident?: unknown;
    readonly pendingChanges?: unknown;
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
}

/** It is where it should be, in the way it should be, and nothing of it is under way. */
function isDone({ metadata, status = {} }: Read, when: "before" | "after"): boolean {
  const { conditions = [], node, task, migration, pendingChanges } = status;
  const { change } = guests.find(({ name }) => name === metadata.name) ?? {};
  const isMoved = when === "before" || (change !== "migrate" && change !== "move") || node === "pve2";
  const isReady = conditions.some(({ type, reason }) => type === "Ready" && reason === "Settled");
  return isReady && isMoved && [task, migration, pendingChanges].every((open) => open === undefined);
}

/** Every guest as its object says, with nothing left to do. */
async function allOver({ bed }: CrashLab, when: "before" | "after"): Promise<void> {
  const wanted = when === "before" ? guests.length - only("clone").length : guests.length;
  let open: readonly Read[] = [];
  const look = async (): Promise<readonly Read[] | undefined> => {
    const { items } = JSON.parse(await bed.kubectl("get", "hct,hvm", "-o", "json")) as { items: readonly Read[] };
    open = items.filter((item) => !isDone(item, when));
    return items.length === wanted && open.length === 0 ? items : undefined;
  };
  const all = await bed.untilHost(`every guest is as declared (${when})`, look, 45).catch((error: unknown) => {
    throw new Error(`${String(error)}; not yet: ${JSON.stringify(open)}`);
  });
  for (const { metadata, status } of all) expect(status?.lastIncident, metadata.name).to.equal(undefined);
}

const TASKS: Readonly<Record<Change, readonly string[]>> = {
  update: ["vzshutdown", "vzstart"],
  migrate: ["vzshutdown", "vzmigrate", "vzstart"],
  snapshot: ["vzsnapshot"],
  clone: ["qmclone", "resize", "qmstart"],
  move: ["qmigrate"],
};

/**
 * Updates, migrations, snapshots and clones at the same time; whenever a call of one of them is held at its point the
 * controller is killed and another one goes on. In the end each task was made once, and each configuration written once.
 */
export function changesUnderCrashes(): Promise<void> {
  const simulator = { nodes: ["pve1", "pve2"], guests: machinesThere() };
  return withCrashLab(
    CONTAINERS,
    async (lab) => {
      const { bed } = lab;
      await bed.apply(ours("HomelabLayer", "move"), ...only("move").map((guest) => machine(guest, "before")));
      const first = await bed.start();
      await allOver(lab, "before");
      const [earlier, since] = [await bed.host.tasks(), await bed.host.mark()];
      await killedAtEach(lab, guests.map(pointOf), { first, begin: () => change(lab) });
      await allOver(lab, "after");
      const known = new Set(earlier.map(({ upid }) => upid));
      const made = (await bed.host.tasks()).filter(({ upid }) => !known.has(upid));
      expect(made.map(({ type, id, exit = "running" }) => `${type} ${id} ${exit}`).toSorted()).to.deep.equal(
        guests.flatMap(tasksOf).toSorted(),
      );
      expectWrittenOnce(await bed.host.mutations(since));
    },
    { simulator },
  );
}

function pointOf({ name, vmid, point }: Guest): SweepPoint {
  const kind = vmid < 201 + CONTAINERS.length ? "containers" : "virtualmachines";
  const call = point.call.replace("VMID", String(vmid)).replace("SOURCE", String(sourceOf(vmid)));
  return { ...point, call, object: `${kind}/${name}` };
}

/** The task of a clone stands under its source. */
function tasksOf({ change, vmid }: Guest): readonly string[] {
  return TASKS[change].map((type) => `${type} ${String(type === "qmclone" ? sourceOf(vmid) : vmid)} OK`);
}

/** No call was refused, and no configuration was sent a second time once it was written. */
function expectWrittenOnce(calls: readonly LogEntry[]): void {
  expect(calls.filter(({ status }) => status >= 400).map(({ path, reason }) => `${path}: ${reason}`)).to.deep.equal([]);
  for (const { change, vmid, point } of only("update", "clone")) {
    const path = `/${String(vmid)}/config`;
    const written = calls.filter((call) => call.method === "PUT" && call.path.endsWith(path));
    // What was held before it had its effect does not count.
    const carriedOut = written.filter(({ fault }) => fault === undefined || point.when === "after");
    const bodies = carriedOut.map(({ params }) => JSON.stringify({ ...params, digest: "" }));
    expect(bodies.length, `${change} ${String(vmid)}`).to.equal(new Set(bodies).size);
  }
}
