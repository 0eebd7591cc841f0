import type { HomelabStatus } from "../api/index.ts";
import { rfc3339Millis } from "../base/clock.ts";
import type { Beginning } from "./boot.ts";
import { startable } from "./boot.ts";
import { gateOf, isHealthy } from "./gate.ts";
import { concerns, hasRun, type Lab, type Member } from "./lab.ts";

export type Boot = NonNullable<HomelabStatus["lastBoot"]>;
type BootStep = NonNullable<Boot["steps"]>[number];

/** The record of a boot that begins now (L0). Its id is the cause and the time, so that people can say it. */
export function beginBoot(beginning: Beginning, lab: Lab): Boot {
  const startTime = rfc3339Millis(lab.now);
  const id = `${beginning.cause}-${startTime.replace(/[-:.]/g, "")}`;
  const outage = beginning.cause === "HostReboot" || beginning.cause === "AllDown";
  return {
    id,
    cause: beginning.cause,
    startTime,
    ...(beginning.node === undefined ? {} : { node: beginning.node }),
    ...(beginning.layer === undefined ? {} : { layer: beginning.layer }),
    ...(outage && lab.lastGood !== undefined ? { lastGoodTime: rfc3339Millis(lab.lastGood) } : {}),
  };
}

/** The runbook of the seed as far as it has come; a step that is done keeps its times (L7). */
export function continueBoot(boot: Boot, lab: Lab): Boot {
  if (boot.finishTime !== undefined) return boot;
  const steps = stepsOf(boot, lab);
  const done = steps.every((step) => step.state === "Done" || step.state === "Skipped");
  if (!done) return { ...boot, steps };
  const finishTime = rfc3339Millis(lab.now);
  const from = boot.lastGoodTime ?? boot.startTime;
  const outage = boot.cause === "HostReboot" || boot.cause === "AllDown";
  const slowest = slowestProbe(boot, lab);
  return {
    ...boot,
    finishTime,
    durationSeconds: seconds(boot.startTime, finishTime),
    ...(outage ? { mttrSeconds: seconds(from, finishTime) } : {}),
    steps,
    criticalPath: criticalPath(boot, lab),
    ...(slowest === undefined ? {} : { slowestProbe: slowest }),
  };
}

interface Stage {
  readonly name: string;
  readonly state: BootStep["state"];
  readonly message?: string;
}

function stepsOf(boot: Boot, lab: Lab): BootStep[] {
  const before = new Map((boot.steps ?? []).map((step) => [step.name, step]));
  const now = rfc3339Millis(lab.now);
  const steps: BootStep[] = [];
  for (const stage of stagesOf(boot, lab)) {
    const old = before.get(stage.name);
    steps.push(old !== undefined && isOver(old) ? old : stamp(stage, old, now));
  }
  return steps;
}

function isOver(step: BootStep): boolean {
  return step.state === "Done" || step.state === "Skipped";
}

function stamp(stage: Stage, old: BootStep | undefined, now: string): BootStep {
  const begun = stage.state === "Pending" ? undefined : (old?.startTime ?? now);
  const ended = stage.state === "Done" || stage.state === "Failed" || stage.state === "Skipped" ? now : undefined;
  return {
    name: stage.name,
    state: stage.state,
    ...(begun === undefined ? {} : { startTime: begun }),
    ...(ended === undefined ? {} : { finishTime: old?.finishTime ?? ended }),
    ...(stage.message === undefined ? {} : { message: stage.message.slice(0, 1024) }),
  };
}

/** Host, outside world, then each layer started and healthy, then all validated. */
function stagesOf(boot: Boot, lab: Lab): Stage[] {
  const host = boot.node === undefined ? [] : [hostStage(boot.node, lab)];
  const checks = lab.preflights.map((check) => preflightStage(check));
  const layers = bootLayers(boot, lab);
  const stages = [...host, ...checks, ...layers.flatMap((name) => layerStages(name, lab))];
  return [...stages, validated(layers, lab)];
}

function hostStage(node: string, lab: Lab): Stage {
  const online = lab.hosts.some((host) => host.name === node && host.online);
  return { name: `host ${node} reachable`, state: online ? "Done" : "Running" };
}

function preflightStage(check: Lab["preflights"][number]): Stage {
  const name = `preflight ${check.name}`;
  if (check.state === "Passed") return { name, state: "Done" };
  if (check.state === "GivenUp") return { name, state: "Skipped", message: `given up: ${check.message}` };
  return check.onFailure === "Warn" && check.message !== ""
    ? { name, state: "Skipped", message: `not waited for: ${check.message}` }
    : { name, state: "Running", ...(check.message === "" ? {} : { message: check.message }) };
}

/** Layers the boot is about, lowest first. */
export function bootLayers(boot: Pick<Boot, "layer">, lab: Lab): readonly string[] {
  const names = [...lab.layers.keys()].filter(
    (name) => boot.layer === undefined || name === boot.layer || lab.order.above(boot.layer).includes(name),
  );
  return names
    .filter((name) => lab.order.rank(name) !== undefined)
    .sort((a, b) => (lab.order.rank(a) ?? 0) - (lab.order.rank(b) ?? 0) || a.localeCompare(b));
}

function layerStages(name: string, lab: Lab): Stage[] {
  const members = membersOf(name, lab);
  const down = members.filter((member) => !hasRun(lab, member));
  const gate = gateOf(lab, name);
  const released = lab.releasedMs.has(name);
  const begun = released ? "Running" : "Pending";
  const started = down.length === 0;
  const waits = gate.notReady
    .map((member) => `${member.name} (${member.reason})`)
    .slice(0, 5)
    .join(", ");
  return [
    {
      name: `${name} started`,
      state: started && released ? "Done" : begun,
      ...(started
        ? {}
        : {
            message: `not yet: ${down
              .map((member) => member.object.metadata.name)
              .slice(0, 5)
              .join(", ")}`,
          }),
    },
    {
      name: `${name} healthy`,
      state: gate.passable ? "Done" : started && released ? "Running" : "Pending",
      ...(gate.passable || waits === "" ? {} : { message: `waits for ${waits}` }),
    },
  ];
}

function membersOf(name: string, lab: Lab): readonly Member[] {
  return (lab.byLayer.get(name) ?? []).filter((member) => startable(member) && !member.held && concerns(lab, member));
}

function validated(layers: readonly string[], lab: Lab): Stage {
  const sick = layers.flatMap((name) => membersOf(name, lab)).filter((member) => !isHealthy(member));
  const open = layers.every((name) => gateOf(lab, name).passable);
  if (sick.length === 0 && open) return { name: "all validated", state: "Done" };
  return { name: "all validated", state: "Pending" };
}

/** For each layer the member that came last, with the time from its start call to health. */
function criticalPath(boot: Boot, lab: Lab): string[] {
  return bootLayers(boot, lab).flatMap((name) => {
    const last = bootStarts(name, boot, lab).sort((a, b) => b.healthy - a.healthy)[0];
    return last === undefined
      ? []
      : [`${name}: ${last.member.object.metadata.name} ${((last.healthy - last.begun) / 1000).toFixed(1)}s`];
  });
}

interface Started {
  readonly member: Member;
  readonly begun: number;
  readonly healthy: number;
}

function bootStarts(layer: string, boot: Boot, lab: Lab): Started[] {
  return (lab.byLayer.get(layer) ?? []).flatMap((member) => {
    const start = member.object.status?.lastStart;
    if (start?.bootID !== boot.id || start.healthyTime === undefined) return [];
    const begun = start.requestTime ?? start.runningTime ?? start.healthyTime;
    return [{ member, begun: Date.parse(begun), healthy: Date.parse(start.healthyTime) }];
  });
}

function slowestProbe(boot: Boot, lab: Lab): string | undefined {
  const all = bootLayers(boot, lab).flatMap((name) => bootStarts(name, boot, lab));
  const slowest = all.sort((a, b) => b.healthy - b.begun - (a.healthy - a.begun))[0];
  if (slowest === undefined) return undefined;
  const probe = slowest.member.object.status?.lastStart?.slowestProbe;
  const name = slowest.member.object.metadata.name;
  return `${probe === undefined ? name : `${name}/${probe}`} ${((slowest.healthy - slowest.begun) / 1000).toFixed(1)}s`;
}

function seconds(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
