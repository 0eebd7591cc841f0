/** Names of fields by their place; `[]` stands for an item of a list. */
type Fields = Readonly<Record<string, readonly string[]>>;

const target = ["group", "kind", "name", "namespace", "version", "labelSelector", "annotationSelector"];
const metadata = ["name", "namespace", "labels", "annotations", "finalizers"];
const top = ["apiVersion", "kind", "metadata", "spec"];

/**
 * The fields that kinds of others know, at the places which our pages use: Argo CD 3.6.1
 * (manifests/crds/application-crd.yaml), kustomize-controller 1.7.3 and source-controller 1.8.5 (config/crd/bases). An API
 * server with these CRDs took the page's objects under strict validation.
 */
export const foreignFields: Readonly<Record<string, Fields>> = {
  "argoproj.io/v1alpha1 Application": {
    "": top,
    metadata,
    spec: ["destination", "ignoreDifferences", "info", "project", "source", "sources", "syncPolicy"],
    "spec.source": ["repoURL", "targetRevision", "path", "kustomize", "helm", "directory", "chart", "ref", "name"],
    "spec.source.kustomize": ["patches", "namespace", "components", "commonAnnotations", "commonLabels", "images"],
    "spec.source.kustomize.patches[]": ["options", "patch", "path", "target"],
    "spec.source.kustomize.patches[].target": target,
    "spec.destination": ["name", "namespace", "server"],
    "spec.syncPolicy": ["automated", "managedNamespaceMetadata", "retry", "syncOptions"],
    "spec.syncPolicy.automated": ["allowEmpty", "enabled", "prune", "selfHeal"],
    "spec.syncPolicy.retry": ["backoff", "limit", "refresh"],
    "spec.syncPolicy.retry.backoff": ["duration", "factor", "maxDuration"],
  },
  "source.toolkit.fluxcd.io/v1 GitRepository": {
    "": top,
    metadata,
    spec: ["ignore", "interval", "ref", "secretRef", "suspend", "timeout", "url", "verify"],
    "spec.ref": ["branch", "commit", "name", "semver", "tag"],
  },
  "kustomize.toolkit.fluxcd.io/v1 Kustomization": {
    "": top,
    metadata,
    spec: [
      ...["dependsOn", "deletionPolicy", "healthCheckExprs", "healthChecks", "interval", "patches", "path", "prune"],
      ...["retryInterval", "sourceRef", "suspend", "targetNamespace", "timeout", "wait"],
    ],
    "spec.dependsOn[]": ["name", "namespace", "readyExpr"],
    "spec.sourceRef": ["apiVersion", "kind", "name", "namespace"],
    "spec.patches[]": ["patch", "target"],
    "spec.patches[].target": target,
  },
};

/** The fields of `value` that its kind does not know; free maps (labels, annotations) are not looked into. */
export function unknownFields(value: unknown, fields: Fields, at = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownFields(item, fields, `${at}[]`));
  if (typeof value !== "object" || value === null || /\.(annotations|labels)$/.test(at)) return [];
  const known = fields[at] ?? [];
  return Object.entries(value).flatMap(([name, member]) => {
    const place = at === "" ? name : `${at}.${name}`;
    return known.includes(name) ? unknownFields(member, fields, place) : [place];
  });
}
