import type { IncomingMessage, ServerResponse } from "node:http";
import type { AccessLog } from "../shared/accessLog.ts";
import { pauseMs } from "../shared/pace.ts";
import type { Handler } from "../shared/tlsServer.ts";
import { cutAfter, cutBefore, sendBody } from "../shared/wireEffect.ts";
import { withoutSecrets, type Answered } from "./accessLog.ts";
import { ApiError, HttpError } from "./apiError.ts";
import { Dispatcher, SessionOver, type Incoming, type Left } from "./dispatch.ts";
import { distorted } from "./distort.ts";
import type { Effect, Fault, Faults } from "./effect.ts";
import { isObject, type Json } from "./json.ts";
import type { Lab } from "./lab.ts";
import { envelope, LOGIN_PAGE, redirect, refusal, STARTING, success, type Reply } from "./reply.ts";
import type { Caller } from "./route.ts";
import { COOKIE } from "./sessions.ts";
import { MESSAGES } from "./messages.ts";

/** Everything the handler needs beside the lab. */
export interface Desk {
  readonly lab: Lab;
  readonly log: AccessLog<Answered>;
  readonly faults: Faults;
  /** True while the controller starts. */
  readonly starting: () => boolean;
}

const BODY_LIMIT = 1024 * 1024;

type Seen = Pick<Incoming, "method" | "path" | "query"> & { body: Json };

/** Takes requests from the socket to the reply, faults included, and writes each into the access log. */
export function requestHandler(desk: Desk): Handler {
  const dispatcher = new Dispatcher(desk.lab);
  return async (request, response) => {
    const began = Date.now();
    const url = new URL(request.url ?? "/", "https://localhost");
    const seen: Seen = { method: request.method ?? "", path: decoded(url.pathname), query: url.searchParams, body: {} };
    const left: Left = { caller: { kind: "nobody" }, write: false };
    const fault = desk.faults.meet(seen.method, seen.path);
    const reply = await underFault(fault?.effect, request, () => answer(desk, dispatcher, request, seen, left));
    desk.log.add({ time: began, ms: Date.now() - began, query: queryText(url), ...entryOf(seen, left, reply, fault) });
    if (reply !== undefined) await send(request, response, reply, { effect: fault?.effect, setCookie: left.setCookie });
  };
}

/** The answer, or what the fault makes of it; undefined when none goes out. */
async function underFault(
  effect: Effect | undefined,
  request: IncomingMessage,
  act: () => Promise<Reply>,
): Promise<Reply | undefined> {
  const early = instead(effect, false);
  if (await cutBefore(effect, request)) return undefined;
  const reply = early ?? distorted(effect, await act());
  const late = instead(effect, true) ?? reply;
  return (await cutAfter(effect, request)) ? undefined : late;
}

function queryText(url: URL): string {
  return url.search.slice(1).replace(/((?:client_secret|refresh_token|token)=)[^&]*/g, "$1…");
}

function entryOf(
  seen: Seen,
  left: Left,
  reply: Reply | undefined,
  fault: Fault | undefined,
): Omit<Answered, "time" | "ms" | "query"> {
  return {
    caller: nameOf(left.caller),
    method: seen.method,
    path: seen.path,
    body: withoutSecrets(seen.body),
    status: reply?.status ?? 0,
    ...(reply?.errorCode === undefined ? {} : { errorCode: reply.errorCode }),
    write: left.write,
    ...(left.effect === undefined ? {} : { effect: left.effect }),
    ...(fault === undefined ? {} : { fault: fault.id }),
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function nameOf(caller: Caller): string {
  if (caller.kind === "application") return caller.application.clientId;
  return caller.kind === "user" ? caller.username : "";
}

/** What is said instead, before anything happens or once it has. */
function instead(effect: Effect | undefined, after: boolean): Reply | undefined {
  if (effect === undefined || !("after" in effect ? (effect.after ?? false) === after : !after)) return undefined;
  if (effect.kind === "status") return { status: effect.status, contentType: "text/plain", body: effect.text };
  if (effect.kind === "errorCode")
    return envelope(effect.code, effect.msg ?? MESSAGES[effect.code] ?? "General error.");
  return effect.kind === "loginPage" ? LOGIN_PAGE : undefined;
}

async function answer(
  desk: Desk,
  dispatcher: Dispatcher,
  request: IncomingMessage,
  seen: Seen,
  left: Left,
): Promise<Reply> {
  const { lab } = desk;
  if (lab.settings.latencyMs > 0) await pauseMs(lab.settings.latencyMs);
  if (desk.starting()) return STARTING;
  try {
    seen.body = await bodyOf(request);
    return success(await dispatcher.run({ ...seen, ...credentials(request, seen.query) }, left));
  } catch (error) {
    if (error instanceof SessionOver) return sessionOver(lab);
    const known = refusal(error, seen.path, lab.pace.now());
    if (known !== undefined) return known;
    process.stderr.write(
      `simulator error in ${seen.method} ${seen.path}: ${error instanceof Error ? (error.stack ?? "") : String(error)}\n`,
    );
    return refusal(new HttpError(500, "Internal Server Error"), seen.path, lab.pace.now()) ?? LOGIN_PAGE;
  }
}

function sessionOver(lab: Lab): Reply {
  switch (lab.settings.deadSession) {
    case "page":
      return LOGIN_PAGE;
    case "redirect":
      return redirect(`/${lab.omadacId}/login`);
    case "error":
      return envelope(-1200, MESSAGES[-1200] ?? "");
  }
}

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > BODY_LIMIT) throw new HttpError(413, "Payload Too Large");
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Answered below like any other body that is no object.
  }
  throw new ApiError(-1001);
}

function credentials(
  request: IncomingMessage,
  query: URLSearchParams,
): Pick<Incoming, "authorization" | "claim" | "webLocal"> {
  const header = (name: string): string | undefined => request.headers[name]?.toString();
  const cookie = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(header("cookie") ?? "")?.[1];
  return {
    authorization: header("authorization"),
    claim: { cookie, csrf: header("csrf-token") ?? query.get("token") ?? undefined },
    webLocal: header("omada-request-source") === "web-local",
  };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  how: { readonly effect: Effect | undefined; readonly setCookie: string | undefined },
): Promise<void> {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    "Content-Type": reply.contentType,
    "Content-Length": body.length,
    ...reply.headers,
    ...(how.setCookie === undefined ? {} : { "Set-Cookie": how.setCookie }),
  });
  await sendBody(how.effect, request, response, body);
}
