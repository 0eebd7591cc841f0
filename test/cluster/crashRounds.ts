import { expect } from "chai";
import type { ControllerChild } from "./controllerChild.ts";
import { ApiGate } from "./apiGate.ts";
import { arm, disarm, kubernetesKind, proxmoxKind, type CrashPoint } from "./crashPoints.ts";
import type { SimulatorOptions } from "../simulators/proxmox/options.ts";
import { sharedControlPlane } from "./harness.ts";
import type { HostTask } from "./hostLog.ts";
import { withBed, type Bed } from "./labBed.ts";
import type { BedGuest } from "./labObjects.ts";

/** A piece of the lab's life in which the controller is killed. */
export interface CrashStory {
  readonly name: string;
  /** Everything that comes before, with a controller that is left running, or none. */
  readonly before: (lab: CrashLab) => Promise<ControllerChild | undefined>;
  /** What a person does then. */
  readonly begin: (lab: CrashLab) => Promise<void>;
  readonly end: (lab: CrashLab) => Promise<unknown>;
  /** Task types of which each guest gets exactly one, and no other task at all. */
  readonly tasks: readonly string[];
}

/** A lab that is used for one round after the other. */
export interface CrashLab {
  readonly bed: Bed;
  readonly gate: ApiGate;
  readonly guests: readonly BedGuest[];
}

/** What differs from the lab of every crash test. */
interface CrashWorld {
  readonly homelab?: Readonly<Record<string, unknown>>;
  readonly simulator?: SimulatorOptions;
}

/** Raises a lab without guests on its host, all declared and no controller running. */
export async function withCrashLab(
  guests: readonly BedGuest[],
  use: (lab: CrashLab) => Promise<void>,
  { homelab = {}, simulator = {} }: CrashWorld = {},
): Promise<void> {
  const gate = new ApiGate(await sharedControlPlane());
  const world = { speed: 20, ...simulator };
  await withBed({ guests, gate, emptyHost: true, listen: false, simulator: world }, async (bed) => {
    await bed.applyLab(homelab);
    await use({ bed, gate, guests });
  });
}

/**
 * One round: the controller is killed at the point, another one takes over, and the end is as if nothing had been.
 * `mayMiss`: how often a kind of call is made varies, and the story may end before; the answer is whether it was killed.
 */
export async function crashRound(
  lab: CrashLab,
  story: CrashStory,
  point: CrashPoint,
  mayMiss = false,
): Promise<boolean> {
  const { bed, gate } = lab;
  const first = await story.before(lab);
  const since = await mark(bed);
  const reached = await arm(bed, gate, point);
  await story.begin(lab);
  const begun = first ?? (await bed.start());
  const held = reached().then(() => true);
  held.catch(() => undefined);
  const isKilled = await (mayMiss ? Promise.race([held, story.end(lab).then(() => false)]) : held);
  if (isKilled) await begun.kill();
  await disarm(bed, gate);
  if (isKilled) await freeLease(bed);
  const last = isKilled ? await bed.start() : begun;
  await story.end(lab);
  await check(lab, story, since);
  await last.stop();
  return isKilled;
}

/** The same without a crash: how often each kind of call was made. */
export async function callsOf(lab: CrashLab, story: CrashStory): Promise<ReadonlyMap<string, number>> {
  const { bed, gate } = lab;
  const controller = await story.before(lab);
  const kinds = new Map<string, number>();
  const count = (kind: string | undefined): void => {
    if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  };
  gate.rule = (request) => {
    count(kubernetesKind(request));
    return undefined;
  };
  const since = await mark(bed);
  await story.begin(lab);
  const child = controller ?? (await bed.start());
  await story.end(lab);
  await check(lab, story, since);
  await child.stop();
  await disarm(bed, gate);
  for (const call of await bed.host.all(since.call)) count(proxmoxKind(call));
  return kinds;
}

interface Mark {
  readonly call: number;
  readonly upids: ReadonlySet<string>;
}

async function mark(bed: Bed): Promise<Mark> {
  const tasks = await bed.host.tasks();
  return { call: await bed.host.mark(), upids: new Set(tasks.map((task) => task.upid)) };
}

/** A killed leader cannot release its lease; waiting for it to run out is shown elsewhere. */
async function freeLease(bed: Bed): Promise<void> {
  await bed.kubectl("delete", "lease", "homelab-controller", "--ignore-not-found");
}

/** No task more than the story needs, no call refused or repeated, and no incident or hold made up. */
async function check({ bed, guests }: CrashLab, story: CrashStory, since: Mark): Promise<void> {
  const made = (await bed.host.tasks()).filter((task) => !since.upids.has(task.upid));
  const wanted = guests.flatMap(({ vmid }) => story.tasks.map((type) => `${type} ${String(vmid)} OK`));
  expect(made.map(taskText).toSorted()).to.deep.equal(wanted.toSorted());
  const calls = (await bed.host.mutations(since.call)).filter((call) => call.method !== "PUT");
  const carriedOut = calls.filter((call) => call.upid !== undefined || call.fault === undefined);
  expect(carriedOut.filter((call) => call.status >= 400).map((call) => `${call.path}: ${call.reason}`)).to.deep.equal(
    [],
  );
  for (const { metadata, status } of bed.scene.containers) {
    expect(status?.lastIncident, metadata.name).to.equal(undefined);
    expect(status?.hold, metadata.name).to.equal(undefined);
    expect(status?.task, metadata.name).to.equal(undefined);
  }
}

function taskText({ type, id, exit = "running" }: HostTask): string {
  return `${type} ${id} ${exit}`;
}

async function power({ bed }: CrashLab, powerState: "Running" | "Stopped"): Promise<void> {
  await bed.kubectl("patch", "hl", "lab", "--type=merge", "-p", JSON.stringify({ spec: { powerState } }));
}

/** Neither objects nor guests, nor anything else of the round before. */
async function emptyHost(lab: CrashLab): Promise<void> {
  await lab.bed.kubectl("delete", "containers,homelablayers,homelabs,proxmoxclusters,leases,events", "--all");
  const there = (await lab.bed.simulator.admin("GET", "/guests")) as readonly { readonly vmid: number }[];
  for (const { vmid } of there) await lab.bed.simulator.admin("DELETE", `/guests/${String(vmid)}`);
}

async function applyLab({ bed }: CrashLab): Promise<void> {
  await bed.applyLab();
}

async function settled({ bed, guests }: CrashLab, reason: "Settled" | "Stopped"): Promise<void> {
  await bed.untilAll(reason);
  await bed.until(`the lab ${reason}`, ({ homelab, containers }) => {
    const ready = homelab?.status?.conditions?.find(({ type }) => type === "Ready");
    return ready?.reason === reason && containers.length === guests.length;
  });
}

/** Guests that are down and carry no mark are adopted and booted. */
export const boot: CrashStory = {
  name: "a boot",
  tasks: ["vzstart"],
  before: async (lab) => {
    await emptyHost(lab);
    for (const { vmid, name } of lab.guests) await lab.bed.simulator.admin("POST", "/guests", { vmid, name });
    return undefined;
  },
  begin: applyLab,
  end: (lab) => settled(lab, "Settled"),
};

/** Guests that never were are created and booted. */
export const create: CrashStory = {
  name: "a creation",
  tasks: ["vzcreate", "vzstart"],
  before: async (lab) => {
    await emptyHost(lab);
    return undefined;
  },
  begin: applyLab,
  end: (lab) => settled(lab, "Settled"),
};

/** A lab that runs is shut down. */
export const shutdown: CrashStory = {
  name: "a shutdown",
  tasks: ["vzshutdown"],
  before: async (lab) => {
    await power(lab, "Running");
    await applyLab(lab);
    const controller = await lab.bed.start();
    await settled(lab, "Settled");
    return controller;
  },
  begin: (lab) => power(lab, "Stopped"),
  end: (lab) => settled(lab, "Stopped"),
};
