import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecure, type Server as SecureServer } from "node:https";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Identity } from "./certificate.ts";

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** How the API can be away: nobody listens, or packets vanish. */
export type Outage = "refuse" | "silence";

/** How a listener treats connections. */
export interface Manners {
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
  /** What is said to a request that cannot be read, as raw text. */
  readonly malformed: (error: Error & { code?: string; rawPacket?: Buffer }) => string;
}

/** A TLS listener that can go away and come back at the same port, and change its certificate. */
export class TlsServer {
  readonly #handler: Handler;
  readonly #manners: Manners;
  #identity: Identity;
  #address = "127.0.0.1";
  #server: SecureServer | undefined;
  #silent: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(handler: Handler, identity: Identity, manners: Manners) {
    this.#handler = handler;
    this.#identity = identity;
    this.#manners = manners;
  }

  get port(): number {
    return this.#port;
  }

  /** The address it listens at, or would. */
  get address(): string {
    return this.#address;
  }

  /** Where it will listen once it comes back. */
  place(port: number, address: string): void {
    this.#port = port;
    this.#address = address;
  }

  async listen(port: number, address = "127.0.0.1"): Promise<void> {
    this.#address = address;
    const server = createSecure(this.#identity, (request, response) => void this.#handler(request, response));
    server.keepAliveTimeout = this.#manners.idleMs;
    server.keepAliveTimeoutBuffer = 0;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("tlsClientError", () => undefined);
    server.on("clientError", (error, socket) => {
      socket.end(this.#manners.malformed(error));
    });
    await listening(server, port, address);
    this.#server = server;
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
    await listening(this.#silent, this.#port, this.#address);
  }

  async comeBack(): Promise<void> {
    await this.#shut();
    await this.listen(this.#port, this.#address);
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

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
