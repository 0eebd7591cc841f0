import { parseSpec, type Kind, type ObjectOf } from "../../controller/api/index.ts";
import type { Stored } from "../../controller/api/meta.ts";
import type { ControlPlane } from "../controlplane/controlPlane.ts";
import { NAMESPACE } from "../demo/demoManifests.ts";
import { kubectlOrThrow } from "../kubectl.ts";

/** All objects of a kind as the API server has them, every default filled in: it does not keep all of them itself. */
export async function declared<K extends Kind>(
  where: Pick<ControlPlane, "kubectl" | "env">,
  kind: K,
): Promise<readonly ObjectOf<K>[]> {
  const text = await kubectlOrThrow(where, ["get", kind.plural, "--namespace", NAMESPACE, "--output", "json"]);
  const { items } = JSON.parse(text) as { readonly items: readonly Stored[] };
  return items.map((item) => {
    const parsed = parseSpec(kind, item);
    if (!parsed.ok) throw new Error(`${kind.kind} ${item.metadata.name}: ${parsed.problems.join("; ")}`);
    // What our own CRD let through and our own schema has read is an object of that kind.
    return { ...item, spec: parsed.spec } as ObjectOf<K>;
  });
}
