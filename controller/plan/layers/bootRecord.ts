import type { HomelabStatus } from "../../api/index.ts";
import { rfc3339Millis } from "../../base/clock.ts";
import type { Beginning } from "./boot.ts";
import { bootLayers, stagesOf, type Stage } from "./bootStages.ts";
import { membersOf, type Lab, type Member } from "../lab.ts";

export type Boot = NonNullable<HomelabStatus["lastBoot"]>;
type BootStep = NonNullable<Boot["steps"]>[number];

/** A boot that mends something that ran: its time to recovery is measured (H4). */
export function isRecovery(boot: Pick<Boot, "cause">): boolean {
  return boot.cause === "HostReboot" || boot.cause === "AllDown";
}

/** The record of a boot that begins now (L0). Its id is the cause and the time, so that people can say it. */
export function beginBoot(beginning: Beginning, lab: Lab): Boot {
  const startTime = rfc3339Millis(lab.now);
  const { cause, node, cluster, layer } = beginning;
  return {
    id: `${cause}-${startTime.replace(/[-:.]/g, "")}`,
    cause,
    startTime,
    ...(node === undefined ? {} : { node }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(layer === undefined ? {} : { layer }),
    ...(isRecovery(beginning) && lab.lastGood !== undefined ? { lastGoodTime: rfc3339Millis(lab.lastGood) } : {}),
  };
}

/** The runbook of the seed as far as it has come; a step that is done keeps its times (L7). */
export function continueBoot(boot: Boot, lab: Lab): Boot {
  if (boot.finishTime !== undefined) return boot;
  const stages = stagesOf(boot, lab);
  const end = stages.at(-1)?.state;
  if (end !== "Done" && end !== "Failed") return { ...boot, steps: stepsOf(boot, stages, lab.now) };
  const finish = finishOf(boot, lab);
  const mttr =
    isRecovery(boot) && end === "Done"
      ? { mttrSeconds: secondsBetween(boot.lastGoodTime ?? boot.startTime, finish) }
      : {};
  return { ...boot, ...ending(boot, lab, finish), ...mttr, steps: stepsOf(boot, stages, Date.parse(finish), true) };
}

function stepsOf(boot: Boot, stages: readonly Stage[], at: number, last = false): BootStep[] {
  const old = new Map((boot.steps ?? []).map((step) => [step.name, step]));
  return stages.map((stage) => stamp(stage, old.get(stage.name), rfc3339Millis(at), last));
}

/** The last thing that happened: this pass may come a moment later. */
function finishOf(boot: Boot, lab: Lab): string {
  const healthy = bootLayers(boot, lab).flatMap((layer) => startsOf(layer, boot, lab).map((start) => start.healthy));
  const steps = (boot.steps ?? []).map((step) => Date.parse(step.finishTime ?? boot.startTime));
  const last = healthy.length === 0 ? lab.now : Math.max(...healthy, ...steps);
  return rfc3339Millis(Math.min(lab.now, last));
}

/** @param last the boot ends now: what is still asked is not waited for. */
function stamp(stage: Stage, old: BootStep | undefined, now: string, last: boolean): BootStep {
  if (old !== undefined && isOver(old.state)) return old;
  const state = last && isUnderWay(stage.state) ? "Skipped" : stage.state;
  const startTime = old?.startTime ?? (state === "Pending" ? undefined : now);
  return {
    name: stage.name,
    state,
    ...(startTime === undefined ? {} : { startTime }),
    ...(last || isOver(state) ? { finishTime: now } : {}),
    ...(stage.message === undefined ? {} : { message: stage.message.slice(0, 1024) }),
  };
}

function isOver(state: BootStep["state"]): boolean {
  return state === "Done" || state === "Skipped";
}

function isUnderWay(state: BootStep["state"]): boolean {
  return state === "Running" || state === "Pending";
}

function ending(boot: Boot, lab: Lab, finishTime: string): Partial<Boot> {
  const starts = bootLayers(boot, lab).map((layer) => ({ layer, members: startsOf(layer, boot, lab) }));
  const slowest = starts.flatMap(({ members }) => members).sort((a, b) => tookMs(b) - tookMs(a))[0];
  return {
    finishTime,
    durationSeconds: secondsBetween(boot.startTime, finishTime),
    criticalPath: starts.flatMap(({ layer, members }) => {
      const last = members.sort((a, b) => b.healthy - a.healthy)[0];
      return last === undefined ? [] : [`${layer}: ${last.member.object.metadata.name} ${seconds(tookMs(last))}`];
    }),
    ...(slowest === undefined ? {} : { slowestProbe: slowestText(slowest) }),
  };
}

interface Started {
  readonly member: Member;
  /** Wall milliseconds: its start call, else when it was first seen running. */
  readonly begun: number;
  readonly healthy: number;
}

/** Members of a layer that came up in this boot, as their own statuses tell it. */
function startsOf(layer: string, boot: Boot, lab: Lab): Started[] {
  return membersOf(lab, layer).flatMap((member) => {
    const start = member.object.status?.lastStart;
    if (start?.bootID !== boot.id || start.healthyTime === undefined) return [];
    const begun = start.requestTime ?? start.runningTime ?? start.healthyTime;
    return [{ member, begun: Date.parse(begun), healthy: Date.parse(start.healthyTime) }];
  });
}

function tookMs({ begun, healthy }: Started): number {
  return healthy - begun;
}

function slowestText(started: Started): string {
  const { metadata, status } = started.member.object;
  const probe = status?.lastStart?.slowestProbe;
  return `${metadata.name}${probe === undefined ? "" : `/${probe}`} ${seconds(tookMs(started))}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
