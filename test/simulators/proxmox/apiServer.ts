import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecure, type Server as SecureServer } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Identity } from "./certificate.ts";

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** How the API can be away: nobody listens, or packets vanish. */
export type Outage = "refuse" | "silence";

/** The TLS listener of pveproxy. It can go away and come back at the same port, and change its certificate. */
export class ApiServer {
  readonly #handler: Handler;
  readonly #idleMs: number;
  #identity: Identity;
  #server: SecureServer | undefined;
  #silent: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(handler: Handler, identity: Identity, idleMs: number) {
    this.#handler = handler;
    this.#identity = identity;
    this.#idleMs = idleMs;
  }

  get port(): number {
    return this.#port;
  }

  async listen(port: number): Promise<void> {
    const server = createSecure(this.#identity, (request, response) => void this.#handler(request, response));
    server.keepAliveTimeout = this.#idleMs;
    server.keepAliveTimeoutBuffer = 0;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("tlsClientError", () => undefined);
    server.on("clientError", (error, socket) => {
      socket.end(malformed(error));
    });
    this.#server = server;
    await listening(server, port);
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Goes away: every connection is cut. */
  async leave(outage: Outage): Promise<void> {
    await this.#shut();
    if (outage === "refuse") return;
    this.#silent = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await listening(this.#silent, this.#port);
  }

  async comeBack(): Promise<void> {
    await this.#shut();
    await this.listen(this.#port);
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  /** New connections see the new certificate. */
  present(identity: Identity): void {
    this.#identity = identity;
    this.#server?.setSecureContext(identity);
  }

  async close(): Promise<void> {
    await this.#shut();
  }

  async #shut(): Promise<void> {
    const servers = [this.#server, this.#silent].filter((server) => server !== undefined);
    this.#server = undefined;
    this.#silent = undefined;
    const closed = servers.map(
      (server) =>
        new Promise<void>((resolve) =>
          server.close(() => {
            resolve();
          }),
        ),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function complaint(raw: string): readonly [status: string, text: string, version: string] {
  if (raw.startsWith("PRI * HTTP/2")) return ["506", "http protocol version 2.0 not supported", "1.0"];
  return /^[A-Z]+ \S+ HTTP\/1/.test(raw)
    ? ["506", "unable to parse request header", "1.1"]
    : ["400", "bad request", "1.0"];
}

/** What the real server says to a request it cannot read. */
function malformed(error: Error & { code?: string; rawPacket?: Buffer }): string {
  const raw = error.rawPacket?.toString("latin1") ?? "";
  const [status, text, version] = complaint(raw);
  const now = new Date().toUTCString();
  const head = [
    `HTTP/${version} ${status} ${text}`,
    "Cache-Control: max-age=0",
    "Connection: close",
    `Date: ${now}`,
    "Pragma: no-cache",
    "Server: pve-api-daemon/3.0",
    `Content-Length: ${String(text.length)}`,
    `Expires: ${now}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}`;
}
