import { isHealthy } from "../layers/memberCount.ts";
import type { Lab, Member } from "../lab.ts";

/** Probed guests of one node or one NetworkSegment that fail together. */
export interface BrokenPath {
  /** "node pve1", "segment lan". */
  readonly over: string;
  readonly probed: number;
  readonly sick: readonly Member[];
}

/**
 * At least two guests over one node or segment, and at least half of those probed there, fail together: it is the way to
 * them that is broken, one incident of the ProxmoxCluster, and none is restarted for it (H3). A guest without probes says
 * nothing, and one whose own dependency is sick says nothing about the way.
 */
export function brokenPaths(lab: Lab): readonly BrokenPath[] {
  const placed = [...lab.members.values()]
    .filter((member) => isJudged(member) && !leansOnSick(lab, member))
    .flatMap((member) => placesOf(member).map((place) => ({ ...place, member })));
  return [...Map.groupBy(placed, ({ key }) => key).values()].flatMap((all) => {
    const sick = all.filter(({ member }) => member.health === "Unhealthy").map(({ member }) => member);
    const broken = sick.length >= 2 && sick.length * 2 >= all.length;
    return broken ? [{ over: all[0]?.over ?? "", probed: all.length, sick }] : [];
  });
}

/** The broken way to guests of this ProxmoxCluster, where there is one. */
export function brokenPathOf(cluster: string, lab: Lab): BrokenPath | undefined {
  return brokenPaths(lab).find(({ sick }) => sick[0]?.cluster === cluster);
}

/** For people. */
export function pathText({ over, probed, sick }: BrokenPath): string {
  const names = sick.map((member) => member.object.metadata.name).slice(0, 8);
  return `${String(sick.length)} of ${String(probed)} probed guests over ${over} fail together (${names.join(", ")}); it is probably the network between here and there, so none is restarted for it`;
}

export function isOnBrokenPath(lab: Lab, member: Member): boolean {
  return brokenPaths(lab).some(({ sick }) => sick.some((other) => other.id === member.id));
}

function isJudged({ power, health, object }: Member): boolean {
  return (
    power === "Running" && (object.spec.probes ?? []).length > 0 && (health === "Healthy" || health === "Unhealthy")
  );
}

function leansOnSick(lab: Lab, { object }: Member): boolean {
  return (object.spec.dependsOn ?? []).some((target) => {
    const other = lab.members.get(`${target.kind}/${target.name}`);
    return other !== undefined && !isHealthy(other);
  });
}

/** Nodes of two clusters may have one name. */
function placesOf({ cluster, node, object }: Member): readonly { readonly key: string; readonly over: string }[] {
  const networks = object.kind === "Container" ? (object.spec.networks ?? []) : [];
  const segments = [...new Set(networks.flatMap((network) => network.segmentRef?.name ?? []))];
  return [
    { key: `node ${cluster ?? ""}/${node ?? ""}`, over: `node ${node ?? ""}` },
    ...segments.map((name) => ({ key: `segment ${name}`, over: `segment ${name}` })),
  ];
}

/**
 * How long its neighbours' probes may take to notice what its own noticed: whether the way to all of them is broken is
 * known only then (H3).
 */
export function failureWindowMs({ spec }: Member["object"]): number {
  const seconds = (spec.probes ?? []).map(
    ({ periodSeconds, timeoutSeconds, failureThreshold }) => periodSeconds * failureThreshold + timeoutSeconds,
  );
  return Math.max(0, ...seconds) * 1000;
}
