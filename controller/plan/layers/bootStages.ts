import type { HomelabStatus } from "../../api/index.ts";
import { startable } from "./boot.ts";
import { gateOf, gateTimeoutMs, isTimedOut } from "./gate.ts";
import { isHealthy } from "./memberCount.ts";
import {
  concerns,
  concernsLayer,
  hasRun,
  isStuck,
  membersOf,
  type Lab,
  type Member,
  type Preflight,
  type WanFact,
} from "../lab.ts";

type Boot = NonNullable<HomelabStatus["lastBoot"]>;
type State = NonNullable<Boot["steps"]>[number]["state"];

export interface Stage {
  readonly name: string;
  readonly state: State;
  readonly message?: string;
}

/** The runbook: host, outside world, then each layer started and healthy, at last all validated (L7). */
export function stagesOf(boot: Boot, lab: Lab): readonly Stage[] {
  const layers = bootLayers(boot, lab);
  return [
    ...(boot.node === undefined ? [] : [hostStage(boot.node, boot.cluster, lab)]),
    ...lab.preflights.map((check) => preflightStage(check, lab.wans ?? [])),
    ...layers.flatMap((name) => [startedStage(name, lab), healthyStage(name, lab)]),
    validated(boot, layers, lab),
  ];
}

/** Layers the boot is about, lowest first. */
export function bootLayers(boot: Pick<Boot, "layer" | "node">, lab: Lab): readonly string[] {
  const rank = (name: string): number => lab.order.rank(name) ?? 0;
  const whole = boot.layer === undefined && boot.node === undefined;
  return [...lab.layers.keys()]
    .filter((name) => rank(name) > 0 && (whole || concernsLayer(lab, name)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

function hostStage(node: string, cluster: string | undefined, lab: Lab): Stage {
  const online = lab.hosts.some(
    (host) => host.name === node && host.cluster === (cluster ?? host.cluster) && host.online,
  );
  return { name: `host ${node} reachable`, state: online ? "Done" : "Running" };
}

/** The direct probe decides; what Omada says of the WAN stands beside it, and that the two disagree is said. */
function preflightStage(check: Preflight, wans: readonly WanFact[]): Stage {
  const name = `preflight ${check.name}`;
  switch (check.state) {
    case "Passed": {
      const down = wans.filter(({ online }) => !online).map(({ what }) => what);
      const up = wans.some(({ online }) => online);
      if (up || down.length === 0) return { name, state: "Done" };
      return { name, state: "Done", message: `passed, although Omada says that ${down.join(" and ")} is down` };
    }
    case "GivenUp":
      return { name, state: "Skipped", message: `given up: ${check.message}${wanText(wans)}` };
    case "Pending":
      if (check.message === "") return { name, state: "Running" };
      return { name, state: "Running", message: `${check.message}${wanText(wans)}` };
  }
}

/** What Omada says of the line to the outside, behind what a probe that fails has said. */
function wanText(wans: readonly WanFact[]): string {
  if (wans.length === 0) return "";
  const up = wans.filter(({ online }) => online).map(({ what }) => what);
  if (up.length > 0) return `; Omada says that ${up.join(" and ")} is online, so look behind it`;
  return `; Omada says too that ${wans.map(({ what }) => what).join(" and ")} is down`;
}

function startedStage(name: string, lab: Lab): Stage {
  const down = startableOf(name, lab).filter((member) => !hasRun(lab, member));
  const stage = `${name} started`;
  if (!lab.releasedMs.has(name)) return { name: stage, state: "Pending" };
  return down.length === 0
    ? { name: stage, state: "Done" }
    : { name: stage, state: "Running", message: `not yet: ${namesOf(down)}` };
}

function healthyStage(name: string, lab: Lab): Stage {
  const gate = gateOf(lab, name);
  const stage = `${name} healthy`;
  if (gate.open) return { name: stage, state: "Done" };
  if (!lab.releasedMs.has(name)) return { name: stage, state: "Pending" };
  const waits = gate.notReady
    .map((member) => `${member.name} (${member.reason})`)
    .slice(0, 5)
    .join(", ");
  if (isTimedOut(lab, name))
    return { name: stage, state: "Failed", message: `not within ${gateTimeoutMs(lab, name) / 1000} s: ${waits}` };
  return { name: stage, state: "Running", ...(waits === "" ? {} : { message: `waits for ${waits}` }) };
}

/** Every gate is passed and nobody is on the way any more: all healthy, or what can't be mended is named. */
function validated(boot: Boot, layers: readonly string[], lab: Lab): Stage {
  const name = "all validated";
  if (!layers.every((layer) => gateOf(lab, layer).passable)) return { name, state: "Pending" };
  const members = layers.flatMap((layer) => startableOf(layer, lab));
  const sick = members.filter((member) => !isHealthy(member));
  if (members.some((member) => isUntold(boot, member))) return { name, state: "Running" };
  if (sick.length === 0) return { name, state: "Done" };
  if (sick.some((member) => isOnItsWay(lab, member)))
    return { name, state: "Running", message: `waits for ${namesOf(sick)}` };
  return { name, state: "Failed", message: `not healthy: ${namesOf(sick)}` };
}

/** It is healthy, and its own status does not tell when it got so yet. */
function isUntold(boot: Boot, member: Member): boolean {
  const start = member.object.status?.lastStart;
  return isHealthy(member) && start?.bootID === boot.id && start.healthyTime === undefined;
}

function isOnItsWay(lab: Lab, member: Member): boolean {
  return member.power === "Unknown" || member.repairing || (!hasRun(lab, member) && !isStuck(member));
}

function startableOf(name: string, lab: Lab): readonly Member[] {
  return membersOf(lab, name).filter((member) => startable(member) && !member.held && concerns(lab, member));
}

function namesOf(members: readonly Member[]): string {
  const names = members.map((member) => member.object.metadata.name);
  return names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}
