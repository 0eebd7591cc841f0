import { ProviderError, textOf } from "../../base/outcome.ts";
import type { WireReply, WireRequest } from "../shared/lines.ts";
import { LineBroken } from "../shared/lines.ts";
import { kindOfReply, messageOf } from "./refusals.ts";

/** One call of the API, as the typed proxy asks for it. `template` has `*` for each argument of the path. */
export interface Asked {
  readonly method: WireRequest["method"];
  readonly path: string;
  readonly template: string;
  readonly params: Readonly<Record<string, unknown>> | undefined;
}

/** The call for people: "POST /nodes/pve1/lxc/101/status/start". */
export function nameOf(asked: Asked): string {
  return `${asked.method} ${asked.path.replace("/api2/json", "")}`;
}

/** The `data` of a good answer; throws the typed error of any other. */
export function dataOf(asked: Asked, reply: WireReply): unknown {
  const call = nameOf(asked);
  if (reply.status !== 200) {
    const message = messageOf(reply.statusText, reply.body);
    throw new ProviderError(kindOfReply(asked.method, reply.status, message), message, { status: reply.status, call });
  }
  try {
    const body = JSON.parse(reply.body) as { readonly data?: unknown };
    return body.data ?? null;
  } catch (cause) {
    const kind = asked.method === "GET" ? "other" : "outcomeUnknown";
    throw new ProviderError(kind, "the answer is not JSON: is this a Proxmox VE API?", { status: 200, call, cause });
  }
}

/** The typed error of a request without an answer: of a mutation that may have left, the outcome is unknown (A2). */
export function brokenError(error: unknown, asked: Asked, endpoint: string): unknown {
  const call = nameOf(asked);
  const cause = error instanceof LineBroken ? error.cause : error;
  const mayBeDone = error instanceof LineBroken && error.sent && asked.method !== "GET";
  if (cause instanceof ProviderError) {
    return new ProviderError(mayBeDone ? "outcomeUnknown" : cause.kind, cause.message, { call, cause });
  }
  if (!(error instanceof LineBroken)) return error;
  const message = `${endpoint} does not answer: ${textOf(cause)}`;
  return new ProviderError(mayBeDone ? "outcomeUnknown" : "unreachable", message, { call, cause });
}

/** May the same call go to another endpoint? Only when certainly nothing of a mutation was sent. */
export function mayGoOn(error: unknown): error is ProviderError {
  return error instanceof ProviderError && (error.kind === "unreachable" || error.kind === "certificate");
}

/** Origin of a declared endpoint. The token goes over TLS only. */
export function originOf(endpoint: string): string {
  const url = URL.parse(endpoint);
  if (url?.protocol === "https:") return url.origin;
  throw new ProviderError("spec", `the endpoint "${endpoint}" is not an https URL`);
}
