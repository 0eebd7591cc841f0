import { ApiError, HttpError } from "./apiError.ts";
import type { Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { pageOf } from "./pages.ts";
import { findRoute, type Found } from "./router.ts";
import type { Call, Caller, Route } from "./route.ts";
import type { SessionClaim } from "./sessions.ts";
import { validate } from "./validate.ts";
import { Writers } from "./writers.ts";

/** A request with its body read. */
export interface Incoming {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly authorization: string | undefined;
  readonly claim: SessionClaim;
  /** Sent by the pages of the controller themselves: judged by its session alone. */
  readonly webLocal: boolean;
}

/** Somebody whose web session is over; the answer depends on the build (contract §1.4). */
export class SessionOver extends Error {}

/** What a call left behind beside its result. */
export interface Left {
  effect?: string;
  setCookie?: string;
  caller: Caller;
  write: boolean;
}

/** Finds, allows, holds against its declaration and runs a call. Throws ApiError, HttpError and SessionOver. */
export class Dispatcher {
  readonly #lab: Lab;
  readonly #writers: Writers;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#writers = new Writers(lab);
  }

  async run(incoming: Incoming, left: Left): Promise<unknown> {
    const { route, params } = this.#find(incoming);
    left.write = route.method !== "GET" && route.reads !== true && route.open !== true;
    this.#checkController(route, params);
    left.caller = this.#callerOf(route, incoming);
    const page = pageOf(route, incoming.query, incoming.body, this.#lab.version);
    const call: Call = {
      lab: this.#lab,
      caller: left.caller,
      params,
      query: incoming.query,
      body: incoming.body,
      page,
      cookie: incoming.claim.cookie,
      did: (what) => {
        left.effect = what;
      },
      setCookie: (value) => {
        left.setCookie = value;
      },
    };
    const act = (): unknown => {
      route.precheck?.(incoming.body);
      if (route.body !== undefined) validate(route.body, incoming.body);
      return route.handle(call);
    };
    return left.write ? await this.#writers.write(params["siteId"] ?? "", act) : act();
  }

  #find(incoming: Incoming): Found {
    const { version, settings } = this.#lab;
    const found = findRoute(settings.profile, incoming.method, incoming.path);
    if (found !== undefined && "route" in found) return found;
    const isOpen = incoming.path.startsWith("/openapi/");
    if (!isOpen && !/^\/[^/]+\/api\/v2\//.test(incoming.path)) throw new HttpError(404, "Not Found");
    if (!isOpen || !version.plainNotFound) throw new ApiError(-1600);
    throw found === undefined ? new HttpError(404, "Not Found") : new HttpError(405, "Method Not Allowed", found.allow);
  }

  #checkController(route: Route, params: Readonly<Record<string, string>>): void {
    if (params["omadacId"] === undefined || params["omadacId"] === this.#lab.omadacId) return;
    if (route.web === true) throw new HttpError(404, "Not Found");
    throw new ApiError(-7131);
  }

  #callerOf(route: Route, incoming: Incoming): Caller {
    if (route.open === true) return { kind: "nobody" };
    if (route.web !== true && !incoming.webLocal) {
      const application = this.#lab.tokens.caller(incoming.authorization);
      if (route.users === true) throw new ApiError(-1600);
      return { kind: "application", application };
    }
    const username = this.#lab.sessions.user(incoming.claim);
    if (username === undefined) throw new SessionOver();
    return { kind: "user", username };
  }
}
