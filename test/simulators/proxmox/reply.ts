import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { type ApiError } from "./apiError.ts";
import { PlainText } from "./endpoints/tasks.ts";
import type { Answer } from "./dispatch.ts";

/** A reply, ready to be written. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
  readonly contentType?: string;
  /** Runs in pvedaemon: the odd second Connection header. */
  readonly relayed?: boolean;
}

const JSON_TYPE = "application/json;charset=UTF-8";

export function success(answer: Answer): Reply {
  const relayed = answer.route.protected === true;
  if (answer.data instanceof PlainText) {
    return { status: 200, reason: "OK", body: answer.data.text, contentType: "text/plain", relayed };
  }
  const body = JSON.stringify({ data: answer.data ?? null, ...answer.beside });
  return { status: 200, reason: "OK", body, contentType: JSON_TYPE, relayed };
}

/** An error from inside the API: reason is the first line, the body has it all. 59x have no body. */
export function refusal(error: ApiError): Reply {
  const reason = firstLine(error.message);
  if (error.status >= 590) return { status: error.status, reason, body: "" };
  const body = { data: null, ...(error.errors === undefined ? {} : { errors: error.errors }), message: error.message };
  return { status: error.status, reason, body: JSON.stringify(body), contentType: JSON_TYPE };
}

/** An error from before dispatch: bare text (or nothing), no content type. */
export function bare(status: number, text: string, body = text): Reply {
  return { status, reason: firstLine(text), body };
}

/** The extjs format: always 200, the real status in the body. */
export function extjs(reply: Reply): Reply {
  const inner = JSON.parse(reply.body === "" ? '{"data":null}' : reply.body) as Record<string, unknown>;
  const body = reply.status === 200 ? { success: 1, ...inner } : { success: 0, status: reply.status, ...inner };
  return { status: 200, reason: "OK", body: JSON.stringify(body), contentType: JSON_TYPE };
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** Headers and body bytes as the real server writes them (contract §1.1). */
export interface Wire {
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

export function wire(
  reply: Reply,
  how: { readonly close: boolean; readonly gzip: boolean; readonly seconds: number },
): Wire {
  const plain = Buffer.from(reply.body);
  const zipped = how.gzip && plain.length > 1024;
  const body = zipped ? gzipSync(plain) : plain;
  const keep = how.close ? "close" : "Keep-Alive";
  const now = new Date(how.seconds * 1000).toUTCString();
  return {
    body,
    headers: {
      "Cache-Control": "max-age=0",
      Connection: reply.relayed === true && !how.close ? ["close", keep] : keep,
      Date: now,
      Expires: now,
      Pragma: "no-cache",
      Server: "pve-api-daemon/3.0",
      "Content-Length": String(body.length),
      ...(zipped ? { "Content-Encoding": "gzip" } : {}),
      ...(reply.contentType === undefined ? {} : { "Content-Type": reply.contentType }),
    },
  };
}

/** Writes the head; the reason phrase keeps only what a status line can hold. */
export function writeHead(response: ServerResponse, reply: Reply, headers: Wire["headers"]): void {
  response.writeHead(reply.status, reply.reason.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?"), headers);
}
