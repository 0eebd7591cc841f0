import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { AccessLog } from "../shared/accessLog.ts";
import { pauseMs } from "../shared/pace.ts";
import type { Handler } from "../shared/tlsServer.ts";
import { cutAfter, cutBefore, sendBody } from "../shared/wireEffect.ts";
import type { Answered } from "./accessLog.ts";
import { ApiError, textOf } from "./apiError.ts";
import { callerOf, dispatch, NOBODY } from "./dispatch.ts";
import type { Effect, Fault, Faults } from "./effect.ts";
import { Unauthorized, type Caller } from "./identity.ts";
import type { Lab } from "./lab.ts";
import { bare, extjs, refusal, success, wire, writeHead, type Reply } from "./reply.ts";
import { bodyParams, formParams, type RawParams } from "./requestBody.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"];
const BODY_LIMIT = 512 * 1024;
const REQUESTS_PER_CONNECTION = 100;

/** What is known of a request while it is handled. */
interface Seen {
  readonly began: number;
  readonly method: string;
  path: string;
  format: string;
  caller: Caller;
  params: RawParams;
}

/** Everything the handler needs beside the lab. */
export interface Desk {
  readonly lab: Lab;
  readonly log: AccessLog<Answered>;
  readonly faults: Faults;
}

/** Takes requests from the socket to the reply, faults included, and writes each into the access log. */
export function requestHandler(desk: Desk): Handler {
  const counts = new WeakMap<Socket, number>();
  return async (request, response) => {
    const seen = firstLook(request);
    const count = (counts.get(request.socket) ?? 0) + 1;
    counts.set(request.socket, count);
    const fault = desk.faults.meet(seen.method, seen.path);
    const early = await before(fault?.effect, request);
    if (early === "cut") {
      record(desk, seen, undefined, fault);
      return;
    }
    const reply = early ?? (await answer(desk, request, seen));
    const late = await after(fault?.effect, request, reply);
    record(desk, seen, late, fault);
    if (late !== undefined)
      await send(request, response, late, {
        last: count >= REQUESTS_PER_CONNECTION,
        effect: fault?.effect,
        seconds: desk.lab.pace.seconds(),
      });
  };
}

function firstLook(request: IncomingMessage): Seen {
  const url = request.url ?? "/";
  const raw = url.split("?")[0] ?? "/";
  const parts = /^\/api2\/([a-z]+)(\/.*)?$/.exec(decoded(raw));
  return {
    began: Date.now(),
    method: request.method ?? "",
    path: parts === null ? raw : normal(parts[2] ?? "/"),
    format: parts?.[1] ?? "",
    caller: NOBODY,
    params: formParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : ""),
  };
}

const normal = (path: string): string => path.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function before(effect: Effect | undefined, request: IncomingMessage): Promise<Reply | "cut" | undefined> {
  if (effect?.kind === "status" && effect.after !== true) return statusReply(effect);
  return (await cutBefore(effect, request)) ? "cut" : undefined;
}

async function after(effect: Effect | undefined, request: IncomingMessage, reply: Reply): Promise<Reply | undefined> {
  if (effect?.kind === "status" && effect.after === true) return statusReply(effect);
  return (await cutAfter(effect, request)) ? undefined : reply;
}

function statusReply(effect: { status: number; text: string }): Reply {
  return effect.status === 401 ? bare(401, effect.text, "") : refusal(new ApiError(effect.status, `${effect.text}\n`));
}

/** The checks before dispatch, in the order of the real server, then dispatch. */
async function answer(desk: Desk, request: IncomingMessage, seen: Seen): Promise<Reply> {
  const { lab } = desk;
  if (lab.settings.latencyMs > 0) await pauseMs(lab.settings.latencyMs);
  const { method } = seen;
  if (!METHODS.includes(method)) return bare(501, `method '${method}' not available`, "");
  if (request.headers["transfer-encoding"]?.toLowerCase() === "chunked")
    return bare(501, "chunked transfer encoding not supported");
  if (seen.format === "") return bare(500, `no such file '${seen.path}'`);
  if (!["json", "extjs"].includes(seen.format)) return bare(501, `no formatter for uri ${seen.path}, ${seen.format}`);
  try {
    seen.caller = callerOf(lab, seen.path, {
      cookie: request.headers.cookie,
      authorization: request.headers.authorization,
      method,
      csrf: request.headers["csrfpreventiontoken"]?.toString(),
    });
  } catch (error) {
    if (!(error instanceof Unauthorized)) throw error;
    await pauseMs(lab.settings.unauthorizedDelayMs);
    return bare(401, error.message, "");
  }
  return withBody(desk, request, seen);
}

async function withBody(desk: Desk, request: IncomingMessage, seen: Seen): Promise<Reply> {
  const length = Number(request.headers["content-length"] ?? 0);
  const sends = seen.method === "POST" || seen.method === "PUT";
  if (length > 0 && !sends) return bare(501, `Unexpected content for method '${seen.method}'`);
  if (length > BODY_LIMIT) return bare(501, "for data too large");
  const query = seen.params;
  let body: RawParams = {};
  try {
    if (sends) body = bodyParams(request.headers["content-type"], await bodyText(request));
  } catch (error) {
    if (error instanceof ApiError) return bare(error.status, error.message);
    throw error;
  }
  seen.params = { ...body, ...query };
  const reply = await run(desk.lab, seen, query, body);
  if (reply.status === 401) await pauseMs(desk.lab.settings.unauthorizedDelayMs);
  return seen.format === "extjs" ? extjs(reply) : reply;
}

async function run(lab: Lab, seen: Seen, query: RawParams, body: RawParams): Promise<Reply> {
  try {
    return success(await dispatch(lab, { method: seen.method, path: seen.path, caller: seen.caller, query, body }));
  } catch (error) {
    if (error instanceof ApiError) return refusal(error);
    process.stderr.write(
      `simulator error in ${seen.method} ${seen.path}: ${error instanceof Error ? (error.stack ?? "") : String(error)}\n`,
    );
    return refusal(new ApiError(500, `${textOf(error)}\n`));
  }
}

async function bodyText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function record(desk: Desk, seen: Seen, reply: Reply | undefined, fault: Fault | undefined): void {
  const upid = /"data":"(UPID:[^"]+)"/.exec(reply?.body ?? "")?.[1];
  const { password: _p, ...params } = seen.params;
  desk.log.add({
    time: seen.began,
    ms: Date.now() - seen.began,
    user: seen.caller.user,
    method: seen.method,
    path: seen.path,
    params,
    status: reply?.status ?? 0,
    reason: reply?.reason ?? "",
    ...(upid === undefined ? {} : { upid }),
    ...(fault === undefined ? {} : { fault: fault.id }),
  });
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  how: { last: boolean; effect: Effect | undefined; seconds: number },
): Promise<void> {
  const close =
    reply.status >= 400 ||
    how.last ||
    request.httpVersion === "1.0" ||
    request.headers.connection?.toLowerCase() === "close";
  const gzip = /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
  const { headers, body } = wire(reply, { close, gzip, seconds: how.seconds });
  response.shouldKeepAlive = !close;
  writeHead(response, reply, headers);
  if (close) response.on("finish", () => request.socket.end());
  await sendBody(how.effect, request, response, body);
}
