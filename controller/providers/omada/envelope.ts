import { ProviderError } from "../../base/outcome.ts";
import { number, row, text, type Row } from "../shared/decode.ts";
import type { WireReply } from "../shared/lines.ts";
import { kindOfStatus, OmadaRefusal, UNSUPPORTED_PATH } from "./refusals.ts";

/** This version of the controller has no such path or verb; certainly nothing was done. */
export class UnsupportedPath extends ProviderError {
  constructor(call: string, status: number) {
    super("spec", "this version of Omada does not have this call", { status, call });
    this.name = "UnsupportedPath";
  }
}

/**
 * HTTP 200 with a page, a redirect to one: the session died with a restart of the controller, or it is still starting
 * (contract 1.4). Whether a write was carried out before is not known (A2).
 */
export class PageInstead extends ProviderError {
  constructor(at: { readonly call: string; readonly write: boolean; readonly status: number }) {
    const message = "Omada answered with a page instead of data; its controller restarts or has restarted";
    super(at.write ? "outcomeUnknown" : "unreachable", message, { status: at.status, call: at.call });
    this.name = "PageInstead";
  }
}

interface At {
  readonly call: string;
  readonly write: boolean;
}

/** The `result` of a good answer, undefined where there is none; throws the typed error of any other. */
export function resultOf(reply: WireReply, at: At): unknown {
  const { status } = reply;
  if (status >= 300 && status < 400) throw new PageInstead({ ...at, status });
  if (status === 404 || status === 405) throw new UnsupportedPath(at.call, status);
  const body = parsed(reply.body) ?? {};
  const code = number(body["errorCode"]);
  if (code !== undefined && code !== 0) throw refusalOf(code, body, at);
  if (status !== 200) throw statusError(reply, body, at);
  if (code === undefined) throw new PageInstead({ ...at, status });
  return body["result"];
}

function refusalOf(code: number, body: Row, at: At): ProviderError {
  if (code === UNSUPPORTED_PATH) return new UnsupportedPath(at.call, 200);
  return new OmadaRefusal(code, text(body["msg"]) ?? "", at);
}

/** A status without an envelope: of a proxy, of the server before the API, or a Spring error (contract 1.4). */
function statusError({ status, statusText }: WireReply, body: Row, { call, write }: At): ProviderError {
  const message = `Omada answered ${status} ${text(body["error"]) ?? statusText}`.trim();
  return new ProviderError(kindOfStatus(status, write), message, { status, call });
}

function parsed(body: string): Row | undefined {
  try {
    return row(JSON.parse(body) as unknown);
  } catch {
    return undefined;
  }
}
