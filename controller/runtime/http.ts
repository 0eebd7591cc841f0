import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Pages {
  /** What /metrics answers to who accepts this. */
  readonly metrics: (accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Why the process should be restarted; undefined while its loop moves. Never about anything outside it. */
  readonly sick: () => string | undefined;
  /** Why it is not ready; undefined when its caches are synced. */
  readonly unready: () => string | undefined;
}

export interface Listening {
  readonly port: number;
  /** Ends open connections after their current answer. */
  close(): Promise<void>;
}

/** Serves /metrics, /healthz, /readyz (and /livez, as /healthz). Rejects when the address can't be bound. */
export async function serve(
  address: { readonly host?: string; readonly port: number },
  pages: Pages,
): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(request, response, pages).catch(() => {
      response.destroy();
    });
  });
  // A scraper that keeps its connection must not keep the process.
  server.keepAliveTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) });
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  await closed;
}

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    send(response, 405, "only GET\n");
    return;
  }
  const [path] = (request.url ?? "").split("?");
  switch (path) {
    case "/metrics": {
      const { contentType, body } = await pages.metrics(request.headers.accept);
      send(response, 200, body, contentType);
      return;
    }
    case "/healthz":
    case "/livez":
      sendVerdict(response, pages.sick());
      return;
    case "/readyz":
      sendVerdict(response, pages.unready());
      return;
    default:
      send(response, 404, "not found: /metrics, /healthz, /readyz\n");
  }
}

function sendVerdict(response: ServerResponse, problem: string | undefined): void {
  if (problem === undefined) send(response, 200, "ok\n");
  else send(response, 503, `${problem}\n`);
}

function send(response: ServerResponse, status: number, body: string, contentType = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}
