import { NetworkSegment, type NetworkSegmentStatus } from "../api/index.ts";
import type { Stored } from "../api/meta.ts";
import type { Outcome } from "../base/outcome.ts";
import type { Action } from "../plan/action.ts";
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

/** Reads the bridges of the nodes; changes nothing. */
export function segmentDriver({
  world,
  connections,
}: SegmentParts): Driver<Stored, NetworkSegmentStatus, SegmentInput, Action> {
  return {
    kind: NetworkSegment,
    async observe(stored, signal) {
      const segment = parsed(NetworkSegment, stored);
      const { namespace, name } = segment.metadata;
      const elders = segmentsIn(world, namespace).filter(
        (other) => other.metadata.name !== name && older(other, segment) < 0,
      );
      const members = guestsIn(world, namespace).filter(
        (guest) =>
          guest.kind === "Container" &&
          (guest.spec.networks ?? []).some((network) => network.segmentRef?.name === name),
      ).length;
      const cluster = clusterOf(segment, segment.spec.proxmox.clusterRef, world);
      if (typeof cluster === "string")
        return { bridges: { unseen: waiting("ClusterMissing", cluster) }, elders, members };
      const port = connections.of(namespace, cluster.metadata.name)?.port;
      if (port?.reach().is !== "reachable")
        return {
          bridges: { unseen: waiting("Connecting", `ProxmoxCluster ${cluster.metadata.name} cannot be reached`) },
          elders,
          members,
        };
      return { bridges: await bridgesOf(port, signal), elders, members };
    },
    decide: (stored, input) => planSegment(parsed(NetworkSegment, stored), input),
    execute: () => Promise.reject(new Error("a NetworkSegment has no actions")),
    intent: (report) => report,
  };
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
  return { is: "waiting", reason, message, afterMs: 10_000 };
}
