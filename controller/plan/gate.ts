import { bootIdOf, hasRun, layerPower, type Lab, type Member } from "./lab.ts";

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
  readonly why: "Open" | "MembersMissing" | "Gating" | "Unknown" | "TimedOut" | "LayerMissing";
  /** Members that count, of them healthy, and how many are needed. */
  readonly total: number;
  readonly healthy: number;
  readonly needed: number;
  readonly notReady: readonly NotReady[];
  /** Members that left the total, with the reason: declared Stopped, held by hand. */
  readonly aside: readonly NotReady[];
  /** Milliseconds until `minHealthySeconds` could be over for a member that is healthy; undefined: nothing to wait for. */
  readonly retryMs: number | undefined;
}

const CLOSED: Gate = {
  open: false,
  passable: false,
  why: "LayerMissing",
  total: 0,
  healthy: 0,
  needed: 0,
  notReady: [],
  aside: [],
  retryMs: undefined,
};

/** The one function that says whether a gate is open: what a layer's status shows and what holds its upper layers. */
export function gateOf(lab: Lab, name: string): Gate {
  const layer = lab.layers.get(name);
  if (layer === undefined) return CLOSED;
  const present = (lab.byLayer.get(name) ?? []).filter((member) => !member.leaving);
  const aside = present.flatMap(asideOf);
  const counted = present.filter((member) => asideOf(member).length === 0);
  const minHealthyMs = layer.spec.healthGate.minHealthySeconds * 1000;
  const ready = counted.filter((member) => isHealthy(member) && member.healthyMs >= minHealthyMs);
  const needed = neededOf(layer.spec.healthGate.quorum, counted.length);
  const base = {
    total: counted.length,
    healthy: ready.length,
    needed,
    notReady: counted.filter((member) => !ready.includes(member)).map(notReadyOf),
    aside,
    retryMs: retryOf(counted, minHealthyMs),
  };
  const minMembers = layer.spec.healthGate.minMembers;
  if (present.length < minMembers) return { ...base, ...shut(lab, name, "MembersMissing") };
  if (ready.length >= needed) return { ...base, open: true, passable: true, why: "Open" };
  const unknown = counted.filter((member) => member.power === "Unknown").length;
  const stood = layer.status?.gate?.open === true && layer.status.gate.bootID === bootIdOf(lab);
  if (unknown > 0 && ready.length + unknown >= needed)
    return { ...base, open: stood, passable: stood, why: stood ? "Open" : "Unknown" };
  return { ...base, ...shut(lab, name, "Gating") };
}

function shut(lab: Lab, name: string, why: "MembersMissing" | "Gating"): Pick<Gate, "open" | "passable" | "why"> {
  const layer = lab.layers.get(name);
  if (why !== "Gating" || layer === undefined || !timedOut(lab, name)) return { open: false, passable: false, why };
  return { open: false, passable: layer.spec.healthGate.onTimeout === "Proceed", why: "TimedOut" };
}

/** The layer was released long enough ago and its gate has never opened in this boot (L3). */
export function timedOut(lab: Lab, name: string): boolean {
  const layer = lab.layers.get(name);
  const released = lab.releasedMs.get(name);
  if (layer === undefined || released === undefined) return false;
  if (layer.status?.gate?.bootID === bootIdOf(lab) && layer.status.gate.openTime !== undefined) return false;
  return released >= gateTimeoutMs(lab, name);
}

/** `timeoutSeconds`, at least the longest member's start-up time + minHealthySeconds + 30 s (L3). */
export function gateTimeoutMs(lab: Lab, name: string): number {
  const gate = lab.layers.get(name)?.spec.healthGate;
  const longest = Math.max(
    0,
    ...(lab.byLayer.get(name) ?? []).map((member) => member.object.spec.startupTimeoutSeconds),
  );
  return gate === undefined ? 0 : 1000 * Math.max(gate.timeoutSeconds, longest + gate.minHealthySeconds + 30);
}

/** Number of members that must be healthy: percent rounds up, more than there are means all (L3). */
export function neededOf(quorum: number | string, total: number): number {
  if (typeof quorum === "number") return Math.min(quorum, total);
  const percent = Number.parseInt(quorum, 10);
  const needed = quorum.endsWith("%") ? Math.ceil((total * percent) / 100) : percent;
  return Math.min(needed, total);
}

export function isHealthy(member: Member): boolean {
  return member.problem === undefined && member.power === "Running" && member.health === "Healthy";
}

function asideOf(member: Member): NotReady[] {
  const { kind, metadata } = member.object;
  if (member.held) return [{ kind, name: metadata.name, reason: "StoppedByHand" }];
  if (member.wanted === "Stopped") return [{ kind, name: metadata.name, reason: "Stopped" }];
  return [];
}

function notReadyOf(member: Member): NotReady {
  const { kind, metadata } = member.object;
  return { kind, name: metadata.name, reason: reasonOf(member) };
}

function reasonOf(member: Member): string {
  if (member.problem !== undefined) return member.problem;
  if (member.power !== "Running") return member.power;
  return member.health === "Healthy" ? "Settling" : member.health;
}

function retryOf(counted: readonly Member[], minHealthyMs: number): number | undefined {
  const waits = counted
    .filter((member) => isHealthy(member) && member.healthyMs < minHealthyMs)
    .map((member) => minHealthyMs - member.healthyMs);
  return waits.length === 0 ? undefined : Math.min(...waits);
}

/** Everything below is passable and the lab and layer are declared Running: the layer's first starts may go (L3). */
export function isReleased(lab: Lab, name: string): boolean {
  if (lab.homelab === undefined || layerPower(name, lab.homelab, lab.layers, lab.order) === "Stopped") return false;
  return lab.order.cycle(name) === undefined && closedBelow(lab, name).length === 0;
}

/** Lower layers whose gates hold this one, nearest first. A dependency that does not exist is one of them. */
export function closedBelow(lab: Lab, name: string): readonly string[] {
  return lab.order.below(name).filter((lower) => !gateOf(lab, lower).passable);
}

/** True while something in the layer still runs that shutting down the lower layers must wait for (L6). */
export function isDown(lab: Lab, name: string): boolean {
  return (lab.byLayer.get(name) ?? []).every(
    (member) => member.power === "Stopped" || member.power === "Absent" || member.unstoppable !== undefined,
  );
}

/** True when a member of the layer has never run in this boot although it should. */
export function hasFirstStarts(lab: Lab, name: string): boolean {
  return (lab.byLayer.get(name) ?? []).some((member) => member.wanted === "Running" && !hasRun(lab, member));
}
