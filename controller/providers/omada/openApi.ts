import type { Clock } from "../../base/clock.ts";
import { orAborted } from "../../base/orAborted.ts";
import { ProviderError } from "../../base/outcome.ts";
import type { OmadaConnection } from "../omadaPort.ts";
import { number, row, text } from "../shared/decode.ts";
import type { Quiet } from "../shared/quiet.ts";
import { PageInstead, resultOf } from "./envelope.ts";
import { OmadaRefusal, TOKEN_OVER } from "./refusals.ts";
import type { Ask, Call, Transport } from "./transport.ts";
import { nameOf } from "./transport.ts";

/** Who the controller is. */
export interface Info {
  readonly omadacId: string;
  readonly version: string;
}

/** A request of the Open API; `path` begins after the Omada ID: "/sites". */
export interface ApiAsk {
  readonly method: Ask["method"];
  readonly version: 1 | 2 | 3;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Changes nothing although it is no GET. */
  readonly reads?: boolean;
}

interface Token {
  readonly text: string;
  /** Monotonic milliseconds at which a new one is asked for. */
  readonly renewAt: number;
}

const RENEW_EARLY_MS = 60_000;
const DEFAULT_SECONDS = 7_200;

/**
 * The Open API with client credentials (contract 1.7). A token is got when it is needed, never twice at once, again a minute
 * before it ends, and once more when the controller no longer takes it. Its cookies are thrown away: one of a token ends a
 * web session that shares it. A call that asked with a token that is over is sent once more, a write only when the refusal
 * says that the token was why.
 */
export class OpenApi {
  readonly #connection: OmadaConnection;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #quiet: Quiet;
  #info: Info | undefined;
  #token: Token | undefined;
  #asking: Promise<Token> | undefined;

  constructor(
    connection: OmadaConnection,
    transport: Transport,
    ports: { readonly clock: Clock; readonly quiet: Quiet },
  ) {
    this.#connection = connection;
    this.#transport = transport;
    this.#clock = ports.clock;
    this.#quiet = ports.quiet;
  }

  /** The controller is asked again who it is: it was away, and an upgrade or a new one may have been the reason. */
  forgetInfo(): void {
    this.#info = undefined;
  }

  async info(call: Call): Promise<Info> {
    if (this.#info !== undefined) return this.#info;
    const ask: Ask = { method: "GET", path: "/api/info", headers: {}, write: false };
    const at = { call: nameOf(ask), write: false };
    const about = row(await this.#transport.send(ask, call, (reply) => resultOf(reply, at)));
    const [omadacId, version] = [text(about["omadacId"]), text(about["controllerVer"])];
    if (omadacId === undefined || version === undefined) {
      throw new ProviderError("other", "the answer names no Omada ID and version: is this an Omada controller?");
    }
    this.#info = { omadacId, version };
    return this.#info;
  }

  /** The `result` of the call. Throws `ProviderError`; `UnsupportedPath` where this version has no such call. */
  async request(ask: ApiAsk, call: Call): Promise<unknown> {
    const { omadacId } = await this.info(call);
    const token = await this.#tokenFor(omadacId, call);
    try {
      return await this.#send(ask, { omadacId, token }, call);
    } catch (error) {
      if (!this.#isOver(error)) throw error;
      if (this.#token === token) this.#token = undefined;
      if (error.kind === "outcomeUnknown") throw error;
      return this.#again(ask, omadacId, call);
    }
  }

  /** With a new token. One that is refused as soon as it was given says that the application may not be used. */
  async #again(ask: ApiAsk, omadacId: string, call: Call): Promise<unknown> {
    const token = await this.#tokenFor(omadacId, call);
    try {
      return await this.#send(ask, { omadacId, token }, call);
    } catch (error) {
      if (!(error instanceof OmadaRefusal) || !TOKEN_OVER.has(error.code)) throw error;
      const message = `Omada refuses the token that it has just given: ${error.message}`;
      throw new ProviderError("unauthorized", message, { status: error.status, call: error.call, cause: error });
    }
  }

  #isOver(error: unknown): error is ProviderError {
    if (error instanceof OmadaRefusal && error.code === -7131) this.forgetInfo();
    return error instanceof PageInstead || (error instanceof OmadaRefusal && TOKEN_OVER.has(error.code));
  }

  async #send(
    { method, version, path, query, body, reads }: ApiAsk,
    as: { readonly omadacId: string; readonly token: Token },
    call: Call,
  ): Promise<unknown> {
    const asked = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
    const ask: Ask = {
      method,
      path: `/openapi/v${version}/${as.omadacId}${path}${asked}`,
      headers: { authorization: `AccessToken=${as.token.text}` },
      ...(body === undefined ? {} : { body }),
      write: method !== "GET" && reads !== true,
    };
    const at = { call: nameOf(ask), write: ask.write };
    return this.#transport.send(ask, call, (reply) => resultOf(reply, at));
  }

  #tokenFor(omadacId: string, call: Call): Promise<Token> {
    const token = this.#token;
    if (token !== undefined && this.#clock.monotonic() < token.renewAt) return Promise.resolve(token);
    this.#asking ??= this.#newToken(omadacId).finally(() => {
      this.#asking = undefined;
    });
    return orAborted(this.#asking, call.signal);
  }

  /** Not ended by the signal of who asked first: others wait for it too. */
  async #newToken(omadacId: string): Promise<Token> {
    const path = "/openapi/authorize/token?grant_type=client_credentials";
    const { clientId, clientSecret } = this.#connection;
    const ask: Ask = {
      method: "POST",
      path,
      headers: {},
      body: { omadacId, client_id: clientId, client_secret: clientSecret },
      write: false,
    };
    const call = nameOf(ask);
    if (!this.#quiet.admits()) {
      throw new ProviderError("unauthorized", "Omada refused the client id or secret; waiting before another try", {
        call,
      });
    }
    const asked = this.#clock.monotonic();
    try {
      const own = { signal: this.#transport.closed, poll: true };
      const given = row(await this.#transport.send(ask, own, (reply) => resultOf(reply, { call, write: false })));
      const accessToken = text(given["accessToken"]);
      if (accessToken === undefined) throw new ProviderError("other", "Omada gave no access token", { call });
      const ms = (number(given["expiresIn"]) ?? DEFAULT_SECONDS) * 1_000;
      this.#quiet.answered();
      this.#token = { text: accessToken, renewAt: asked + Math.max(ms / 2, ms - RENEW_EARLY_MS) };
      return this.#token;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === "unauthorized") this.#quiet.refused();
      if (error instanceof OmadaRefusal && error.code === -7131) this.forgetInfo();
      throw error;
    }
  }
}
