import { parse } from "yaml";
import { GROUP } from "../../controller/api/meta.ts";
import { projectFile } from "./scripts.ts";

interface ConfigMap {
  readonly data: Readonly<Record<string, string>>;
}

interface Actions {
  readonly "discovery.lua": string;
  readonly definitions: readonly { readonly name: string; readonly "action.lua": string }[];
}

/** What Argo CD takes from manifests/argocd/argocd-cm.yaml for one kind: resource.customizations.<what>.<group>_<kind>. */
export interface Customization {
  readonly health: string;
  readonly discovery: string;
  /** Lua by action. */
  readonly actions: ReadonlyMap<string, string>;
}

export function argoData(): Readonly<Record<string, string>> {
  // Kubernetes reads YAML 1.1.
  return (parse(projectFile("manifests/argocd/argocd-cm.yaml"), { version: "1.1" }) as ConfigMap).data;
}

/** Throws when the kind is not there whole. */
export function customizationOf(kind: string): Customization {
  const data = argoData();
  const health = data[`resource.customizations.health.${GROUP}_${kind}`];
  const text = data[`resource.customizations.actions.${GROUP}_${kind}`];
  if (health === undefined || text === undefined) throw new Error(`argocd-cm.yaml does not know ${kind}`);
  const { "discovery.lua": discovery, definitions } = parse(text, { version: "1.1" }) as Actions;
  return { health, discovery, actions: new Map(definitions.map((one) => [one.name, one["action.lua"]])) };
}
