import { orAborted } from "../../base/orAborted.ts";
import { ProviderError } from "../../base/outcome.ts";
import { row, text } from "../shared/decode.ts";
import type { Quiet } from "../shared/quiet.ts";
import { PageInstead, resultOf } from "./envelope.ts";
import type { OpenApi } from "./openApi.ts";
import { OmadaRefusal, SESSION_OVER } from "./refusals.ts";
import type { Ask, Call, Transport } from "./transport.ts";
import { nameOf } from "./transport.ts";

/** A request with the session; `path` begins after `/{omadacId}`, or for `openApi` after `/openapi/v1/{omadacId}`. */
export interface WebAsk {
  readonly method: Ask["method"];
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A call of the Open API that only the pages of the controller may make (contract 1.7). */
  readonly openApi?: boolean;
}

interface Session {
  readonly cookie: string;
  readonly csrf: string;
}

/**
 * A login as a person's, with a cookie of its own that no token touches. It is for what the Open API cannot do:
 * - switch ports with their networks, link and PoE (6.x reads none of the networks otherwise, 5.x neither link nor PoE);
 * - passphrases of SSIDs, which a write of their other settings must carry;
 * - the wizard that makes networks, where 6.x takes no other way.
 */
export class WebSession {
  readonly #login: { readonly username: string; readonly password: string };
  readonly #transport: Transport;
  readonly #api: OpenApi;
  readonly #quiet: Quiet;
  #session: Session | undefined;
  #asking: Promise<Session> | undefined;
  #refused: string | undefined;

  constructor(
    login: { readonly username: string; readonly password: string },
    transport: Transport,
    ports: { readonly api: OpenApi; readonly quiet: Quiet },
  ) {
    this.#login = login;
    this.#transport = transport;
    this.#api = ports.api;
    this.#quiet = ports.quiet;
  }

  /** Why the login was refused; undefined while it was not. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** The `result` of the call. Logs in when there is no session, and once more when it is over. */
  async request(ask: WebAsk, call: Call): Promise<unknown> {
    const { omadacId } = await this.#api.info(call);
    const session = await this.#sessionFor(omadacId, call);
    try {
      return await this.#send(ask, { omadacId, session }, call);
    } catch (error) {
      const over = error instanceof PageInstead || (error instanceof OmadaRefusal && SESSION_OVER.has(error.code));
      if (!over) throw error;
      if (this.#session === session) this.#session = undefined;
      if (error.kind === "outcomeUnknown") throw error;
      return this.#send(ask, { omadacId, session: await this.#sessionFor(omadacId, call) }, call);
    }
  }

  async #send(ask: WebAsk, as: { readonly omadacId: string; readonly session: Session }, call: Call): Promise<unknown> {
    const query = ask.query === undefined ? "" : `?${new URLSearchParams(ask.query).toString()}`;
    const base = ask.openApi === true ? `/openapi/v1/${as.omadacId}` : `/${as.omadacId}/api/v2`;
    const wire: Ask = {
      method: ask.method,
      path: `${base}${ask.path}${query}`,
      headers: {
        cookie: as.session.cookie,
        "csrf-token": as.session.csrf,
        "omada-request-source": "web-local",
        "x-requested-with": "XMLHttpRequest",
      },
      ...(ask.body === undefined ? {} : { body: ask.body }),
      write: ask.method !== "GET",
    };
    const at = { call: nameOf(wire), write: wire.write };
    return this.#transport.send(wire, call, (reply) => resultOf(reply, at));
  }

  #sessionFor(omadacId: string, call: Call): Promise<Session> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    this.#asking ??= this.#newSession(omadacId).finally(() => {
      this.#asking = undefined;
    });
    return orAborted(this.#asking, call.signal);
  }

  async #newSession(omadacId: string): Promise<Session> {
    const ask: Ask = {
      method: "POST",
      path: `/${omadacId}/api/v2/login`,
      headers: {},
      body: this.#login,
      write: false,
    };
    const call = nameOf(ask);
    // A refused login counts towards a lock of the account: it is not tried with every look.
    if (!this.#quiet.admits())
      throw new ProviderError("unauthorized", this.#refused ?? "the login was refused", { call });
    try {
      const own = { signal: this.#transport.closed, poll: true };
      const { csrf, cookie } = await this.#transport.send(ask, own, (reply) => ({
        csrf: text(row(resultOf(reply, { call, write: false }))["token"]),
        cookie: cookieOf(reply.headers["set-cookie"]),
      }));
      if (csrf === undefined || cookie === undefined) {
        throw new ProviderError("other", "Omada gave no web session", { call });
      }
      this.#quiet.answered();
      this.#refused = undefined;
      this.#session = { cookie, csrf };
      return this.#session;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === "unauthorized") {
        this.#quiet.refused();
        this.#refused = error.message;
      }
      throw error;
    }
  }
}

/** Names and values of the cookies that were set, as they are sent back. */
function cookieOf(set: string | readonly string[] | undefined): string | undefined {
  const all = typeof set === "string" ? [set] : (set ?? []);
  const pairs = all.map((one) => one.split(";")[0]?.trim() ?? "").filter((pair) => pair.includes("="));
  return pairs.length === 0 ? undefined : pairs.join("; ");
}
