import type { ProxmoxCluster } from "../../api/index.ts";
import type { Key } from "../../api/meta.ts";
import type { Permissions, ProxmoxConnection, ProxmoxPort } from "../../providers/port.ts";
import { ConnectionPool } from "./connectionPool.ts";
import { secretKey, tlsOf, type Secrets } from "./secrets.ts";

/** Opens a connection; the composition root knows how. Its sequence numbers begin at `firstSequence`. */
export type Connect = (connection: ProxmoxConnection, firstSequence: number) => ProxmoxPort;

export interface Connection {
  readonly key: Key;
  readonly port: ProxmoxPort;
  /** Last read privileges; undefined: not read yet, or not readable. */
  permissions: Permissions | undefined;
  /** Set on a refusal or a shrunken list: read them again (O4). */
  permissionsStale: boolean;
}

/** One connection per ProxmoxCluster. */
export class Connections extends ConnectionPool<ProxmoxCluster, ProxmoxConnection, Connection> {
  constructor(connect: Connect, kube: Secrets) {
    super({
      kind: "ProxmoxCluster",
      valuesOf: (cluster, signal) => valuesOf(kube, cluster, signal),
      open: (key, values, firstSequence) => ({
        key,
        port: connect(values, firstSequence),
        permissions: undefined,
        permissionsStale: true,
      }),
    });
  }
}

async function valuesOf(
  kube: Secrets,
  { spec, metadata }: ProxmoxCluster,
  signal: AbortSignal,
): Promise<ProxmoxConnection> {
  const { namespace } = metadata;
  const from = (key: string): Promise<string> =>
    secretKey(kube, { namespace, name: spec.credentialsRef.name, key }, signal);
  return {
    name: metadata.name,
    endpoints: spec.endpoints,
    tokenId: await from("tokenId"),
    tokenSecret: await from("tokenSecret"),
    tls: await tlsOf(kube, namespace, spec.tls, signal),
    pollIntervalSeconds: spec.pollIntervalSeconds,
  };
}
