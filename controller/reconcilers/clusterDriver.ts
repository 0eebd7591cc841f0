import { ProxmoxCluster, type ProxmoxClusterStatus } from "../api/index.ts";
import type { Stored } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import { ProviderError } from "../base/outcome.ts";
import type { Action } from "../plan/action.ts";
import { planCluster } from "../plan/cluster.ts";
import { missingPermissions } from "../plan/permissions.ts";
import type { Driver } from "../runtime/driver.ts";
import type { Connection, Connections } from "./connections.ts";
import type { LabSource } from "./labSource.ts";
import { parsed } from "./objects.ts";
import type { SelfFinder } from "./selfFinder.ts";

export interface ClusterParts {
  readonly clock: Clock;
  readonly connections: Connections;
  readonly labs: LabSource;
  readonly self: SelfFinder;
}

const REREAD_MS = 300_000;

/** Keeps the connection to a Proxmox VE cluster, and says how it is. */
export function clusterDriver(parts: ClusterParts): Driver<Stored, ProxmoxClusterStatus, Connection, Action> {
  const readAt = new WeakMap<Connection, number>();
  return {
    kind: ProxmoxCluster,
    async observe(stored, signal) {
      const cluster = parsed(ProxmoxCluster, stored);
      const connection = await parts.connections.sync(cluster, signal);
      if (connection.port.reach().is === "reachable") {
        await readPermissions(connection, { readAt, parts, cluster }, signal);
        if (await parts.self.look(cluster.metadata.namespace, cluster.metadata.name, signal))
          parts.labs.touch(cluster.metadata.namespace);
      }
      return connection;
    },
    decide(stored, connection) {
      const cluster = parsed(ProxmoxCluster, stored);
      const { port, permissions } = connection;
      const lab = parts.labs.of(cluster.metadata.namespace);
      return planCluster(cluster, {
        reach: port.reach(),
        seen: port.seen(),
        tlsVerified: port.tlsVerified,
        missing: permissions === undefined ? undefined : missingPermissions(lab, cluster.metadata.name, permissions),
        lab,
      });
    },
    execute: () => Promise.reject(new Error("a ProxmoxCluster has no actions")),
    intent: (report) => report,
    forget(key) {
      parts.connections.close(key);
    },
  };
}

interface Reading {
  readonly readAt: WeakMap<Connection, number>;
  readonly parts: ClusterParts;
  readonly cluster: ProxmoxCluster;
}

/** At the start, after a refusal or a shrunken list, and every 5 min while something is missing (O4). */
async function readPermissions(
  connection: Connection,
  { readAt, parts, cluster }: Reading,
  signal: AbortSignal,
): Promise<void> {
  const now = parts.clock.monotonic();
  const lacks = (cluster.status?.missingPermissions ?? []).length > 0;
  const due = connection.permissionsStale || (lacks && now - (readAt.get(connection) ?? 0) >= REREAD_MS);
  if (!due) return;
  try {
    connection.permissions = await connection.port.permissions(signal);
    connection.permissionsStale = false;
    readAt.set(connection, now);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    connection.permissionsStale = true;
  }
}
