import type { HomelabLayer, HomelabLayerStatus } from "../api/index.ts";
import { annotation, annotationOf, isDeleting, type BaseStatus, type Claim } from "../api/meta.ts";
import { rfc3339Millis } from "../base/clock.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action, Decision, EventNote } from "./action.ts";
import { bootTurn, isUnrecorded } from "./boot.ts";
import { closedBelow, gateOf, gateTimeoutMs, isReleased, timedOut, type Gate } from "./gate.ts";
import { bootIdOf, layerPower, type Lab, type Member } from "./lab.ts";

type Report = Omit<HomelabLayerStatus, keyof BaseStatus>;

/** A layer is a projection: everything it says follows from the lab (architecture). */
export function planLayer(layer: HomelabLayer, lab: Lab): Decision<HomelabLayerStatus, Action> {
  const gate = gateOf(lab, layer.metadata.name);
  const { outcome, quiet } = outcomeOf(layer, lab, gate);
  const report = reportOf(layer, lab, gate);
  const premature = lab.warm ? {} : { premature: true };
  return {
    outcome,
    report,
    conditions: claimsOf(gate),
    events: eventsOf(layer, report, gate),
    ...(quiet === true ? { quiet } : {}),
    ...premature,
  };
}

interface Told {
  readonly outcome: Outcome;
  readonly quiet?: boolean;
}

/** Also what the Homelab shows as the layer's state. */
export function outcomeOf(layer: HomelabLayer, lab: Lab, gate: Gate): Told {
  const name = layer.metadata.name;
  if (isDeleting(layer))
    return {
      outcome: { is: "settled", reason: "Settled", message: "being deleted; its members keep running" },
      quiet: true,
    };
  const cycle = lab.order.cycle(name);
  if (cycle !== undefined)
    return {
      outcome: {
        is: "stalled",
        reason: "DependencyCycle",
        message: `its dependencies go in a circle: ${cycle.join(" → ")}; take one of them out`,
      },
    };
  const missing = lab.order.below(name).find((lower) => !lab.layers.has(lower));
  if (missing !== undefined)
    return { outcome: waiting("LayerMissing", `HomelabLayer ${missing}, on which it depends, does not exist`) };
  if (lab.homelab === undefined)
    return {
      outcome: waiting("HomelabMissing", "no Homelab is in charge of this namespace; apply one to let the lab go"),
      quiet: true,
    };
  if (layerPower(name, lab.homelab, lab.layers, lab.order) === "Stopped") return stopping(lab, name);
  if (gate.open && gate.why === "Open" && gate.healthy >= gate.needed)
    return {
      outcome: { is: "settled", reason: layer.spec.suspend ? "Suspended" : "Settled", message: settledMessage(gate) },
    };
  return notOpen(layer, lab, gate);
}

function notOpen(layer: HomelabLayer, lab: Lab, gate: Gate): Told {
  const name = layer.metadata.name;
  const who = gate.notReady
    .map((member) => `${member.name} (${member.reason})`)
    .slice(0, 5)
    .join(", ");
  if (gate.why === "MembersMissing")
    return {
      outcome: waiting(
        "MembersMissing",
        `${String(lab.byLayer.get(name)?.length ?? 0)} of at least ${String(layer.spec.healthGate.minMembers)} members are declared`,
      ),
    };
  const unseen = (lab.byLayer.get(name) ?? []).find((member) => member.power === "Unknown");
  if (unseen !== undefined)
    return {
      outcome: {
        is: "unknown",
        reason: "HostUnreachable",
        message: `cannot see ${unseen.object.metadata.name}; the gate keeps its state`,
      },
      quiet: true,
    };
  const open = layer.status?.gate;
  if (open?.bootID === bootIdOf(lab) && open.openTime !== undefined) {
    const repairing = (lab.byLayer.get(name) ?? []).some((member) => member.repairing);
    return {
      outcome: progressing(
        repairing ? "Recovering" : "Degraded",
        `was ready and is not: ${who}. Nothing that runs is stopped for that`,
        gate.retryMs,
      ),
    };
  }
  const closed = closedBelow(lab, name);
  if (closed.length > 0) return { outcome: waiting("LayerNotReady", `waits for ${closed.join(", ")}`), quiet: true };
  if (timedOut(lab, name)) return halted(layer, lab, who);
  if (isUnrecorded(lab, bootTurn(lab))) return { outcome: waiting("Booting", "a boot is about to begin") };
  return {
    outcome: progressing(
      "Gating",
      `${String(gate.healthy)} of ${String(gate.needed)} needed members are healthy; waits for ${who}`,
      timeoutWait(lab, name, gate),
    ),
  };
}

function timeoutWait(lab: Lab, name: string, gate: Gate): number {
  const left = Math.max(100, gateTimeoutMs(lab, name) - (lab.releasedMs.get(name) ?? 0));
  return gate.retryMs === undefined ? left : Math.min(left, gate.retryMs);
}

function halted(layer: HomelabLayer, lab: Lab, who: string): Told {
  const seconds = String(gateTimeoutMs(lab, layer.metadata.name) / 1000);
  if (layer.spec.healthGate.onTimeout === "Proceed")
    return {
      outcome: progressing(
        "Degraded",
        `not ready within ${seconds} s: ${who}; onTimeout is Proceed, so the layers above start all the same`,
        60_000,
      ),
    };
  return {
    outcome: {
      is: "stalled",
      reason: "Halted",
      message: `not ready within ${seconds} s: ${who}; the layers above stay down. Mend these guests, lower the quorum, or set onTimeout: Proceed`,
      afterMs: 60_000,
    },
  };
}

/** Declared Stopped: down when all members are down, halted when one refuses (L6). */
function stopping(lab: Lab, name: string): Told {
  const members = lab.byLayer.get(name) ?? [];
  const running = members.filter((member) => member.power === "Running");
  const stoppable = running.filter((member) => member.unstoppable === undefined);
  const left = running.filter((member) => member.unstoppable !== undefined);
  const besides =
    left.length === 0
      ? ""
      : `; left running: ${left.map((m) => `${m.object.metadata.name} (${m.unstoppable ?? ""})`).join(", ")}`;
  if (stoppable.length === 0)
    return { outcome: { is: "settled", reason: "Stopped", message: `stopped, as declared${besides}` } };
  const refuses = stoppable.find((member) => stalledReason(member) === "StopRefused");
  if (refuses !== undefined)
    return {
      outcome: {
        is: "stalled",
        reason: "Halted",
        message: `${refuses.object.metadata.name} does not shut down, so the layers below stay up; it is tried again every 5 min. Shut it down by hand, or set its shutdown.force: true`,
        afterMs: 60_000,
      },
    };
  return {
    outcome: progressing(
      "Stopping",
      `waits for ${stoppable.map((m) => m.object.metadata.name).join(", ")}${besides}`,
      60_000,
    ),
  };
}

function stalledReason(member: Member): string | undefined {
  return member.object.status?.conditions?.find((condition) => condition.type === "Stalled")?.reason;
}

function settledMessage(gate: Gate): string {
  const aside =
    gate.aside.length === 0 ? "" : `; not counted: ${gate.aside.map((m) => `${m.name} (${m.reason})`).join(", ")}`;
  return `${String(gate.healthy)} of ${String(gate.total)} members are healthy${aside}`;
}

function reportOf(layer: HomelabLayer, lab: Lab, gate: Gate): Report {
  const name = layer.metadata.name;
  const before = layer.status;
  const rank = lab.order.rank(name);
  const boot = bootIdOf(lab);
  const now = rfc3339Millis(lab.now);
  const opened = before?.gate?.bootID === boot ? before.gate.openTime : undefined;
  const openTime = opened ?? (gate.open ? now : undefined);
  const lastStart = lastStartOf(layer, lab, gate, now);
  const requested = annotationOf(layer, annotation.reconcileRequestedAt);
  return {
    ...(rank === undefined ? {} : { order: rank }),
    ready: gate.healthy,
    total: gate.total,
    ...(gate.notReady.length === 0 ? {} : { notReady: gate.notReady.slice(0, 20) }),
    gate: { open: gate.passable, ...(openTime === undefined ? {} : { bootID: boot, openTime }) },
    ...(lastStart === undefined ? {} : { lastStart }),
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: {
      members: `${String(gate.healthy)}/${String(gate.total)}`,
      ...(layer.spec.dependsOn === undefined ? {} : { dependsOn: layer.spec.dependsOn.map((d) => d.name).join(",") }),
      ...(lastStart?.durationSeconds === undefined
        ? {}
        : { boot: `${String(Math.round(lastStart.durationSeconds))}s` }),
    },
  };
}

/** Release and readiness of this boot; written once each (L10). A boot that this layer has no part in leaves the last one. */
function lastStartOf(layer: HomelabLayer, lab: Lab, gate: Gate, now: string): Report["lastStart"] {
  const before = layer.status?.lastStart;
  const boot = lab.homelab?.status?.lastBoot;
  if (boot === undefined || isUnrecorded(lab, bootTurn(lab))) return before;
  if (before?.bootID !== boot.id) {
    if (boot.finishTime !== undefined || !isReleased(lab, layer.metadata.name)) return before;
    return { bootID: boot.id, releaseTime: now, ...(gate.open ? { readyTime: now, durationSeconds: 0 } : {}) };
  }
  if (before.readyTime !== undefined || !gate.open) return before;
  return {
    ...before,
    readyTime: now,
    durationSeconds: Math.max(0, (Date.parse(now) - Date.parse(before.releaseTime)) / 1000),
  };
}

function claimsOf(gate: Gate): Claim[] {
  const counts = `${String(gate.healthy)} of ${String(gate.total)} members are healthy, ${String(gate.needed)} are needed`;
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

function eventsOf(layer: HomelabLayer, report: Report, gate: Gate): EventNote[] {
  const opened = report.gate?.openTime !== undefined && layer.status?.gate?.openTime !== report.gate.openTime;
  if (!opened) return [];
  const took = report.lastStart?.durationSeconds;
  const message = `gate open: ${String(gate.healthy)} of ${String(gate.total)} members are healthy${took === undefined ? "" : ` after ${took.toFixed(1)} s`}`;
  return [{ type: "Normal", reason: "GateOpen", action: "Observe", message }];
}

function waiting(
  reason: "LayerMissing" | "HomelabMissing" | "MembersMissing" | "LayerNotReady" | "Booting",
  message: string,
): Outcome {
  return { is: "waiting", reason, message };
}

function progressing(
  reason: "Gating" | "Recovering" | "Degraded" | "Stopping",
  message: string,
  afterMs: number | undefined,
): Outcome {
  return { is: "progressing", reason, message, ...(afterMs === undefined ? {} : { afterMs }) };
}
