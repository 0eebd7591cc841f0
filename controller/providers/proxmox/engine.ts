import type { Proxmox } from "proxmox-api";
import { proxmoxApi } from "proxmox-api";
import type { Clock } from "../../base/clock.ts";
import type { ProviderErrorKind } from "../../base/outcome.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { ProxmoxConnection } from "../port.ts";
import type { Asked } from "./answers.ts";
import { brokenError, dataOf, mayGoOn, nameOf, originOf } from "./answers.ts";
import { encodeForm, encodePath } from "./form.ts";
import { Breaker } from "../shared/breaker.ts";
import { Limit } from "../shared/limit.ts";
import type { RequestRecord } from "../shared/requestRecord.ts";
import type { WireReply, WireRequest } from "../shared/lines.ts";
import { LineBroken, Lines } from "../shared/lines.ts";
import { Quiet } from "../shared/quiet.ts";
import { tlsConnector } from "../shared/tls.ts";

/** What the engine is told about one call beside its path and parameters. */
export interface Call {
  readonly signal: AbortSignal;
  /** Milliseconds for the whole call; without it 15 s for a read, 40 s for a mutation (pveproxy itself gives up after 30). */
  readonly deadlineMs?: number;
  /** A call of the poller: not held back by the breaker, which it closes again, nor by other reads. */
  readonly poll?: boolean;
  /** Told about a good reply: its sequence number and the server's clock. */
  readonly onReply?: (reply: { readonly sequence: number; readonly time: number | undefined }) => void;
}

export interface EnginePorts {
  readonly clock: Clock;
  /** Runs right before a mutation leaves; throws to stop it (P1). */
  readonly allowed: () => void;
  readonly onRequest?: (record: RequestRecord) => void;
  /** Number of the first request; 1 unless told. */
  readonly firstSequence?: number;
}

const READ_MS = 15_000;
const MUTATION_MS = 40_000;
const READ_IDLE_MS = 4_000;
/** A mutation uses only a connection that was busy a moment ago: on an older one it could meet the server's close. */
const MUTATION_IDLE_MS = 1_500;
const SHOWN = "the Proxmox UI (node, System, Certificates)";

/** Our transport behind the typed proxy of proxmox-api: sends each request once and types each error (A2, A7). */
export class Engine {
  readonly #connection: ProxmoxConnection;
  readonly #ports: EnginePorts;
  readonly #lines: Lines;
  readonly #quiet: Quiet;
  readonly #polls = new Limit(6);
  readonly #reads = new Limit(4);
  readonly #mutations = new Limit(4);
  readonly #breaker = new Breaker("Proxmox");
  readonly #closed = new AbortController();
  #endpoint = 0;
  #sequence: number;

  constructor(connection: ProxmoxConnection, ports: EnginePorts) {
    this.#connection = connection;
    this.#ports = ports;
    this.#sequence = ports.firstSequence ?? 1;
    this.#lines = new Lines(tlsConnector(connection.tls, SHOWN), () => ports.clock.monotonic());
    this.#quiet = new Quiet(ports.clock);
  }

  /** The typed API; what it is asked goes out under this call's rules. */
  api(call: Call): Proxmox.Api {
    return proxmoxApi({
      doRequest: (method, path, template, params?: Record<string, unknown>) =>
        this.#request({ method: method.toUpperCase() as WireRequest["method"], path, template, params }, call),
    });
  }

  /** The number the next request will get. */
  mark(): number {
    return this.#sequence;
  }

  /** Wall milliseconds of the next try after a 401; undefined while the credentials are good. */
  get nextTryTime(): number | undefined {
    return this.#quiet.nextTryTime;
  }

  close(): void {
    this.#closed.abort(new ProviderError("unreachable", "the connection was closed"));
    this.#lines.close();
  }

  async #request(asked: Asked, call: Call): Promise<unknown> {
    const run = (): Promise<unknown> => {
      call.signal.throwIfAborted();
      return this.#recorded(asked, call);
    };
    if (call.poll === true) {
      const data = await this.#polls.execute(run);
      this.#breaker.answered();
      return data;
    }
    const limit = asked.method === "GET" ? this.#reads : this.#mutations;
    return limit.execute(() => this.#breaker.execute(nameOf(asked), run));
  }

  async #recorded(asked: Asked, call: Call): Promise<unknown> {
    const began = this.#ports.clock.monotonic();
    const record = (status: number, kind?: ProviderErrorKind): void => {
      this.#ports.onRequest?.({
        method: asked.method,
        template: asked.template.replace("/api2/json", ""),
        status,
        ms: this.#ports.clock.monotonic() - began,
        ...(kind === undefined ? {} : { kind }),
      });
    };
    try {
      const data = await this.#ask(asked, call);
      record(200);
      return data;
    } catch (error) {
      if (error instanceof ProviderError) record(error.status, error.kind);
      throw error;
    }
  }

  async #ask(asked: Asked, call: Call): Promise<unknown> {
    if (!this.#quiet.admits()) {
      throw new ProviderError("unauthorized", "Proxmox refused the credentials; waiting before another try", {
        status: 401,
        call: nameOf(asked),
      });
    }
    const sequence = this.#sequence++;
    const reply = await this.#overEndpoints(asked, call);
    if (reply.status === 401) this.#quiet.refused();
    else this.#quiet.answered();
    const data = dataOf(asked, reply);
    call.onReply?.({ sequence, time: reply.date });
    return data;
  }

  /**
   * Asks the endpoints in turn, beginning with the one that answered last. A mutation goes on to the next one only when
   * certainly nothing of it was sent.
   */
  async #overEndpoints(asked: Asked, call: Call): Promise<WireReply> {
    const { endpoints } = this.#connection;
    let worst: ProviderError | undefined;
    for (let turn = 0; turn < endpoints.length; turn += 1) {
      const index = (this.#endpoint + turn) % endpoints.length;
      try {
        const reply = await this.#once(originOf(endpoints[index] ?? ""), asked, call);
        this.#endpoint = index;
        return reply;
      } catch (error) {
        if (!mayGoOn(error) || call.signal.aborted) throw error;
        worst = worst?.kind === "certificate" ? worst : error;
      }
    }
    throw worst ?? new ProviderError("unreachable", "no endpoint is declared", { call: nameOf(asked) });
  }

  /** One request to one endpoint; a read whose kept connection was just closed by the server is sent once more. */
  async #once(endpoint: string, asked: Asked, call: Call): Promise<WireReply> {
    const read = asked.method === "GET";
    const deadline = new AbortController();
    const ms = call.deadlineMs ?? (read ? READ_MS : MUTATION_MS);
    const cancel = this.#ports.clock.after(ms, () => {
      deadline.abort(new Error(`no answer within ${String(ms / 1000)} s`));
    });
    const signal = AbortSignal.any([call.signal, deadline.signal, this.#closed.signal]);
    const guard = read ? () => undefined : this.#ports.allowed;
    const send = (maxIdleMs: number): Promise<WireReply> =>
      this.#lines.send({ endpoint, maxIdleMs }, this.#wire(asked), guard, signal);
    try {
      return await send(read ? READ_IDLE_MS : MUTATION_IDLE_MS).catch((error: unknown) => {
        if (read && error instanceof LineBroken && error.stale) return send(-1);
        throw error;
      });
    } catch (error) {
      if (call.signal.aborted && (read || (error instanceof LineBroken && !error.sent))) throw call.signal.reason;
      throw brokenError(error, asked, endpoint);
    } finally {
      cancel();
    }
  }

  #wire(asked: Asked): WireRequest {
    const { tokenId, tokenSecret } = this.#connection;
    const form = encodeForm(asked.params);
    const inQuery = asked.method === "GET" || asked.method === "DELETE";
    const path = encodePath(asked.path);
    const headers = { authorization: `PVEAPIToken=${tokenId}=${tokenSecret}`, accept: "application/json" };
    if (inQuery || form === "") return { method: asked.method, path: form === "" ? path : `${path}?${form}`, headers };
    const typed = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    return { method: asked.method, path, headers: typed, body: form };
  }
}
