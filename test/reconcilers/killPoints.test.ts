import { NAMESPACE, FakeLab } from "../fakes/lab.ts";
import { killedEverywhere, type KillStory } from "./killPoints.ts";
import { CREATABLE } from "./oneGuest.ts";
import { CARD, DISK } from "./oneMachine.ts";

type Kind = "Container" | "VirtualMachine";
type Spec = Readonly<Record<string, unknown>>;

const SPEC: Spec = { management: "Full", driftPolicy: "Correct", adoption: "Refuse" };

function declare(lab: FakeLab, kind: Kind, spec: Spec): void {
  lab.guest("one", { kind, vmid: 101, layer: "base", spec: { ...SPEC, ...spec } });
}

/** Two nodes and a template; nothing is declared but the guest itself. */
function empty(): FakeLab {
  const lab = new FakeLab(["pve1", "pve2"]);
  const vm = { disks: [{ ...DISK, volume: "local-zfs:base-900-disk-0" }], hostDevices: {} };
  lab.proxmox.add({ type: "qemu", vmid: 900, name: "debian", template: true, networks: [CARD], vm });
  lab.cluster();
  lab.layer("base");
  lab.homelab();
  return lab;
}

/** "one" runs on pve1, is ours and as declared. */
async function running(kind: Kind, spec: Spec = {}): Promise<FakeLab> {
  const lab = empty();
  const type = kind === "Container" ? "lxc" : "qemu";
  const vm = { disks: [DISK], hostDevices: {} };
  const own = type === "lxc" ? {} : { vm, networks: [CARD] };
  lab.proxmox.add({ vmid: 101, name: "one", type, power: "Running", tags: [`hl.${NAMESPACE}.one`], ...own });
  declare(lab, kind, { node: "pve1", ...spec });
  lab.start();
  await lab.until("at rest", () => isSettled(lab, kind));
  return lab;
}

async function absent(): Promise<FakeLab> {
  const lab = empty();
  lab.start();
  await lab.until("connected", () => lab.reason("ProxmoxCluster", "pve") === "Settled");
  return lab;
}

const isSettled = (lab: FakeLab, kind: Kind): boolean => lab.reason(kind, "one") === "Settled";
const isInSync = (lab: FakeLab, kind: Kind): boolean =>
  isSettled(lab, kind) &&
  lab.read(kind, "one")?.status?.conditions?.find(({ type }) => type === "ConfigInSync")?.reason === "InSync";

const CLONE = {
  source: { clone: { vmid: 900 } },
  cpu: { cores: 2 },
  disks: [{ name: "scsi0", storage: "local-zfs", size: "20Gi" }],
};
const IMAGE = {
  source: { iso: "local:iso/debian.iso" },
  disks: [{ name: "scsi0", storage: "local-zfs", size: "8Gi" }],
};

/** One story for each kind; a word of the spec decides which. */
function update(kind: Kind): readonly KillStory[] {
  const cores: Spec = kind === "Container" ? { resources: { cores: 4 } } : { description: "four" };
  const memory: Spec = kind === "Container" ? { dns: { nameservers: ["10.0.0.1"] } } : { cpu: { cores: 4 } };
  return [
    {
      what: `an update of a ${kind} that takes effect at once`,
      before: () => running(kind),
      begin: (lab) => {
        declare(lab, kind, { node: "pve1", ...cores });
      },
      over: (lab) => lab.calls().length > 0 && isInSync(lab, kind),
      calls: ["configure 101"],
    },
    {
      what: `an update of a ${kind} that needs a restart`,
      before: () => running(kind, { updatePolicy: "Restart" }),
      begin: (lab) => {
        declare(lab, kind, { node: "pve1", updatePolicy: "Restart", ...memory });
      },
      over: (lab) => lab.calls().includes("start 101") && isInSync(lab, kind),
      calls: ["configure 101", "shutdown 101", "start 101"],
    },
  ];
}

/** The update that needs a restart, with a policy that wants a snapshot before. */
function guardedUpdate(kind: Kind): KillStory {
  const [, restart] = update(kind);
  if (restart === undefined) throw new Error("no update with a restart");
  return {
    ...restart,
    what: `an update of a ${kind} that needs a restart, with a snapshot before`,
    before: async () => {
      const lab = await restart.before();
      const spec = { schedule: "0 0 1 1 *", selector: {}, beforeUpdate: true };
      lab.kube.apply({ kind: "SnapshotPolicy", metadata: { name: "careful", namespace: NAMESPACE }, spec });
      await lab.until("looked at", () => lab.reason("SnapshotPolicy", "careful") === "Settled");
      return lab;
    },
    calls: ["createSnapshot 101", ...restart.calls],
  };
}

function migration(kind: Kind): KillStory {
  return {
    what: `a migration of a ${kind}`,
    before: () => running(kind),
    begin: (lab) => {
      declare(lab, kind, { node: "pve2" });
    },
    over: (lab) =>
      lab.proxmox.guest(101).node === "pve2" &&
      isSettled(lab, kind) &&
      lab.status(kind, "one")["migration"] === undefined,
    calls: kind === "Container" ? ["shutdown 101", "migrate 101", "start 101"] : ["migrate 101"],
  };
}

function deletion(kind: Kind): KillStory {
  return {
    what: `a deletion of a ${kind} with its guest`,
    before: () => running(kind, { deletionPolicy: "Delete" }),
    begin: (lab) => {
      lab.kube.delete(lab.key(kind, "one"));
    },
    over: (lab) => lab.read(kind, "one") === undefined,
    calls: ["shutdown 101", "destroy 101"],
  };
}

/** A run of a policy that keeps one makes a snapshot and removes that of the run before. */
function snapshot(kind: Kind): KillStory {
  const count = (lab: FakeLab): number => lab.calls().filter((call) => call === "createSnapshot 101").length;
  const isDone = (lab: FakeLab): boolean => lab.reason("SnapshotPolicy", "hourly") === "Settled";
  const nextHour = (lab: FakeLab): Promise<void> => lab.clock.advance(3_600_000 - (lab.clock.now() % 3_600_000) + 100);
  return {
    what: `a snapshot of a ${kind}, and the removal of the one before`,
    before: async () => {
      const lab = await running(kind);
      const spec = { schedule: "0 * * * *", selector: { layerRef: { name: "base" } }, keep: { last: 1 } };
      lab.kube.apply({ kind: "SnapshotPolicy", metadata: { name: "hourly", namespace: NAMESPACE }, spec });
      await lab.until("looked at", () => isDone(lab));
      await nextHour(lab);
      await lab.until("the first run", () => count(lab) === 1 && isDone(lab));
      return lab;
    },
    begin: nextHour,
    over: (lab) => count(lab) > 0 && lab.proxmox.guest(101).snapshots.length === 1 && isDone(lab),
    calls: ["createSnapshot 101", "deleteSnapshot 101"],
  };
}

const stories: readonly KillStory[] = [
  {
    what: "a creation of a Container",
    before: absent,
    begin: (lab) => {
      declare(lab, "Container", { node: "pve1", ...CREATABLE });
    },
    over: (lab) => isSettled(lab, "Container"),
    calls: ["create 101", "start 101"],
  },
  {
    what: "a creation of a VirtualMachine",
    before: absent,
    begin: (lab) => {
      declare(lab, "VirtualMachine", { node: "pve1", ...IMAGE });
    },
    over: (lab) => isSettled(lab, "VirtualMachine"),
    calls: ["createMachine 101", "start 101"],
  },
  {
    what: "a clone of a VirtualMachine",
    before: absent,
    begin: (lab) => {
      declare(lab, "VirtualMachine", { node: "pve1", ...CLONE });
    },
    over: (lab) => isSettled(lab, "VirtualMachine"),
    calls: ["createMachine 101", "configure 101", "resize 101", "configure 101", "start 101"],
  },
  ...(["Container", "VirtualMachine"] as const).flatMap((kind) => [
    ...update(kind),
    guardedUpdate(kind),
    migration(kind),
    deletion(kind),
    snapshot(kind),
  ]),
];

describe("A2, A3: killed at any call to the outside, the next process ends what was begun, and calls nothing twice", function () {
  this.timeout(60_000);
  for (const story of stories)
    it(story.what, async () => {
      await killedEverywhere(story);
    });
});
