import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import type { ControlPlane } from "./controlplane/controlPlane.ts";
import { kubectlOrThrow } from "./kubectl.ts";

export type Where = Pick<ControlPlane, "kubectl" | "env">;

/** An object as a kustomization gives it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

const manifests = join(import.meta.dirname, "..", "manifests");
/** Where no pods run, the controller is a process beside the API server. */
const podThings: readonly string[] = ["Deployment", "Service", "CustomResourceDefinition"];
/** What there is once, however many namespaces are looked after. */
const clusterWide: readonly string[] = ["ClusterRole", "ClusterRoleBinding"];

/** What `kubectl apply -k manifests/<folder>` would apply. */
export async function render(where: Where, folder: string): Promise<readonly Rendered[]> {
  const text = await kubectlOrThrow(where, ["kustomize", join(manifests, folder)]);
  return parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS() as Rendered);
}

/** Applies under strict validation, in the order given. */
export async function apply(where: Where, objects: readonly object[], namespace: string): Promise<void> {
  const stdin = objects.map((object) => stringify(object, { version: "1.1" })).join("---\n");
  await kubectlOrThrow(where, ["apply", "--validate=strict", "--namespace", namespace, "-f", "-"], { stdin });
}

/**
 * The namespaces, and in each the roles of manifests/base: all that the controller is allowed. Its service account is
 * the one of manifests/base in every case.
 */
export async function applyBase(where: Where, namespaces: readonly string[]): Promise<void> {
  const base = (await render(where, "base")).filter((object) => !podThings.includes(object.kind));
  const [first = ""] = namespaces;
  for (const namespace of namespaces) {
    const objects = base.filter((object) => namespace === first || !clusterWide.includes(object.kind));
    await apply(
      where,
      objects.map((object) => placed(object, namespace)),
      namespace,
    );
  }
}

/** What is typed with the printed kubeconfig is about this namespace. */
export async function useNamespace(where: Where, namespace: string): Promise<void> {
  await kubectlOrThrow(where, ["config", "set-context", "--current", "--namespace", namespace]);
}

function placed(object: Rendered, namespace: string): Rendered {
  if (object.kind === "Namespace") return { ...object, metadata: { ...object.metadata, name: namespace } };
  if (object.metadata.namespace === undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}
