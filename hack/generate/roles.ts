import { kinds } from "../../controller/api/index.ts";
import { GROUP } from "../../controller/api/meta.ts";

/** Name of the controller's Role, ServiceAccount, Deployment and Lease. */
const NAME = "homelab-controller";
const RBAC = "rbac.authorization.k8s.io/v1";

const plurals: readonly string[] = kinds.map((kind) => kind.plural);

/** Kinds that may carry our finalizer: those whose deletion can undo something (I7). */
const torn: readonly string[] = kinds.filter((kind) => "deletionPolicy" in kind.spec.shape).map((kind) => kind.plural);

/** What the controller may do in its namespace, and not a verb more. */
export function controllerRoles(): readonly object[] {
  return [
    {
      apiVersion: RBAC,
      kind: "Role",
      metadata: { name: NAME },
      rules: [
        { apiGroups: [GROUP], resources: plurals, verbs: ["get", "list", "watch"] },
        { apiGroups: [GROUP], resources: plurals.map((plural) => `${plural}/status`), verbs: ["patch", "update"] },
        // For the finalizer alone; RBAC cannot say so.
        { apiGroups: [GROUP], resources: torn, verbs: ["patch"] },
        { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
        // Its own namespace only: is it being deleted (I7)?
        { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
        { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
        {
          apiGroups: ["coordination.k8s.io"],
          resources: ["leases"],
          resourceNames: [NAME],
          verbs: ["get", "update", "patch"],
        },
      ],
    },
    {
      apiVersion: RBAC,
      kind: "RoleBinding",
      metadata: { name: NAME },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: NAME },
      subjects: [{ kind: "ServiceAccount", name: NAME }],
    },
  ];
}

/**
 * What is left to the controller of a namespace that takes its Role along when it is deleted: to see that, and to let go
 * of the objects (I7). Cluster-wide, since a binding in the namespace would go with it.
 */
export function lettingGoRoles(): readonly object[] {
  const name = "homelab-letting-go";
  return [
    {
      apiVersion: RBAC,
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [GROUP], resources: plurals, verbs: ["get", "list", "watch"] },
        { apiGroups: [GROUP], resources: torn, verbs: ["patch"] },
        { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: RBAC,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name: NAME, namespace: "homelab" }],
    },
  ];
}

/** Our kinds in the view, edit and admin roles every cluster has. */
export function peopleRoles(): readonly object[] {
  const read = ["get", "list", "watch"];
  const write = ["create", "delete", "deletecollection", "patch", "update"];
  return [aggregated("view", ["view"], read), aggregated("edit", ["edit", "admin"], [...read, ...write])];
}

function aggregated(name: string, into: readonly string[], verbs: readonly string[]): object {
  return {
    apiVersion: RBAC,
    kind: "ClusterRole",
    metadata: {
      name: `homelab-${name}`,
      labels: Object.fromEntries(into.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, "true"])),
    },
    rules: [{ apiGroups: [GROUP], resources: plurals, verbs }],
  };
}
