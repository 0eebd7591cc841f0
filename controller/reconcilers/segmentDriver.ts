import { NetworkSegment, type NetworkSegmentStatus } from "../api/index.ts";
import { isDeleting, type Stored } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action } from "../plan/action.ts";
import { bridgeNeed, lacking, needText } from "../plan/permissions.ts";
import { planSegment, type SegmentInput } from "../plan/segment.ts";
import type { BridgeSeen, ProxmoxPort } from "../providers/port.ts";
import type { Driver } from "../runtime/driver.ts";
import type { World } from "../runtime/store.ts";
import type { Connections } from "./connections.ts";
import { guestsIn, older, parsed, segmentsIn } from "./objects.ts";
import { clusterOf } from "./resolve.ts";

export interface SegmentParts {
  readonly world: World;
  readonly connections: Connections;
}

const AGAIN_MS = 60_000;

/** Reads the bridges of the nodes; changes nothing. */
export function segmentDriver(parts: SegmentParts): Driver<Stored, NetworkSegmentStatus, SegmentInput, Action> {
  return {
    kind: NetworkSegment,
    async observe(stored, signal) {
      const segment = parsed(NetworkSegment, stored);
      return {
        bridges: await bridgesFor(segment, parts, signal),
        elders: eldersOf(segment, parts.world),
        members: membersOf(segment, parts.world),
      };
    },
    decide: (stored, input) => planSegment(parsed(NetworkSegment, stored), input),
    execute: () => Promise.reject(new Error("a NetworkSegment has no actions")),
    intent: (report) => report,
  };
}

function eldersOf(segment: NetworkSegment, world: World): readonly NetworkSegment[] {
  const { namespace, uid } = segment.metadata;
  return segmentsIn(world, namespace).filter(
    (other) => other.metadata.uid !== uid && !isDeleting(other) && older(other, segment) < 0,
  );
}

function membersOf({ metadata }: NetworkSegment, world: World): number {
  return guestsIn(world, metadata.namespace).filter(
    (guest) =>
      guest.kind === "Container" &&
      (guest.spec.networks ?? []).some((network) => network.segmentRef?.name === metadata.name),
  ).length;
}

async function bridgesFor(
  segment: NetworkSegment,
  { world, connections }: SegmentParts,
  signal: AbortSignal,
): Promise<SegmentInput["bridges"]> {
  const { clusterRef, bridge } = segment.spec.proxmox;
  const cluster = clusterOf(segment, clusterRef, world);
  if (typeof cluster === "string") return { unseen: waiting("ClusterMissing", cluster) };
  const connection = connections.of(segment.metadata.namespace, cluster.metadata.name);
  const reach = connection?.port.reach().is ?? "connecting";
  if (connection === undefined || reach !== "reachable") {
    const { namespace } = segment.metadata;
    const early = reach === "connecting" && connections.troubleOf(namespace, cluster.metadata.name) === undefined;
    return { unseen: waiting("Connecting", `ProxmoxCluster ${cluster.metadata.name} cannot be reached`), early };
  }
  // Without the privilege a bridge that is there is not listed either.
  const [missing] = connection.permissions === undefined ? [] : lacking(connection.permissions, [bridgeNeed(bridge)]);
  if (missing === undefined) return bridgesOf(connection.port, signal);
  const message = `whether bridge ${bridge} exists cannot be seen: the token lacks ${needText(missing)}`;
  return { unseen: { is: "stalled", reason: "PermissionMissing", message, afterMs: AGAIN_MS } };
}

async function bridgesOf(port: ProxmoxPort, signal: AbortSignal): Promise<ReadonlyMap<string, readonly BridgeSeen[]>> {
  const online = [...(port.seen()?.nodes.values() ?? [])]
    .filter((node) => node.online)
    .map((node) => node.name)
    .sort();
  const bridges = new Map<string, readonly BridgeSeen[]>();
  for (const node of online) bridges.set(node, await port.bridges(node, signal));
  return bridges;
}

function waiting(reason: "ClusterMissing" | "Connecting", message: string): Outcome {
  return { is: "waiting", reason, message, afterMs: AGAIN_MS };
}
