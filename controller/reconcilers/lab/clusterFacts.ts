import type { ClusterFacts, Host } from "../../plan/lab.ts";
import type { World } from "../../runtime/store.ts";
import type { Connections } from "../shared/connections.ts";
import { clustersIn } from "../shared/objects.ts";

/** The ProxmoxClusters of a namespace, with how their connections are. */
export function clusterFacts(
  namespace: string,
  world: Pick<World, "list">,
  connections: Connections,
): ReadonlyMap<string, ClusterFacts> {
  return new Map(
    clustersIn(world, namespace).map((object) => {
      const port = connections.of(namespace, object.metadata.name)?.port;
      const reach = port?.reach() ?? { is: "connecting" as const };
      return [
        object.metadata.name,
        { object, reach, seen: port?.seen() !== undefined, doubted: port?.sure() === false },
      ];
    }),
  );
}

/** Every node as it was last seen. */
export function hostsOf(namespace: string, clusters: readonly string[], connections: Connections): readonly Host[] {
  return clusters.flatMap((cluster) => {
    const nodes = connections.of(namespace, cluster)?.port.seen()?.nodes.values() ?? [];
    return [...nodes].map(({ name, online, bootTime, rebooted, clockOffsetMs }) => ({
      cluster,
      name,
      online,
      bootTime,
      rebooted,
      clockOffsetMs,
    }));
  });
}
