import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";

/** A request on its way from the controller to the API server. */
export interface GateRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

export type GateEffect =
  /** Answered by the gate, with a Status of Kubernetes. */
  | { readonly is: "status"; readonly status: number; readonly message: string }
  /** No answer ever comes; the API server hears of it (`after`) or does not. */
  | { readonly is: "silence"; readonly when: "before" | "after" };

/** What happens to a request; undefined lets it pass. */
export type GateRule = (request: GateRequest) => GateEffect | undefined;

/** A door between one controller and the API server. TLS with the API server's own certificate. */
export class ApiGate {
  readonly #upstream: URL;
  readonly #tls: { readonly key: string; readonly cert: string };
  readonly #agent: Agent;
  readonly #streams = new Map<IncomingMessage, ServerResponse>();
  #server: Server | undefined;
  #port = 0;
  #frozen = false;
  /** Asked for each request. */
  rule: GateRule = () => undefined;
  /** Told each request that passed, with the API server's answer. */
  onPassed: (request: GateRequest, status: number) => void = () => undefined;

  constructor(controlPlane: Pick<ControlPlane, "url" | "kubeconfigPath">) {
    const certificates = join(dirname(controlPlane.kubeconfigPath), "certs");
    const read = (name: string): string => readFileSync(join(certificates, name), "utf8");
    this.#upstream = new URL(controlPlane.url);
    this.#tls = { key: read("apiserver.key"), cert: read("apiserver.crt") };
    this.#agent = new Agent({ ca: this.#tls.cert, keepAlive: true });
  }

  /** Opens, on the same port as before. */
  async open(): Promise<void> {
    const server = createServer(this.#tls, (request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Connections are refused and cut, as when the API server is restarted. */
  async shut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async end(): Promise<void> {
    await this.shut();
    this.#agent.destroy();
  }

  /** A copy of that kubeconfig that leads through the gate. */
  kubeconfig(direct: string): string {
    const path = `${direct}-through-${String(this.#port)}`;
    const through = `https://127.0.0.1:${String(this.#port)}`;
    writeFileSync(path, readFileSync(direct, "utf8").replaceAll(this.#upstream.origin, through), { mode: 0o600 });
    return path;
  }

  /** Open watches say nothing any more, and stay open; so do those that are opened meanwhile. */
  freezeWatches(): void {
    this.#frozen = true;
    for (const [upstream, response] of this.#streams) upstream.unpipe(response);
  }

  /** Open watches end in good order, as after their timeout; what they kept back is lost. New ones speak again. */
  endWatches(): void {
    this.#frozen = false;
    for (const [upstream, response] of this.#streams) {
      upstream.unpipe(response);
      response.end();
    }
    this.#streams.clear();
  }

  thawWatches(): void {
    this.#frozen = false;
    for (const [upstream, response] of this.#streams) upstream.pipe(response);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = { method: request.method ?? "", path: request.url ?? "", body: await textOf(request) };
    const effect = this.rule(asked);
    if (effect?.is === "status") {
      refuse(response, effect);
      return;
    }
    if (effect?.when === "before") return;
    const upstream = await this.#forward(request, asked);
    this.onPassed(asked, upstream.statusCode ?? 0);
    if (effect?.when === "after") {
      upstream.resume();
      return;
    }
    this.#passOn(upstream, response, /[?&]watch=/.test(asked.path));
  }

  #passOn(upstream: IncomingMessage, response: ServerResponse, isWatch: boolean): void {
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    response.flushHeaders();
    response.on("close", () => upstream.destroy());
    upstream.on("error", () => response.destroy());
    if (isWatch) {
      this.#streams.set(upstream, response);
      upstream.once("close", () => this.#streams.delete(upstream));
      if (this.#frozen) return;
    }
    upstream.pipe(response);
  }

  async #forward(request: IncomingMessage, { method, path, body }: GateRequest): Promise<IncomingMessage> {
    const { host: _, ...headers } = request.headers;
    const { hostname, port } = this.#upstream;
    const sent = httpsRequest({ hostname, port, method, path, headers, agent: this.#agent });
    sent.end(body);
    const [upstream] = (await once(sent, "response")) as [IncomingMessage];
    return upstream;
  }
}

function refuse(response: ServerResponse, { status, message }: { status: number; message: string }): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, code: status }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
