import { request, type Dispatcher } from "undici";
import type { Clock } from "../base/clock.ts";
import { orAborted } from "../base/orAborted.ts";
import { textOf } from "../base/outcome.ts";
import { Conflict, Expired, Forbidden, Gone, KubeUnavailable, Refused } from "./kube.ts";
import type { ApiServer } from "./kubeconfig.ts";

export interface KubeHttpOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** For a whole call, a watch's opening included; default 10 s. */
  readonly timeoutMs?: number;
  /** Told after each call; `code` is the HTTP status, or "<error>" without an answer, as client-go counts. */
  readonly onRequest?: (code: string, method: string, host: string) => void;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

type Answer = Dispatcher.ResponseData;

/** HTTP to the API server: JSON in and out, typed errors, a deadline on every call, no retries. */
export class KubeHttp {
  readonly #server: ApiServer;
  readonly #options: KubeHttpOptions;
  readonly #host: string;

  constructor(server: ApiServer, options: KubeHttpOptions) {
    this.#server = server;
    this.#options = options;
    this.#host = new URL(server.url).host;
  }

  async json(call: Call, signal: AbortSignal): Promise<unknown> {
    return this.#within(signal, async (both) => {
      const answer = await this.#send(call, both);
      return this.#read(answer);
    });
  }

  /** One parsed line after the other until the server ends. Has no deadline once open. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator {
    // The signal of the opening goes on to end the stream; its deadline is off by then.
    const answer = await this.#within(signal, (both) => this.#send({ method: "GET", path }, both));
    answer.body.on("error", () => undefined);
    try {
      if (answer.statusCode !== 200) await this.#read(answer);
      yield* parsed(answer.body);
    } catch (error) {
      throw this.#translated(error, signal);
    }
  }

  async #within<T>(signal: AbortSignal, run: (both: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, timeoutMs = 10_000 } = this.#options;
    const deadline = new AbortController();
    const cancel = clock.after(timeoutMs, () => {
      deadline.abort(new KubeUnavailable(`no answer within ${String(timeoutMs / 1000)} s`, 0));
    });
    const both = AbortSignal.any([signal, deadline.signal]);
    try {
      both.throwIfAborted();
      // undici lets a request that waits for its connection wait on, whatever the signal says; it is not sent then.
      return await orAborted(run(both), both);
    } catch (error) {
      if (deadline.signal.aborted && !signal.aborted) throw deadline.signal.reason;
      throw this.#translated(error, signal);
    } finally {
      cancel();
    }
  }

  async #send(call: Call, signal: AbortSignal): Promise<Answer> {
    const { headers, dispatcher } = await this.#server.authorize();
    const { userAgent, onRequest } = this.#options;
    const content = call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" };
    try {
      const answer = await request(this.#server.url + call.path, {
        method: call.method,
        headers: { accept: "application/json", "user-agent": userAgent, ...headers, ...content },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        dispatcher,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      onRequest?.(String(answer.statusCode), call.method, this.#host);
      return answer;
    } catch (error) {
      onRequest?.("<error>", call.method, this.#host);
      throw error;
    }
  }

  async #read(answer: Answer): Promise<unknown> {
    const text = await answer.body.text();
    if (answer.statusCode < 300) return JSON.parse(text);
    throw errorOf({ ...statusIn(text), code: answer.statusCode });
  }

  /** Our own errors and the caller's abort as they are; anything else means that we got no whole answer. */
  #translated(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (KNOWN.some((type) => error instanceof type)) return error;
    return new KubeUnavailable(textOf(error), 0, error);
  }
}

const KNOWN = [Conflict, Expired, Forbidden, Gone, KubeUnavailable, Refused];

/** metav1.Status, as far as it matters. */
export interface StatusBody {
  readonly code?: number;
  readonly message?: string;
  readonly details?: { readonly kind?: string; readonly causes?: readonly unknown[] };
}

/** The typed error of a Status, from an answer or from inside a watch. */
export function errorOf(status: StatusBody): Error {
  const { code = 500, message = `HTTP ${String(code)}` } = status;
  switch (code) {
    case 403:
      return new Forbidden(message);
    case 404:
      return new Gone(message);
    case 409:
      return new Conflict(message);
    case 410:
      return new Expired(message);
    case 400:
      return new Refused(message);
    case 422:
      return doesNotApply(status) ? new Conflict("the patch does not fit what is stored now") : new Refused(message);
    default:
      return new KubeUnavailable(message, code);
  }
}

/**
 * Whether a 422 means that a `test` of the patch failed or a path is gone: kube-apiserver then says neither what nor
 * why ("the server rejected our request due to an error in our request", empty details), unlike for what its schema or
 * rules refuse. Seen with 1.37.2.
 */
function doesNotApply(status: StatusBody): boolean {
  return status.details?.kind === undefined && status.details?.causes === undefined;
}

function statusIn(text: string): StatusBody {
  try {
    const body = JSON.parse(text) as StatusBody | null;
    if (typeof body?.message === "string") return body;
  } catch {
    // Proxies and the API server's own filters answer in plain text.
  }
  return { message: text.slice(0, 1_000) };
}

async function* parsed(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as unknown;
  }
}
