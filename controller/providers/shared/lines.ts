import { Client } from "undici";
import type { buildConnector } from "undici";
import { orAborted } from "../../base/orAborted.ts";

/** A request as it goes over the wire. `path` is encoded and holds the query. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireReply {
  readonly status: number;
  readonly statusText: string;
  /** The server's `Date`, milliseconds; undefined when there was none. */
  readonly date?: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** No complete reply. What is known about the request decides what may be done next. */
export class LineBroken extends Error {
  /** False when not a byte of the request left. */
  readonly sent: boolean;
  /** The request went out on a kept connection which the server closed before a byte of reply. */
  readonly stale: boolean;
  constructor(cause: unknown, known: { readonly sent: boolean; readonly stale: boolean }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "LineBroken";
    this.sent = known.sent;
    this.stale = known.stale;
  }
}

const closedCodes = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** One kept connection to one endpoint, one request at a time, so that it is known whether a request used an old socket. */
class Line {
  readonly endpoint: string;
  /** Monotonic milliseconds of the last reply. */
  lastUsed = 0;
  #open = false;
  #used = false;
  #guard: () => void = () => undefined;
  readonly #client: Client;

  constructor(endpoint: string, connector: buildConnector.connector) {
    this.endpoint = endpoint;
    this.#client = new Client(endpoint, {
      connect: (options, callback) => {
        connector(options, (error, socket) => {
          if (error !== null) {
            callback(error, null);
            return;
          }
          try {
            this.#guard();
          } catch (refused) {
            socket.destroy();
            callback(refused as Error, null);
            return;
          }
          this.#open = true;
          this.#used = true;
          callback(null, socket);
        });
      },
      // pveproxy closes after 5 s of silence; the deadline is the caller's signal.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 4_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
    this.#client.on("disconnect", () => {
      this.#open = false;
    });
  }

  async send(request: WireRequest, guard: () => void, signal: AbortSignal): Promise<WireReply> {
    const reused = this.#open;
    this.#used = reused;
    this.#guard = guard;
    if (reused) guard();
    const asked = this.#client.request({ ...request, body: request.body ?? null, signal });
    // undici hears the signal only once it is connected. The line is closed after this: what waits is not sent then.
    const headers = await orAborted(asked, signal).catch((error: unknown) => {
      const closed = error instanceof Error && "code" in error && closedCodes.has(String(error.code));
      throw new LineBroken(error, { sent: this.#used, stale: reused && closed && !signal.aborted });
    });
    const body = await headers.body.text().catch((error: unknown) => {
      throw new LineBroken(error, { sent: true, stale: false });
    });
    const date = Date.parse(String(headers.headers["date"] ?? ""));
    return {
      status: headers.statusCode,
      statusText: headers.statusText,
      headers: headers.headers,
      body,
      ...(Number.isNaN(date) ? {} : { date }),
    };
  }

  close(): void {
    void this.#client.destroy();
  }
}

/** The lines of one connection. A line is taken for one request; the caller bounds how many are taken at once. */
export class Lines {
  readonly #connector: buildConnector.connector;
  readonly #monotonic: () => number;
  readonly #idle: Line[] = [];
  readonly #taken = new Set<Line>();
  #closed = false;

  constructor(connector: buildConnector.connector, monotonic: () => number) {
    this.#connector = connector;
    this.#monotonic = monotonic;
  }

  /**
   * Sends one request, once. `guard` runs right before it leaves and stops it by throwing. `maxIdleMs`: a kept
   * connection that was silent for longer is not used.
   */
  async send(
    to: { readonly endpoint: string; readonly maxIdleMs: number },
    request: WireRequest,
    guard: () => void,
    signal: AbortSignal,
  ): Promise<WireReply> {
    const line = this.#take(to.endpoint, to.maxIdleMs);
    this.#taken.add(line);
    let whole = false;
    try {
      const reply = await line.send(request, guard, signal);
      whole = true;
      return reply;
    } finally {
      this.#taken.delete(line);
      line.lastUsed = this.#monotonic();
      if (whole && !this.#closed) this.#idle.push(line);
      else line.close();
    }
  }

  close(): void {
    this.#closed = true;
    for (const line of [...this.#idle.splice(0), ...this.#taken]) line.close();
  }

  /** The line used last, so that few stay open; those of another endpoint or too long silent are closed. */
  #take(endpoint: string, maxIdleMs: number): Line {
    for (;;) {
      const line = this.#idle.pop();
      if (line === undefined) return new Line(endpoint, this.#connector);
      if (line.endpoint === endpoint && this.#monotonic() - line.lastUsed <= maxIdleMs) return line;
      line.close();
    }
  }
}
