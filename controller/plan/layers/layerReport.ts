import type { HomelabLayer, HomelabLayerStatus } from "../../api/index.ts";
import { annotation, annotationOf, type BaseStatus } from "../../api/meta.ts";
import { rfc3339Millis } from "../../base/clock.ts";
import { bootTurn, isUnrecorded } from "./boot.ts";
import { hasOpened, isBlind, isReleased, type Gate } from "./gate.ts";
import { bootIdOf, concernsLayer, type Lab } from "../lab.ts";

type Report = Omit<HomelabLayerStatus, keyof BaseStatus>;
type LastStart = NonNullable<Report["lastStart"]>;

/** What a layer's status says beside its conditions; nothing in it moves by itself (S1). */
export function layerReport(layer: HomelabLayer, lab: Lab, gate: Gate): Report {
  const { name } = layer.metadata;
  const rank = lab.order.rank(name);
  const lastStart = lastStartOf(layer, lab, gate);
  const requested = annotationOf(layer, annotation.reconcileRequestedAt);
  return {
    ...(rank === undefined ? {} : { order: rank }),
    ready: gate.healthy,
    total: gate.total,
    ...(gate.notReady.length === 0 ? {} : { notReady: gate.notReady.slice(0, 20) }),
    gate: gateReport(layer, lab, gate),
    ...(lastStart === undefined ? {} : { lastStart }),
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
    summary: summaryOf(layer, gate, lastStart),
  };
}

/** A boot that this layer has no part in leaves what the last one wrote (L0). */
function gateReport(layer: HomelabLayer, lab: Lab, gate: Gate): NonNullable<Report["gate"]> {
  const { name } = layer.metadata;
  const before = layer.status?.gate;
  const opened = hasOpened(lab, name) ? before?.openTime : undefined;
  const openTime = opened ?? (gate.open ? rfc3339Millis(lab.now) : undefined);
  const bootID = opened === undefined ? bootIdOf(lab) : (before?.bootID ?? bootIdOf(lab));
  return { open: gate.passable, bootID, ...(openTime === undefined ? {} : { openTime }) };
}

/** Release and readiness in this boot; written once each (L10). */
function lastStartOf(layer: HomelabLayer, lab: Lab, gate: Gate): LastStart | undefined {
  const before = layer.status?.lastStart;
  const boot = lab.homelab?.status?.lastBoot;
  if (boot === undefined || isUnrecorded(lab, bootTurn(lab))) return before;
  if (before?.bootID === boot.id) return counted(readied(before, lab, gate), layer, lab);
  const { name } = layer.metadata;
  if (boot.finishTime !== undefined || !concernsLayer(lab, name) || !isReleased(lab, name)) return before;
  return readied({ bootID: boot.id, releaseTime: rfc3339Millis(lab.now) }, lab, gate);
}

function readied(start: LastStart, lab: Lab, gate: Gate): LastStart {
  if (start.readyTime !== undefined || !gate.open) return start;
  const durationSeconds = Math.max(0, (lab.now - Date.parse(start.releaseTime)) / 1000);
  return { ...start, readyTime: rfc3339Millis(lab.now), durationSeconds };
}

/** What the clocks of two looks may differ by. */
const TOLERANCE_MS = 5_000;

/**
 * Where another process would go on counting the gate's timeout, written when it began anew or was paused for a while
 * (L3, L10). While too little is seen nothing is written.
 */
function counted(start: LastStart, layer: HomelabLayer, lab: Lab): LastStart {
  const { name } = layer.metadata;
  const elapsed = lab.releasedMs.get(name);
  const blind = isBlind(lab, name);
  if (elapsed === undefined || blind || start.readyTime !== undefined) return start;
  const from = lab.now - elapsed;
  const written = Date.parse(start.countTime ?? start.releaseTime);
  return Math.abs(from - written) <= TOLERANCE_MS ? start : { ...start, countTime: rfc3339Millis(from) };
}

function summaryOf(layer: HomelabLayer, gate: Gate, lastStart: LastStart | undefined): NonNullable<Report["summary"]> {
  const needs = (layer.spec.dependsOn ?? []).map((need) => need.name).join(",");
  const took = lastStart?.durationSeconds;
  return {
    members: `${gate.healthy}/${gate.total}`,
    ...(needs === "" ? {} : { dependsOn: needs }),
    ...(took === undefined ? {} : { boot: `${Math.round(took)}s` }),
  };
}
