import { isDeepStrictEqual } from "node:util";
import type { ProxmoxCluster } from "../api/index.ts";
import { keyOf, keyText, type Key } from "../api/meta.ts";
import { Stalled } from "../base/outcome.ts";
import type { Permissions, ProxmoxConnection, ProxmoxPort } from "../providers/port.ts";
import { secretKey, type Secrets } from "./secrets.ts";

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

interface Entry {
  readonly values: ProxmoxConnection;
  readonly connection: Connection;
  readonly end: () => void;
}

/** Why there is no connection, in a sentence. */
export interface Trouble {
  readonly reason: "SecretMissing" | "Connecting";
  readonly message: string;
}

/** One connection per ProxmoxCluster. Values are re-read by the cluster's passes; a new value is a new connection (P3). */
export class Connections {
  readonly #connect: Connect;
  readonly #kube: Secrets;
  readonly #entries = new Map<string, Entry>();
  /** Where the numbers of a cluster's last connection ended: looks stay comparable over a new one (O2). */
  readonly #marks = new Map<string, number>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #listeners = new Set<(connection: Connection) => void>();

  constructor(connect: Connect, kube: Secrets) {
    this.#connect = connect;
    this.#kube = kube;
  }

  of(namespace: string, name: string): Connection | undefined {
    return this.#entries.get(keyText({ kind: "ProxmoxCluster", namespace, name }))?.connection;
  }

  troubleOf(namespace: string, name: string): Trouble | undefined {
    return this.#troubles.get(keyText({ kind: "ProxmoxCluster", namespace, name }));
  }

  /** After each look and each change of reach of any connection, and when one begins or ends. */
  onChange(listener: (connection: Connection) => void): void {
    this.#listeners.add(listener);
  }

  /** Makes the connection what object and Secrets say. Throws `Stalled` when a Secret or a key in it is missing. */
  async sync(cluster: ProxmoxCluster, signal: AbortSignal): Promise<Connection> {
    const key = keyOf(cluster);
    const text = keyText(key);
    let values: ProxmoxConnection;
    try {
      values = await this.#valuesOf(cluster, signal);
    } catch (error) {
      const known = this.#entries.get(text);
      if (!(error instanceof Stalled)) {
        if (known !== undefined) return known.connection;
        throw error;
      }
      this.#troubles.set(text, { reason: "SecretMissing", message: error.message });
      this.#close(text);
      throw error;
    }
    this.#troubles.delete(text);
    const known = this.#entries.get(text);
    if (known !== undefined && isDeepStrictEqual(known.values, values)) return known.connection;
    this.#close(text);
    return this.#open(text, key, values);
  }

  close(key: string): void {
    this.#troubles.delete(key);
    this.#close(key);
  }

  closeAll(): void {
    for (const key of [...this.#entries.keys()]) this.#close(key);
  }

  #open(text: string, key: Key, values: ProxmoxConnection): Connection {
    const port = this.#connect(values, this.#marks.get(text) ?? 1);
    const connection: Connection = { key, port, permissions: undefined, permissionsStale: true };
    const end = port.onChange(() => {
      this.#tell(connection);
    });
    this.#entries.set(text, { values, connection, end });
    this.#tell(connection);
    return connection;
  }

  #close(text: string): void {
    const entry = this.#entries.get(text);
    if (entry === undefined) return;
    entry.end();
    this.#marks.set(text, entry.connection.port.mark());
    entry.connection.port.close();
    this.#entries.delete(text);
    this.#tell(entry.connection);
  }

  #tell(connection: Connection): void {
    for (const listener of this.#listeners) listener(connection);
  }

  async #valuesOf(cluster: ProxmoxCluster, signal: AbortSignal): Promise<ProxmoxConnection> {
    const { spec, metadata } = cluster;
    const from = (name: string, key: string): Promise<string> =>
      secretKey(this.#kube, { namespace: metadata.namespace, name, key }, signal);
    const { tls } = spec;
    return {
      name: metadata.name,
      endpoints: spec.endpoints,
      tokenId: await from(spec.credentialsRef.name, "tokenId"),
      tokenSecret: await from(spec.credentialsRef.name, "tokenSecret"),
      tls: {
        ...(tls?.caRef === undefined ? {} : { ca: await from(tls.caRef.name, tls.caRef.key) }),
        ...(tls?.fingerprints === undefined ? {} : { fingerprints: tls.fingerprints }),
        ...(tls?.insecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
      },
      pollIntervalSeconds: spec.pollIntervalSeconds,
    };
  }
}
