import type { OmadaController } from "../../api/index.ts";
import type { Key } from "../../api/meta.ts";
import type { OmadaConnection, OmadaPort } from "../../providers/omadaPort.ts";
import { ConnectionPool } from "../shared/connectionPool.ts";
import { optionalKey, secretKey, tlsOf, type Secrets } from "../shared/secrets.ts";

/** Opens a connection to a site; the composition root knows how. Its sequence numbers begin at `firstSequence`. */
export type ConnectOmada = (connection: OmadaConnection, firstSequence: number) => OmadaPort;

export interface SiteConnection {
  readonly key: Key;
  readonly port: OmadaPort;
  /** Wall milliseconds of the last good look. */
  lastGood: number | undefined;
}

/** One connection per OmadaController. */
export class OmadaConnections extends ConnectionPool<OmadaController, OmadaConnection, SiteConnection> {
  constructor(connect: ConnectOmada, kube: Secrets) {
    super({
      kind: "OmadaController",
      valuesOf: (controller, signal) => valuesOf(kube, controller, signal),
      open: (key, values, firstSequence) => ({ key, port: connect(values, firstSequence), lastGood: undefined }),
    });
  }
}

async function valuesOf(
  kube: Secrets,
  { spec, metadata }: OmadaController,
  signal: AbortSignal,
): Promise<OmadaConnection> {
  const { namespace } = metadata;
  const at = (key: string) => ({ namespace, name: spec.credentialsRef.name, key });
  const clientId = await secretKey(kube, at("clientId"), signal);
  const clientSecret = await secretKey(kube, at("clientSecret"), signal);
  const username = await optionalKey(kube, at("username"), signal);
  const password = await optionalKey(kube, at("password"), signal);
  return {
    name: metadata.name,
    endpoint: spec.endpoint,
    site: spec.site,
    clientId,
    clientSecret,
    ...(username === undefined || password === undefined ? {} : { web: { username, password } }),
    tls: await tlsOf(kube, namespace, spec.tls, signal),
    pollIntervalSeconds: spec.pollIntervalSeconds,
  };
}
