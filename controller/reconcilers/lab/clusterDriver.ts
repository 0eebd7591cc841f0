import { ProxmoxCluster, type ProxmoxClusterStatus } from "../../api/index.ts";
import { annotation, annotationOf, keyOf, type Stored } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import { ProviderError, Stalled } from "../../base/outcome.ts";
import type { Action } from "../../plan/action.ts";
import { planCluster, type ClusterInput } from "../../plan/cluster/cluster.ts";
import { missingPermissions } from "../../plan/guests/permissions.ts";
import type { Driver } from "../../runtime/driver.ts";
import type { Connection, Connections } from "../shared/connections.ts";
import type { LabSource } from "./labSource.ts";
import { parsed } from "../shared/objects.ts";
import type { SelfFinder } from "./selfFinder.ts";

export interface ClusterParts {
  readonly clock: Clock;
  readonly connections: Connections;
  readonly labs: LabSource;
  readonly self: SelfFinder;
  /** Privileges, or what is known of the controller's own guest, are other than before: the guests go by them. */
  readonly onKnown: (namespace: string) => void;
}

/** The connection, or the sentence that says which Secret is missing. */
type Seen = Connection | { readonly missing: string };

const REREAD_MS = 300_000;

/** Keeps the connection to a Proxmox VE cluster, and says how it is. */
export function clusterDriver(parts: ClusterParts): Driver<Stored, ProxmoxClusterStatus, Seen, Action> {
  const readAt = new WeakMap<Connection, number>();
  return {
    kind: ProxmoxCluster,
    async observe(stored, signal) {
      const cluster = parsed(ProxmoxCluster, stored);
      const seen = await connect(cluster, parts, signal);
      if ("missing" in seen || seen.port.reach().is !== "reachable") return seen;
      const { namespace, name } = keyOf(cluster);
      const changed = await readPermissions(seen, { readAt, parts, cluster }, signal);
      const found = await parts.self.look(namespace, name, signal);
      if (changed || found) parts.onKnown(namespace);
      return seen;
    },
    decide(stored, seen) {
      const cluster = parsed(ProxmoxCluster, stored);
      return planCluster(cluster, inputOf(cluster, seen, parts.labs));
    },
    execute: () => Promise.reject(new Error("a ProxmoxCluster has no actions")),
    intent: (report) => report,
    forget(key) {
      parts.connections.close(key);
    },
  };
}

/** A Secret that is missing is looked for each minute, like one in use (P3). */
async function connect(cluster: ProxmoxCluster, { connections }: ClusterParts, signal: AbortSignal): Promise<Seen> {
  try {
    return await connections.sync(cluster, signal);
  } catch (error) {
    if (error instanceof Stalled) return { missing: error.message };
    throw error;
  }
}

function inputOf(cluster: ProxmoxCluster, seen: Seen, labs: LabSource): ClusterInput {
  const lab = labs.of(cluster.metadata.namespace);
  if ("missing" in seen) {
    const tlsVerified = cluster.spec.tls?.insecureSkipVerify !== true;
    return {
      reach: { is: "secretMissing", message: seen.missing },
      seen: undefined,
      tlsVerified,
      missing: undefined,
      lab,
    };
  }
  const { port, permissions } = seen;
  const view = port.seen();
  const missing =
    permissions === undefined
      ? undefined
      : missingPermissions(lab, cluster.metadata.name, { permissions, version: view?.version });
  return { reach: port.reach(), seen: view, tlsVerified: port.tlsVerified, missing, lab };
}

interface Reading {
  readonly readAt: WeakMap<Connection, number>;
  readonly parts: ClusterParts;
  readonly cluster: ProxmoxCluster;
}

/**
 * At the start, after a refusal or a shrunken list, when a person asks for a pass, and every 5 min while something is
 * missing (O4). True: they changed.
 */
async function readPermissions(
  connection: Connection,
  { readAt, parts, cluster }: Reading,
  signal: AbortSignal,
): Promise<boolean> {
  const now = parts.clock.monotonic();
  const lacks = (cluster.status?.missingPermissions ?? []).length > 0;
  const asked = annotationOf(cluster, annotation.reconcileRequestedAt) !== cluster.status?.lastHandledReconcileAt;
  const due = connection.permissionsStale || asked || (lacks && now - (readAt.get(connection) ?? 0) >= REREAD_MS);
  if (!due) return false;
  const before = textOf(connection.permissions);
  try {
    connection.permissions = await connection.port.permissions(signal);
    connection.permissionsStale = false;
    readAt.set(connection, now);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    connection.permissionsStale = true;
  }
  return textOf(connection.permissions) !== before;
}

function textOf(permissions: Connection["permissions"]): string {
  return JSON.stringify([...(permissions ?? [])].map(([path, held]) => [path, ...held]));
}
