import type { Clock } from "../../base/clock.ts";
import { ProviderError, textOf } from "../../base/outcome.ts";
import type { OmadaConnection } from "../omadaPort.ts";
import { Breaker } from "../shared/breaker.ts";
import { Limit } from "../shared/limit.ts";
import type { WireReply, WireRequest } from "../shared/lines.ts";
import { LineBroken, Lines } from "../shared/lines.ts";
import type { RequestRecord } from "../shared/requestRecord.ts";
import { tlsConnector } from "../shared/tls.ts";

/** One request. `path` is encoded and holds the query. */
export interface Ask {
  readonly method: WireRequest["method"];
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** It would change something: sent once, and only when it is allowed (A2, P1). */
  readonly write: boolean;
}

/** What is told about one call beside its request. */
export interface Call {
  readonly signal: AbortSignal;
  /** A call of the poller: not held back by the breaker, which it closes again. */
  readonly poll?: boolean;
}

export interface TransportPorts {
  readonly clock: Clock;
  /** Runs right before a write leaves; throws to stop it (P1). */
  readonly allowed: () => void;
  readonly onRequest?: (record: RequestRecord) => void;
  /** Number of the first request; 1 unless told. */
  readonly firstSequence?: number;
}

const READ_MS = 15_000;
const WRITE_MS = 40_000;
const READ_IDLE_MS = 4_000;
/** A write uses only a connection that was busy a moment ago: on an older one it could meet the server's close. */
const WRITE_IDLE_MS = 1_500;
const SHOWN = "what a browser shows for the pages of the controller";
const ids = /[0-9a-f]{24,32}|([0-9A-F]{2}-){5}[0-9A-F]{2}|\b\d+_[0-9a-f]{32}/g;

/** The call for people: without the Omada ID and the query. */
export function nameOf(ask: Pick<Ask, "method" | "path">): string {
  return `${ask.method} ${(ask.path.split("?")[0] ?? "").replace(/\/[0-9a-f]{32}(?=\/|$)/, "")}`;
}

/** Requests over verified connections, each with a deadline and sent once; a read on a connection just closed again. */
export class Transport {
  readonly #endpoint: string;
  readonly #ports: TransportPorts;
  readonly #lines: Lines;
  readonly #reads = new Limit(4);
  readonly #breaker = new Breaker("Omada");
  readonly #closed = new AbortController();
  #sequence: number;

  constructor(connection: OmadaConnection, ports: TransportPorts) {
    this.#endpoint = originOf(connection.endpoint);
    this.#ports = ports;
    this.#sequence = ports.firstSequence ?? 1;
    this.#lines = new Lines(tlsConnector(connection.tls, SHOWN), () => ports.clock.monotonic());
  }

  /** Ends with the connection. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The number the next request will get. */
  mark(): number {
    return this.#sequence;
  }

  close(): void {
    this.#closed.abort(new ProviderError("unreachable", "the connection was closed"));
    this.#lines.close();
  }

  /**
   * What `read` makes of the answer; throws what it throws, `unreachable` or `outcomeUnknown` when there was no answer, and
   * `certificate` when the TLS identity is wrong.
   */
  async send<T>(ask: Ask, call: Call, read: (reply: WireReply) => T): Promise<T> {
    const run = (): Promise<T> => {
      call.signal.throwIfAborted();
      return this.#recorded(ask, call, read);
    };
    if (call.poll === true) {
      const result = await this.#reads.execute(run);
      this.#breaker.answered();
      return result;
    }
    const guarded = (): Promise<T> => this.#breaker.execute(nameOf(ask), run);
    return ask.write ? guarded() : this.#reads.execute(guarded);
  }

  async #recorded<T>(ask: Ask, call: Call, read: (reply: WireReply) => T): Promise<T> {
    const began = this.#ports.clock.monotonic();
    this.#sequence += 1;
    const record = (status: number, kind?: RequestRecord["kind"]): void => {
      this.#ports.onRequest?.({
        method: ask.method,
        template: (ask.path.split("?")[0] ?? "").replace(ids, "*"),
        status,
        ms: this.#ports.clock.monotonic() - began,
        ...(kind === undefined ? {} : { kind }),
      });
    };
    try {
      const reply = await this.#once(ask, call);
      const result = read(reply);
      record(reply.status);
      return result;
    } catch (error) {
      if (error instanceof ProviderError) record(error.status, error.kind);
      throw error;
    }
  }

  async #once(ask: Ask, call: Call): Promise<WireReply> {
    const deadline = new AbortController();
    const ms = ask.write ? WRITE_MS : READ_MS;
    const cancel = this.#ports.clock.after(ms, () => {
      deadline.abort(new Error(`no answer within ${ms / 1000} s`));
    });
    const signal = AbortSignal.any([call.signal, deadline.signal, this.#closed.signal]);
    const guard = ask.write ? this.#ports.allowed : () => undefined;
    const send = (maxIdleMs: number): Promise<WireReply> =>
      this.#lines.send({ endpoint: this.#endpoint, maxIdleMs }, wireOf(ask), guard, signal);
    try {
      return await send(ask.write ? WRITE_IDLE_MS : READ_IDLE_MS).catch((error: unknown) => {
        if (!ask.write && error instanceof LineBroken && error.stale) return send(-1);
        throw error;
      });
    } catch (error) {
      if (call.signal.aborted && !(ask.write && error instanceof LineBroken && error.sent)) throw call.signal.reason;
      throw this.#broken(error, ask);
    } finally {
      cancel();
    }
  }

  /** The typed error of a request without an answer: of a write that may have left, the outcome is unknown (A2). */
  #broken(error: unknown, ask: Ask): unknown {
    const call = nameOf(ask);
    const cause = error instanceof LineBroken ? error.cause : error;
    const mayBeDone = error instanceof LineBroken && error.sent && ask.write;
    if (cause instanceof ProviderError) {
      return new ProviderError(mayBeDone ? "outcomeUnknown" : cause.kind, cause.message, { call, cause });
    }
    if (!(error instanceof LineBroken)) return error;
    const message = `${this.#endpoint} does not answer: ${textOf(cause)}`;
    return new ProviderError(mayBeDone ? "outcomeUnknown" : "unreachable", message, { call, cause });
  }
}

function wireOf(ask: Ask): WireRequest {
  const headers = { accept: "application/json", ...ask.headers };
  if (ask.body === undefined) return { method: ask.method, path: ask.path, headers };
  const typed = { ...headers, "content-type": "application/json" };
  return { method: ask.method, path: ask.path, headers: typed, body: JSON.stringify(ask.body) };
}

/** Origin of the declared endpoint. Credentials go over TLS only. */
function originOf(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url?.protocol === "https:") return url.origin;
  throw new ProviderError("spec", `the endpoint "${endpoint}" is not an https URL`);
}
