import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AdminError, type AdminRoute, type Json } from "./adminCall.ts";

/** Plain HTTP and JSON on loopback: looks at everything, changes anything. Not a part of what is simulated. */
export class AdminServer<Inside> {
  readonly #server: Server;

  constructor(routes: readonly AdminRoute<Inside>[], inside: Inside) {
    this.#server = createServer((request, response) => void serve({ routes, inside }, request, response));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

interface Desk<Inside> {
  readonly routes: readonly AdminRoute<Inside>[];
  readonly inside: Inside;
}

async function serve<Inside>(desk: Desk<Inside>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [status, body] = await answer(desk, request).catch((error: unknown): [number, unknown] => [
    error instanceof AdminError ? 400 : 500,
    { error: error instanceof Error ? error.message : String(error) },
  ]);
  response.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

async function answer<Inside>({ routes, inside }: Desk<Inside>, request: IncomingMessage): Promise<[number, unknown]> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const given = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (given.length === 0) return [200, routes.map(({ method, path, about }) => `${method} ${path}: ${about}`)];
  for (const route of routes) {
    const path = route.method === request.method ? matched(route.path, given) : undefined;
    if (path === undefined) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = (text === "" ? {} : JSON.parse(text)) as Json;
    return [200, (await route.handle({ inside, path, query: url.searchParams, body })) ?? null];
  }
  return [404, { error: `no ${request.method ?? ""} ${url.pathname}; GET / lists what there is` }];
}

function matched(pattern: string, given: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split("/").filter((part) => part !== "");
  if (parts.length !== given.length) return undefined;
  const path: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) path[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return path;
}
