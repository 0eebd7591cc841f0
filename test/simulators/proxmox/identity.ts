import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError } from "./apiError.ts";
import type { World } from "./world.ts";

/** Who calls: `user@realm`, or `user@realm!token` for a token. */
export interface Caller {
  readonly user: string;
  readonly isToken: boolean;
}

/** What of a request's headers says who calls. */
export interface Credentials {
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
  readonly csrf: string | undefined;
  readonly method: string;
}

const TICKET_SECONDS = 7200;

/** A 401 before dispatch: empty body, only the reason phrase. */
export class Unauthorized extends ApiError {
  constructor(reason: string) {
    super(401, reason);
  }
}

function key(world: World, name: string): Buffer {
  const known = world.facts.get(name);
  if (known !== undefined) return Buffer.from(known, "hex");
  const fresh = randomBytes(32);
  world.facts.set(name, fresh.toString("hex"));
  return fresh;
}

const hexTime = (seconds: number): string => seconds.toString(16).toUpperCase().padStart(8, "0");

function sign(world: World, name: string, body: string): string {
  return createHmac("sha256", key(world, name)).update(body).digest("base64").replace(/=+$/, "");
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Enabled, known and not expired. */
export function userWorks(world: World, userid: string, seconds: number): boolean {
  const user = world.users.get(userid);
  return user?.enable === true && (user.expire === 0 || user.expire > seconds);
}

export function makeTicket(world: World, userid: string, seconds: number): { ticket: string; csrf: string } {
  const stamp = hexTime(seconds);
  const body = `PVE:${userid}:${stamp}`;
  return {
    ticket: `${body}::${sign(world, "ticket-key", body)}`,
    csrf: `${stamp}:${sign(world, "csrf-key", `${stamp}:${userid}`)}`,
  };
}

/** The user a ticket belongs to, or undefined when it is not a good one. */
export function ticketUser(world: World, ticket: string, seconds: number): string | undefined {
  const parts = /^(PVE:([^:]+):([0-9A-F]{8}))::(.+)$/.exec(ticket);
  const [, body = "", userid = "", stamp = "", signature = ""] = parts ?? [];
  if (parts === null || !same(signature, sign(world, "ticket-key", body))) return undefined;
  const age = seconds - Number.parseInt(stamp, 16);
  return age < TICKET_SECONDS && age > -300 && userWorks(world, userid, seconds) ? userid : undefined;
}

function csrfIsGood(world: World, userid: string, csrf: string | undefined, seconds: number): boolean {
  const [stamp = "", signature = ""] = (csrf ?? "").split(":");
  const age = seconds - Number.parseInt(stamp, 16);
  return age < TICKET_SECONDS && age > -300 && same(signature, sign(world, "csrf-key", `${stamp}:${userid}`));
}

/** Finds out who calls. Throws Unauthorized. A cookie wins over the authorization header (contract §1.3). */
export function identify(world: World, credentials: Credentials, seconds: number): Caller {
  const ticket = ticketOf(credentials);
  if (ticket !== undefined) {
    const user = ticketUser(world, ticket, seconds);
    if (user === undefined) throw new Unauthorized("Authentication failed!");
    if (credentials.method !== "GET" && !csrfIsGood(world, user, credentials.csrf, seconds)) {
      throw new Unauthorized("Permission denied - invalid csrf token");
    }
    return { user, isToken: false };
  }
  const given = /^PVEAPIToken[= ](.*)$/.exec(credentials.authorization ?? "");
  if (given === null) throw new Unauthorized("No ticket");
  return { user: tokenOf(world, given[1] ?? "", seconds), isToken: true };
}

function ticketOf(credentials: Credentials): string | undefined {
  const cookie = /(?:^|\s|;)PVEAuthCookie=([^;]*)/.exec(credentials.cookie ?? "");
  if (cookie !== null) return percentDecoded(cookie[1] ?? "");
  const header = /^PVEAuthCookie=(.*)$/.exec(credentials.authorization ?? "");
  return header === null ? undefined : percentDecoded(header[1] ?? "");
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function tokenOf(world: World, given: string, seconds: number): string {
  const [tokenid = "", secret = ""] = given.split("=");
  const token = world.tokens.get(tokenid);
  const good =
    token !== undefined &&
    same(secret, token.secret) &&
    (token.expire === 0 || token.expire > seconds) &&
    userWorks(world, ownerOf(tokenid), seconds);
  if (!good) throw new Unauthorized("Authentication failed!");
  return tokenid;
}

/** The user a token belongs to; a user is its own owner. */
export function ownerOf(user: string): string {
  return user.split("!")[0] ?? user;
}
