import { parseSpec, VirtualMachine, type Container } from "../../controller/api/index.ts";
import { FINALIZER } from "../../controller/api/meta.ts";
import type { GuestAction } from "../../controller/plan/guests/guestAction.ts";
import type { GuestInput, Memory, Sight } from "../../controller/plan/guests/guestInput.ts";
import type { Guest, Member } from "../../controller/plan/lab.ts";
import type { GuestConfig, GuestSeen } from "../../controller/providers/port.ts";
import { labOf, member, type GuestWish } from "./labs.ts";

type Failure = NonNullable<Memory["lastFailure"]>;

export const MARKED = "hl.lab.db";

/** Configuration of the running container "db" as Proxmox stores it. */
export function config(change: Partial<GuestConfig> = {}): GuestConfig {
  return {
    digest: "d",
    pending: [],
    name: "db",
    mounts: [],
    unused: [],
    networks: [],
    nameservers: [],
    onboot: false,
    startup: {},
    protection: false,
    tags: [MARKED],
    template: false,
    otherKeys: [],
    ...change,
  };
}

export function seen(change: Partial<GuestSeen> = {}): GuestSeen {
  const base = { type: "lxc", node: "pve1", vmid: 101, name: "db", power: "Running", tags: [MARKED] } as const;
  return { ...base, template: false, sequence: 1, ...change };
}

export function present(
  guest: Partial<GuestSeen> = {},
  rest: Partial<Extract<Sight, { is: "present" }>> = {},
): Extract<Sight, { is: "present" }> {
  const nothing = { config: config(), addresses: [], busy: undefined, down: undefined, losses: undefined };
  return { is: "present", guest: seen(guest), ...nothing, ...rest };
}

interface InputWish extends Partial<Omit<GuestInput, "member" | "object">> {
  readonly guest?: Omit<GuestWish, "layer">;
  /** Being deleted, with our finalizer. */
  readonly leaving?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** All that a decision about the Container "db", vmid 101, goes by: marked, running, nothing in the way. */
export function inputOf({ guest = {}, leaving = false, annotations, ...rest }: InputWish = {}): GuestInput {
  const lab = rest.lab ?? labOf({ layers: { base: {} }, guests: { db: { layer: "base", ...guest } } });
  const found = member(lab, "db");
  const object = found.object as Container;
  const going = leaving ? { deletionTimestamp: "2026-01-01T11:00:00Z", finalizers: [FINALIZER] } : {};
  const told = annotations === undefined ? {} : { annotations };
  const changed = { ...object, metadata: { ...object.metadata, ...going, ...told } };
  const itself: Member = { ...found, object: changed, leaving };
  return {
    object: changed,
    lab,
    member: itself,
    rules: { name: "pve", suspended: false, protectedVmids: new Set(), protectionKnown: true, maxConcurrentTasks: 4 },
    sight: present(),
    task: { is: "none" },
    health: undefined,
    memory: {
      failures: 0,
      lastFailure: undefined,
      configFailure: undefined,
      healed: false,
      downMs: 0,
      leavingMs: 0,
      lastGood: undefined,
    },
    ownership: { is: "ours" },
    rival: undefined,
    creation: undefined,
    obstacles: [],
    permissions: undefined,
    forbidden: undefined,
    namespaceTerminating: false,
    brake: { recent: 0, max: 1, confirmed: false, hash: "", held: [] },
    ...rest,
  };
}

/** The same for a VirtualMachine of that name and vmid. */
export function asVm(input: GuestInput, spec: Readonly<Record<string, unknown>> = {}): GuestInput {
  const object = { ...input.object, kind: "VirtualMachine", spec: { vmid: 101, layerRef: { name: "base" }, ...spec } };
  const result = parseSpec(VirtualMachine, object);
  if (!result.ok) throw new Error(result.problems.join("; "));
  const vm = { ...object, spec: result.spec } as Guest;
  return { ...input, object: vm, member: { ...input.member, object: vm } };
}

/** Input after an attempt that failed, with this generation of the spec unless said otherwise. */
export function afterFailure(input: GuestInput, failure: Partial<Failure>, failures = 1): GuestInput {
  const { generation } = input.object.metadata;
  const lastFailure = { op: "Start", text: "it failed", agoMs: 0, generation, ...failure };
  return { ...input, memory: { ...input.memory, failures, lastFailure } };
}

/** One action of each kind. */
export const ACTIONS: Readonly<Record<GuestAction["op"], GuestAction>> = {
  Start: { op: "Start", effect: "starts", makesTask: true, because: "why" },
  Shutdown: { op: "Shutdown", effect: "stops", makesTask: true, because: "why", declared: true },
  Create: { op: "Create", effect: "creates", makesTask: true, because: "why" },
  Download: { op: "Download", effect: "creates", makesTask: true, because: "why" },
  Migrate: { op: "Migrate", effect: "moves", makesTask: true, because: "why", moves: true, target: "pve2" },
  Mark: { op: "Mark", effect: "marks", makesTask: false, because: "why" },
  SetStartup: { op: "SetStartup", effect: "configures", makesTask: false, because: "why", change: { onboot: false } },
  Configure: {
    op: "Configure",
    effect: "configures",
    makesTask: false,
    because: "why",
    change: { description: "d" },
    digest: "d",
  },
  Resize: {
    op: "Resize",
    effect: "configures",
    makesTask: true,
    because: "why",
    growth: { disk: "rootfs", sizeMiB: 9216 },
    digest: "d",
  },
  Destroy: { op: "Destroy", effect: "destroys", makesTask: true, because: "why" },
  Snapshot: {
    op: "Snapshot",
    effect: "snapshots",
    makesTask: true,
    because: "why",
    snapshot: { name: "hl-one", description: "d", memory: false },
  },
};
