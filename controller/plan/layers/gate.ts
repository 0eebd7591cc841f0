import { concernsLayer, bootIdOf, layerPower, type Lab, type Member } from "../lab.ts";
import { perLab } from "../perLab.ts";
import { countOf, isHealthy, type Count } from "./memberCount.ts";
import { noRow, perBlock } from "../row.ts";

/** The health gate of a layer at this moment (L3). */
export interface Gate extends Omit<Count, "unknown"> {
  readonly open: boolean;
  /** What the upper layers go by: open, or given up under `onTimeout: Proceed`. */
  readonly passable: boolean;
  /** KeptOpen and KeptClosed: too little is seen to tell, so the last state stands. */
  readonly why: "Open" | "MembersMissing" | "Gating" | "KeptOpen" | "KeptClosed" | "TimedOut" | "LayerMissing";
  /** How many must be healthy. */
  readonly needed: number;
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

/** Something in the layer cannot be seen. */
export function isBlind(lab: Lab, name: string): boolean {
  return anyUnknown(lab.byLayer.get(name) ?? noRow);
}

const anyUnknown = perBlock(
  (members: readonly Member[]) => members.some((member) => member.power === "Unknown"),
  isAnySo,
);

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
  const startup = longestStartup(lab.byLayer.get(name) ?? noRow);
  return 1000 * Math.max(gate.timeoutSeconds, startup + gate.minHealthySeconds + 30);
}

const longestStartup = perBlock(
  (members: readonly Member[]) => Math.max(0, ...members.map((member) => member.object.spec.startupTimeoutSeconds)),
  (parts) => Math.max(0, ...parts),
);

/** Number of members that must be healthy: percent rounds up, more than there are means all (L3). */
export function neededOf(quorum: number | string, total: number): number {
  const number = typeof quorum === "number" ? quorum : Number.parseInt(quorum, 10);
  const needed = typeof quorum === "string" && quorum.endsWith("%") ? Math.ceil((total * number) / 100) : number;
  return Math.min(needed, total);
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
  return allDown(lab.byLayer.get(name) ?? noRow);
}

const allDown = perBlock(
  (members: readonly Member[]) =>
    members.every(({ power, unstoppable }) => power === "Stopped" || power === "Absent" || unstoppable !== undefined),
  areAllSo,
);

/** Everything in the layer that should run is healthy. */
export const isGood = perBlock(
  (members: readonly Member[]) =>
    members.every((member) => member.wanted === "Stopped" || member.held || isHealthy(member)),
  areAllSo,
);

function areAllSo(parts: readonly boolean[]): boolean {
  return parts.every((part) => part);
}

function isAnySo(parts: readonly boolean[]): boolean {
  return parts.some((part) => part);
}
