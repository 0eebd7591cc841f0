import { randomUUID } from "node:crypto";
import { failure, invalid } from "../apiError.ts";
import type { Call, Route } from "../lab.ts";
import { flag, format, integer, required, text, type Access } from "../schema.ts";
import type { Token } from "../world.ts";
import { tokensOf, USERID, userOf } from "./accessUsers.ts";

function tokenOf(call: Call): Token {
  const { userid } = userOf(call);
  const name = call.values["tokenid"] ?? "";
  const token = call.lab.world.tokens.get(`${userid}!${name}`);
  if (token === undefined) throw failure(`no such token '${name}' for user '${userid}'`);
  return token;
}

const view = (token: Token): unknown => ({
  privsep: token.privsep ? 1 : 0,
  expire: token.expire,
  ...(token.comment === undefined ? {} : { comment: token.comment }),
});

function create(call: Call): unknown {
  const { userid } = userOf(call);
  const { tokenid = "", comment, expire, privsep } = call.values;
  const id = `${userid}!${tokenid}`;
  if (call.lab.world.tokens.has(id)) throw invalid({ tokenid: "Token already exists." });
  const secret = randomUUID();
  const said = comment === undefined ? {} : { comment };
  call.lab.world.tokens.set(id, {
    tokenid: id,
    secret,
    privsep: privsep !== "0",
    expire: Number(expire ?? 0),
    ...said,
  });
  const info = { ...said, ...(expire === undefined ? {} : { expire }), privsep: privsep ?? 1 };
  return { "full-tokenid": id, info, value: secret };
}

function update(call: Call): unknown {
  const token = tokenOf(call);
  const { comment, expire, privsep } = call.values;
  if (comment !== undefined) token.comment = comment;
  if (expire !== undefined) token.expire = Number(expire);
  if (privsep !== undefined) token.privsep = privsep === "1";
  call.lab.world.tokens.touch(token.tokenid);
  return view(token);
}

function remove(call: Call): null {
  const token = tokenOf(call);
  call.lab.world.tokens.delete(token.tokenid);
  for (const [key, acl] of call.lab.world.acls) if (acl.ugid === token.tokenid) call.lab.world.acls.delete(key);
  return null;
}

const OWN: Access = { check: ["or", ["userid-param", "self"], ["userid-group", ["User.Modify"]]] };
const ONE = { ...USERID, tokenid: required(text({ pattern: "(?:[A-Za-z][A-Za-z0-9\\.\\-_]+)" })) };
const ABOUT = { ...ONE, comment: text(), expire: integer({ minimum: 0 }), privsep: flag };
const BASE = "/access/users/{userid}/token";

/** API tokens of a user. */
export const TOKEN_ROUTES: readonly Route[] = [
  { method: "GET", path: BASE, params: USERID, access: OWN, handle: (call) => tokensOf(call, userOf(call).userid) },
  { method: "GET", path: `${BASE}/{tokenid}`, params: ONE, access: OWN, handle: (call) => view(tokenOf(call)) },
  { method: "POST", path: `${BASE}/{tokenid}`, params: ABOUT, access: OWN, protected: true, handle: create },
  {
    method: "PUT",
    path: `${BASE}/{tokenid}`,
    params: { ...ABOUT, delete: format("pve-configid-list") },
    access: OWN,
    protected: true,
    handle: update,
  },
  { method: "DELETE", path: `${BASE}/{tokenid}`, params: ONE, access: OWN, protected: true, handle: remove },
];
