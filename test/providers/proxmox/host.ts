import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { systemClock } from "../../../controller/base/clock.ts";
import type { ProxmoxConnection } from "../../../controller/providers/port.ts";
import type { EnginePorts } from "../../../controller/providers/proxmox/engine.ts";
import { Engine } from "../../../controller/providers/proxmox/engine.ts";

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

export const testCa = fixture("ca.pem");

export type Answer = (request: IncomingMessage & { readonly bodyText: string }, response: ServerResponse) => void;

/** A loopback HTTPS server whose answers the test scripts; remembers what arrived. */
export interface Host {
  readonly endpoint: string;
  /** "POST /nodes/pve1/lxc/101/status/start" for each request that arrived whole. */
  readonly arrived: string[];
  /** Form text of each request. */
  readonly bodies: string[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  answer: Answer;
  close(): Promise<void>;
}

export async function startHost(answer: Answer, address = "127.0.0.1"): Promise<Host> {
  const arrived: string[] = [];
  const bodies: string[] = [];
  const sockets = new Set<Duplex>();
  let connections = 0;
  const server = createServer({ key: fixture("server.key"), cert: fixture("server.pem") }, (request, response) => {
    let bodyText = "";
    request.on("data", (chunk: Buffer) => (bodyText += chunk.toString()));
    request.on("end", () => {
      arrived.push(`${request.method ?? ""} ${(request.url ?? "").replace("/api2/json", "")}`);
      bodies.push(bodyText);
      host.answer(Object.assign(request, { bodyText }), response);
    });
  });
  server.on("secureConnection", () => (connections += 1));
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const host: Host = {
    endpoint: `https://${address}:${String((server.address() as AddressInfo).port)}`,
    arrived,
    bodies,
    connections: () => connections,
    answer,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
  return host;
}

/** `{"data": …}` with status 200. */
export function data(value: unknown): Answer {
  return (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json;charset=UTF-8" });
    response.end(JSON.stringify({ data: value }));
  };
}

/** An error as Proxmox writes it: first line as reason phrase, `message` in the body where `withBody`. */
export function refusal(status: number, text: string, withBody = true): Answer {
  return (_request, response) => {
    response.writeHead(status, text, { Connection: "close", "Content-Type": "application/json;charset=UTF-8" });
    response.end(withBody ? JSON.stringify({ data: null, message: `${text}\n` }) : "");
  };
}

export function connectionTo(endpoints: readonly string[], change: Partial<ProxmoxConnection> = {}): ProxmoxConnection {
  return {
    name: "lab",
    endpoints,
    tokenId: "ops@pve!ctl",
    tokenSecret: "secret",
    tls: { ca: testCa },
    pollIntervalSeconds: 10,
    ...change,
  };
}

export function engineTo(
  endpoints: readonly string[],
  change: Partial<ProxmoxConnection> = {},
  ports: Partial<EnginePorts> = {},
): Engine {
  return new Engine(connectionTo(endpoints, change), { clock: systemClock, allowed: () => undefined, ...ports });
}

/** The error a promise ends with; fails when it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it succeeded");
}
