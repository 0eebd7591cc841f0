import { concernsLayer, bootIdOf, layerPower, type Lab, type Member } from "../lab.ts";
import { perLab, perMembers } from "../perLab.ts";

export interface NotReady {
  readonly kind: string;
  readonly name: string;
  /** A word or phrase: Starting, Stopped, StoppedByHand, … */
  readonly reason: string;
}

/** The health gate of a layer at this moment (L3). */
export interface Gate {
  readonly open: boolean;
  /** What the upper layers go by: open, or given up under `onTimeout: Proceed`. */
  readonly passable: boolean;
  /** KeptOpen and KeptClosed: too little is seen to tell, so the last state stands. */
  readonly why: "Open" | "MembersMissing" | "Gating" | "KeptOpen" | "KeptClosed" | "TimedOut" | "LayerMissing";
  /** Objects that name the layer, whatever their state, save leaving ones. */
  readonly present: number;
  /** Members that count, of them healthy, and how many are needed. */
  readonly total: number;
  readonly healthy: number;
  readonly needed: number;
  readonly notReady: readonly NotReady[];
  /** Members that left the total, with the reason: declared Stopped, held by hand. */
  readonly aside: readonly NotReady[];
  /** Milliseconds until `minHealthySeconds` are over for the next healthy member; undefined: nothing to wait for. */
  readonly retryMs: number | undefined;
}

const MISSING: Gate = {
  open: false,
  passable: false,
  why: "LayerMissing",
  present: 0,
  total: 0,
  healthy: 0,
  needed: 0,
  notReady: [],
  aside: [],
  retryMs: undefined,
};

/** The one function that says whether a gate is open: what a layer's status shows and what holds its upper layers. */
export const gateOf = perLab((lab: Lab, name: string): Gate => {
  const layer = lab.layers.get(name);
  if (layer === undefined) return MISSING;
  const { quorum, minMembers, minHealthySeconds } = layer.spec.healthGate;
  const count = countOf(lab, name, minHealthySeconds * 1000);
  const needed = neededOf(quorum, count.total);
  const base = { ...count, needed };
  if (count.present < minMembers) return { ...base, open: false, passable: false, why: "MembersMissing" };
  if (count.healthy >= needed) return { ...base, open: true, passable: true, why: "Open" };
  if (count.healthy + count.unknown >= needed) {
    const stood = stoodOpen(lab, name);
    return { ...base, open: stood, passable: stood, why: stood ? "KeptOpen" : "KeptClosed" };
  }
  if (!isTimedOut(lab, name)) return { ...base, open: false, passable: false, why: "Gating" };
  return { ...base, open: false, passable: layer.spec.healthGate.onTimeout === "Proceed", why: "TimedOut" };
});

type Count = Pick<Gate, "present" | "total" | "healthy" | "notReady" | "aside" | "retryMs"> & {
  readonly unknown: number;
};

const NOBODY: readonly Member[] = [];

/** The members as they are at this moment; without minHealthySeconds that moment does not matter. */
function countOf(lab: Lab, name: string, minHealthyMs: number): Count {
  const members = lab.byLayer.get(name) ?? NOBODY;
  const count = minHealthyMs === 0 ? countNow(members) : counted(members, minHealthyMs, lab.monotonic);
  const invalid = lab.invalid.get(name) ?? [];
  if (invalid.length === 0) return count;
  return {
    ...count,
    present: count.present + invalid.length,
    total: count.total + invalid.length,
    notReady: [...count.notReady, ...invalid.map(({ kind, name: of }) => ({ kind, name: of, reason: "SpecInvalid" }))],
  };
}

const countNow = perMembers((members) => counted(members, 0, 0));

function counted(members: readonly Member[], minHealthyMs: number, monotonic: number): Count {
  const present = members.filter((member) => !member.leaving);
  const aside: NotReady[] = [];
  const notReady: NotReady[] = [];
  const waits: number[] = [];
  let healthy = 0;
  let unknown = 0;
  for (const member of present) {
    const asideBecause = asideReason(member);
    if (asideBecause !== undefined) {
      aside.push(named(member, asideBecause));
      continue;
    }
    if (member.power === "Unknown") unknown++;
    const wait = waitOf(member, minHealthyMs, monotonic);
    if (wait === 0) healthy++;
    else notReady.push(named(member, notReadyReason(member)));
    if (wait !== undefined && wait > 0) waits.push(wait);
  }
  const total = present.length - aside.length;
  const retryMs = waits.length === 0 ? undefined : Math.min(...waits);
  return { present: present.length, total, healthy, unknown, notReady, aside, retryMs };
}

/** Something in the layer cannot be seen. */
export const isBlind = perMembers((members) => members.some((member) => member.power === "Unknown"));

/** Milliseconds until the member counts as healthy; undefined: it is not healthy. */
function waitOf(member: Member, minHealthyMs: number, monotonic: number): number | undefined {
  if (!isHealthy(member)) return undefined;
  return minHealthyMs === 0 ? 0 : Math.max(0, minHealthyMs - (monotonic - (member.healthySince ?? monotonic)));
}

/** The gate's last state as written; it stands while too little is seen (L3). */
function stoodOpen(lab: Lab, name: string): boolean {
  const gate = lab.layers.get(name)?.status?.gate;
  return gate?.open === true && (gate.bootID === bootIdOf(lab) || !concernsLayer(lab, name));
}

/** The gate has opened in this boot before, so that it can't time out any more (L3). */
export function hasOpened(lab: Lab, name: string): boolean {
  const gate = lab.layers.get(name)?.status?.gate;
  if (gate?.openTime === undefined) return false;
  return gate.bootID === bootIdOf(lab) || !concernsLayer(lab, name);
}

/** The layer was released long enough ago and its gate has never opened in this boot (L3). */
export function isTimedOut(lab: Lab, name: string): boolean {
  const released = lab.releasedMs.get(name);
  return released !== undefined && released >= gateTimeoutMs(lab, name) && !hasOpened(lab, name);
}

/** `timeoutSeconds`, at least the longest member's start-up time + minHealthySeconds + 30 s (L3). */
export function gateTimeoutMs(lab: Lab, name: string): number {
  const gate = lab.layers.get(name)?.spec.healthGate;
  if (gate === undefined) return 0;
  const startups = (lab.byLayer.get(name) ?? []).map((member) => member.object.spec.startupTimeoutSeconds);
  return 1000 * Math.max(gate.timeoutSeconds, Math.max(0, ...startups) + gate.minHealthySeconds + 30);
}

/** Number of members that must be healthy: percent rounds up, more than there are means all (L3). */
export function neededOf(quorum: number | string, total: number): number {
  const number = typeof quorum === "number" ? quorum : Number.parseInt(quorum, 10);
  const needed = typeof quorum === "string" && quorum.endsWith("%") ? Math.ceil((total * number) / 100) : number;
  return Math.min(needed, total);
}

export function isHealthy(member: Member): boolean {
  return member.problem === undefined && member.power === "Running" && member.health === "Healthy" && !member.stopping;
}

function named({ object }: Member, reason: string): NotReady {
  return { kind: object.kind, name: object.metadata.name, reason };
}

function asideReason(member: Member): string | undefined {
  if (member.held) return "StoppedByHand";
  return member.wanted === "Stopped" ? "Stopped" : undefined;
}

function notReadyReason(member: Member): string {
  if (member.problem !== undefined) return member.problem;
  if (member.power !== "Running") return member.power;
  if (member.stopping) return "Stopping";
  return member.health === "Healthy" ? "Settling" : member.health;
}

/** Everything below is passable and lab and layer are declared Running: the layer's first starts may go (L3). */
export function isReleased(lab: Lab, name: string): boolean {
  if (lab.homelab === undefined || layerPower(name, lab.homelab, lab.layers, lab.order) === "Stopped") return false;
  return lab.order.cycle(name) === undefined && closedBelow(lab, name).length === 0;
}

/** Lower layers whose gates hold this one, nearest first. A dependency that does not exist is one of them. */
export const closedBelow = perLab((lab: Lab, name: string): readonly string[] =>
  lab.order.below(name).filter((lower) => !gateOf(lab, lower).passable),
);

/** Of `closedBelow` what this layer itself names, where that says enough: it is the same text all through a boot (S1). */
export function holdingLayers(lab: Lab, name: string): readonly string[] {
  const closed = closedBelow(lab, name);
  const own = (lab.layers.get(name)?.spec.dependsOn ?? [])
    .map((need) => need.name)
    .filter((need) => closed.includes(need));
  return own.length > 0 ? own : closed;
}

/** False while something in the layer still runs that shutting down the lower layers must wait for (L6). */
export function isDown(lab: Lab, name: string): boolean {
  return allDown(lab.byLayer.get(name) ?? NOBODY);
}

const allDown = perMembers((members) =>
  members.every(({ power, unstoppable }) => power === "Stopped" || power === "Absent" || unstoppable !== undefined),
);

/** Everything in the layer that should run is healthy. */
export const isGood = perMembers((members) =>
  members.every((member) => member.wanted === "Stopped" || member.held || isHealthy(member)),
);
