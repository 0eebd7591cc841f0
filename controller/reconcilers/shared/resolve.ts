import type { Guest, ProxmoxCluster } from "../../api/index.ts";
import type { World } from "../../runtime/store.ts";
import { clustersIn } from "./objects.ts";

/** The ProxmoxCluster an object names, or the only one of the namespace; a sentence when there is none. */
export function clusterOf(
  object: { readonly metadata: Guest["metadata"] },
  ref: { readonly name: string } | undefined,
  world: Pick<World, "list">,
): ProxmoxCluster | string {
  const clusters = clustersIn(world, object.metadata.namespace);
  if (ref !== undefined)
    return (
      clusters.find((cluster) => cluster.metadata.name === ref.name) ??
      `ProxmoxCluster ${ref.name} does not exist; apply it, or change clusterRef`
    );
  const [only, ...others] = clusters;
  if (only === undefined) return "no ProxmoxCluster exists in this namespace; apply one";
  if (others.length === 0) return only;
  return `clusterRef is needed: the namespace has ${String(clusters.length)} ProxmoxClusters (${clusters.map((c) => c.metadata.name).join(", ")})`;
}
