import { KubeConfig, RequestContext, HttpMethod } from "@kubernetes/client-node";
import { createHash } from "node:crypto";
import type { RequestOptions } from "node:https";
import { Agent, type Dispatcher } from "undici";

export interface KubeconfigChoice {
  /** A file; default: $KUBECONFIG, ~/.kube/config, then the pod's service account. */
  readonly path?: string;
  /** Default: the file's current context. */
  readonly context?: string;
}

/** An API server and how to speak to it. */
export interface ApiServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** The context's namespace, if it names one. */
  readonly namespace: string | undefined;
  /** Headers and connection for the next request; tokens and certificates are re-read when their time is over. */
  authorize(): Promise<Authority>;
}

export interface Authority {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Reads a kubeconfig. Throws an `Error` whose message a person can act on. */
export function loadKubeconfig(choice: KubeconfigChoice = {}): ApiServer {
  const config = new KubeConfig();
  if (choice.path === undefined) config.loadFromDefault();
  else config.loadFromFile(choice.path);
  if (choice.context !== undefined) {
    if (config.getContextObject(choice.context) === null) throw new Error(`no context "${choice.context}"`);
    config.setCurrentContext(choice.context);
  }
  const cluster = config.getCurrentCluster();
  // client-node falls back to this name and localhost:8080 when it finds nothing.
  if (cluster === null || config.getCurrentContext() === "loaded-context")
    throw new Error("no kubeconfig found and not running in a pod");
  return connect(config, cluster.server.replace(/\/+$/, ""));
}

function connect(config: KubeConfig, url: string): ApiServer {
  let known: { readonly identity: string; readonly dispatcher: Dispatcher } | undefined;
  return {
    url,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    authorize: async () => {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      const identity = identityOf(options);
      if (known?.identity !== identity) known = { identity, dispatcher: await dispatcherOf(config, url, options) };
      return { headers: headersOf(options), dispatcher: known.dispatcher };
    },
  };
}

/** Connections are kept while certificates and proxy stay the same; client-node would open new ones for each call. */
async function dispatcherOf(config: KubeConfig, url: string, options: RequestOptions): Promise<Dispatcher> {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  const cluster = config.getCurrentCluster();
  if (cluster?.proxyUrl === undefined) {
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    return new Agent({ connect: { ...given, keepAlive: true, keepAliveInitialDelay: 30_000 }, allowH2: false });
  }
  const context = new RequestContext(url, HttpMethod.GET);
  await config.applySecurityAuthentication(context);
  const dispatcher = context.getDispatcher();
  if (dispatcher === undefined) throw new Error(`proxy ${cluster.proxyUrl} can't be used`);
  return dispatcher;
}

function identityOf(options: RequestOptions): string {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const material = [ca, cert, key, pfx, passphrase, rejectUnauthorized, servername].map(String);
  return createHash("sha256").update(JSON.stringify(material)).digest("hex");
}

function headersOf(options: RequestOptions): Readonly<Record<string, string>> {
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const basic =
    options.auth == null ? [] : [["Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`]];
  return Object.fromEntries([...headers, ...basic]) as Record<string, string>;
}
