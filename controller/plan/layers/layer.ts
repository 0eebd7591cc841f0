import type { HomelabLayer, HomelabLayerStatus } from "../../api/index.ts";
import { isDeleting, type Claim } from "../../api/meta.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Action, Decision, EventNote } from "../action.ts";
import { bootTurn, isUnrecorded } from "./boot.ts";
import { gateOf, gateTimeoutMs, hasOpened, holdingLayers, isTimedOut, type Gate } from "./gate.ts";
import { type NotReady } from "./memberCount.ts";
import { layerPower, membersOf, stuckReason, type Lab, type Member } from "../lab.ts";
import { layerReport } from "./layerReport.ts";
import { perLab } from "../perLab.ts";

/** A layer is a projection: everything it says follows from the lab (architecture). */
export function planLayer(layer: HomelabLayer, lab: Lab): Decision<HomelabLayerStatus, Action> {
  const name = layer.metadata.name;
  const gate = gateOf(lab, name);
  const report = layerReport(layer, lab, gate);
  const { outcome, quiet } = isDeleting(layer) ? leaving : layerState(lab, name);
  return {
    outcome,
    report,
    conditions: claimsOf(gate),
    events: eventsOf(layer, report, gate),
    ...(quiet === true ? { quiet } : {}),
    ...(lab.warm ? {} : { premature: true }),
  };
}

interface LayerState {
  readonly outcome: Outcome;
  /** A parent tells it (H4). */
  readonly quiet?: boolean;
}

const LOOK_AGAIN_MS = 60_000;
const leaving: LayerState = {
  outcome: { is: "settled", reason: "Settled", message: "being deleted; its members keep running" },
  quiet: true,
};

/** How a layer is; what its Ready condition says, and what the Homelab shows of it. */
export const layerState = perLab((lab: Lab, name: string): LayerState => {
  const gate = gateOf(lab, name);
  const state = unordered(lab, name) ?? goingDown(lab, name) ?? suspended(lab, name, gate) ?? goingUp(lab, name, gate);
  return inTime(state, gate.retryMs);
});

/** `minHealthySeconds` ends without an event: whatever else holds the layer, its gate is looked at then (L3). */
function inTime(state: LayerState, retryMs: number | undefined): LayerState {
  const { outcome } = state;
  if (retryMs === undefined || outcome.is === "failed") return state;
  return { ...state, outcome: { ...outcome, afterMs: Math.min(outcome.afterMs ?? retryMs, retryMs) } };
}

/** What stands in the way of any order. */
function unordered(lab: Lab, name: string): LayerState | undefined {
  const cycle = lab.order.cycle(name);
  if (cycle !== undefined) {
    const message = `its dependencies go in a circle: ${cycle.join(" → ")}; take one of them out`;
    return { outcome: { is: "stalled", reason: "DependencyCycle", message } };
  }
  const missing = [name, ...lab.order.below(name)].find((lower) => !lab.layers.has(lower));
  if (missing !== undefined)
    return waiting("LayerMissing", `HomelabLayer ${missing}, on which it depends, does not exist; apply it`);
  if (lab.homelab !== undefined) return undefined;
  const message = "no Homelab is in charge of this namespace; apply one to let the lab go";
  return { ...waiting("HomelabMissing", message), quiet: true };
}

/** Declared Stopped: down when all members are down, halted when one refuses (L6). */
function goingDown(lab: Lab, name: string): LayerState | undefined {
  if (layerPower(name, lab.homelab, lab.layers, lab.order) === "Running") return undefined;
  const up = membersOf(lab, name).filter(({ power }) => power === "Running" || power === "Unknown");
  const left = up.filter((member) => member.unstoppable !== undefined);
  const besides =
    left.length === 0 ? "" : `; left running: ${left.map((m) => `${nameOf(m)} (${m.unstoppable ?? ""})`).join(", ")}`;
  const stoppable = up.filter((member) => member.unstoppable === undefined);
  if (stoppable.length === 0)
    return { outcome: { is: "settled", reason: "Stopped", message: `stopped, as declared${besides}` } };
  const refuses = stoppable.find((member) => stuckReason(member) !== undefined);
  if (refuses !== undefined) return refusing(refuses);
  const message = `waits for ${stoppable.map(nameOf).join(", ")}${besides}`;
  return { outcome: { is: "progressing", reason: "Stopping", message, afterMs: LOOK_AGAIN_MS } };
}

function refusing(member: Member): LayerState {
  const why =
    stuckReason(member) === "StopRefused"
      ? "does not shut down, so the layers below stay up; it is tried again every 5 min. Shut it down by hand, or set its shutdown.force: true"
      : `cannot be shut down (${stuckReason(member) ?? ""}: see its own message), so the layers below stay up`;
  const message = `${nameOf(member)} ${why}`;
  return { outcome: { is: "stalled", reason: "Halted", message, afterMs: LOOK_AGAIN_MS } };
}

function suspended(lab: Lab, name: string, gate: Gate): LayerState | undefined {
  const members = membersOf(lab, name);
  const all = members.length > 0 && members.every((member) => member.suspended);
  if (!all && lab.homelab?.spec.suspend !== true && lab.layers.get(name)?.spec.suspend !== true) return undefined;
  const message = `suspended: its guests are observed and not changed; ${healthText(gate)}`;
  return { outcome: { is: "settled", reason: "Suspended", message } };
}

function goingUp(lab: Lab, name: string, gate: Gate): LayerState {
  if (gate.why === "Open") return { outcome: { is: "settled", reason: "Settled", message: healthText(gate) } };
  if (gate.why === "MembersMissing") {
    const wanted = lab.layers.get(name)?.spec.healthGate.minMembers ?? 0;
    return waiting("MembersMissing", `${gate.present} of at least ${wanted} members are declared`);
  }
  return unseen(lab, name, gate) ?? aboutToBoot(lab) ?? closedAgain(lab, name, gate) ?? notYetOpen(lab, name, gate);
}

/** Too little is seen to tell; the connection's trouble is told by the ProxmoxCluster (O3, H4). */
function unseen(lab: Lab, name: string, gate: Gate): LayerState | undefined {
  if (gate.why !== "KeptOpen" && gate.why !== "KeptClosed") return undefined;
  const unknown = membersOf(lab, name).filter((member) => member.power === "Unknown");
  const message = `cannot see ${unknown.map(nameOf).slice(0, 5).join(", ")}; the gate stays ${gate.open ? "open" : "closed"}`;
  const reach = (member: Member): string => lab.clusters.get(member.cluster ?? "")?.reach.is ?? "";
  if (unknown.every((member) => member.cluster === undefined))
    return { ...waiting("ClusterMissing", message), quiet: true };
  if (unknown.some((member) => reach(member) === "connecting"))
    return { ...waiting("Connecting", "Proxmox has not answered yet"), quiet: true };
  const reason = unknown.every((member) => reach(member) === "reachable") ? "NodeOffline" : "HostUnreachable";
  return { outcome: { is: "unknown", reason, message }, quiet: true };
}

/** What it was in the last boot counts no more; the Homelab tells of the one that begins (L0). */
function aboutToBoot(lab: Lab): LayerState | undefined {
  if (!isUnrecorded(lab, bootTurn(lab))) return undefined;
  return { ...waiting("Booting", "a boot is about to begin"), quiet: true };
}

/** It was open in this boot: never Halted, and nothing that runs is stopped for it (L1, L3). */
function closedAgain(lab: Lab, name: string, gate: Gate): LayerState | undefined {
  if (!hasOpened(lab, name)) return undefined;
  const repairing = membersOf(lab, name).some((member) => member.repairing);
  const message = `was ready and is not: ${listed(gate.notReady)}. Nothing that runs is stopped for that`;
  return progressing(repairing ? "Recovering" : "Degraded", message, undefined);
}

function notYetOpen(lab: Lab, name: string, gate: Gate): LayerState {
  const closed = holdingLayers(lab, name);
  if (closed.length > 0) return { ...waiting("LayerNotReady", `waits for layer ${closed.join(", ")}`), quiet: true };
  if (isTimedOut(lab, name)) return halted(lab, name, gate);
  const message = `${gate.healthy} of ${gate.needed} needed members are healthy; waits for ${listed(gate.notReady)}`;
  const left = Math.max(100, gateTimeoutMs(lab, name) - (lab.releasedMs.get(name) ?? 0));
  return progressing("Gating", message, left);
}

function halted(lab: Lab, name: string, gate: Gate): LayerState {
  const late = `not ready within ${gateTimeoutMs(lab, name) / 1000} s: ${listed(gate.notReady)}`;
  if (gate.passable)
    return progressing("Degraded", `${late}; onTimeout is Proceed, so the layers above start all the same`, undefined);
  const message = `${late}; the layers above stay down. Mend these guests, lower the quorum, or set onTimeout: Proceed`;
  return { outcome: { is: "stalled", reason: "Halted", message, afterMs: LOOK_AGAIN_MS } };
}

function healthText(gate: Gate): string {
  const aside = gate.aside.length === 0 ? "" : `; not counted: ${listed(gate.aside)}`;
  return `${gate.healthy} of ${gate.total} members are healthy${aside}`;
}

function listed(members: readonly NotReady[]): string {
  const names = members.map((member) => `${member.name} (${member.reason})`);
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}

function nameOf(member: Member): string {
  return member.object.metadata.name;
}

function claimsOf(gate: Gate): Claim[] {
  const counts = `${gate.healthy} of ${gate.total} members are healthy, ${gate.needed} are needed`;
  const all = gate.healthy === gate.total;
  return [
    {
      type: "MembersHealthy",
      status: all ? "True" : "False",
      reason: all ? "AllHealthy" : "NotAllHealthy",
      message: counts,
    },
    {
      type: "GateOpen",
      status: gate.passable ? "True" : "False",
      reason: gate.why,
      message: gate.passable ? "the layers above may start" : `the layers above wait: ${counts}`,
    },
  ];
}

function eventsOf(layer: HomelabLayer, report: ReturnType<typeof layerReport>, gate: Gate): EventNote[] {
  const before = layer.status?.gate;
  if (gate.open && report.gate?.openTime !== before?.openTime) {
    const took = report.lastStart?.durationSeconds;
    const message = `gate open: ${healthText(gate)}${took === undefined ? "" : ` after ${took.toFixed(1)} s`}`;
    return [{ type: "Normal", reason: "GateOpen", action: "Observe", message }];
  }
  if (gate.why !== "TimedOut" || !gate.passable || before?.open === true) return [];
  const message = `not ready in time: ${listed(gate.notReady)}; onTimeout is Proceed, so the layers above start`;
  return [{ type: "Warning", reason: "GateTimedOut", action: "Observe", message }];
}

function waiting(
  reason:
    | "LayerMissing"
    | "HomelabMissing"
    | "MembersMissing"
    | "LayerNotReady"
    | "ClusterMissing"
    | "Connecting"
    | "Booting",
  message: string,
): LayerState {
  return { outcome: { is: "waiting", reason, message } };
}

function progressing(
  reason: "Gating" | "Recovering" | "Degraded",
  message: string,
  afterMs = LOOK_AGAIN_MS,
): LayerState {
  return { outcome: { is: "progressing", reason, message, afterMs } };
}
