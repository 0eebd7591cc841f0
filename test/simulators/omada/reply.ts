import { ApiError, HttpError } from "./apiError.ts";
import { Said } from "./route.ts";

/** An answer before it is sent. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Of an envelope. */
  readonly errorCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = "application/json;charset=UTF-8";

/** HTTP 200 with a code, a text and, where there is one, a result. */
export function envelope(errorCode: number, msg: string, result?: unknown): Reply {
  const body = { errorCode, msg, ...(result === undefined ? {} : { result }) };
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify(body), errorCode };
}

export function success(result: unknown): Reply {
  return result instanceof Said ? envelope(0, result.msg, result.result) : envelope(0, "Success.", result);
}

/** The answer to a refusal; undefined for what is no refusal. */
export function refusal(error: unknown, path: string, now: number): Reply | undefined {
  if (error instanceof ApiError) return envelope(error.code, error.message);
  if (!(error instanceof HttpError)) return undefined;
  const body = { timestamp: new Date(now).toISOString(), status: error.status, error: error.message, path };
  const headers = error.allow.length === 0 ? {} : { Allow: error.allow.join(", ") };
  return { status: error.status, contentType: JSON_TYPE, body: JSON.stringify(body), headers };
}

const page = (title: string): string =>
  `<!DOCTYPE html><html><head><title>${title}</title></head><body><div id="app"></div></body></html>\n`;

/** What everybody gets while the controller starts. */
export const STARTING: Reply = { status: 200, contentType: "text/html", body: page("Omada Controller is starting up") };

/** HTTP 200 all the same. */
export const LOGIN_PAGE: Reply = { status: 200, contentType: "text/html", body: page("Omada Controller - Login") };

export function redirect(location: string): Reply {
  return { status: 302, contentType: "text/html", body: "", headers: { Location: location } };
}
