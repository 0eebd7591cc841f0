import { failure } from "../apiError.ts";
import { ownerOf } from "../identity.ts";
import type { Call, Route } from "../lab.ts";
import { ANY_USER, flag, format, integer, required, text, type Params } from "../schema.ts";
import type { User } from "../world.ts";

export const USERID = { userid: required(format("pve-userid")) };

export function userOf(call: Call): User {
  const userid = call.values["userid"] ?? "";
  const user = call.lab.world.users.get(userid);
  if (user === undefined) throw failure(`no such user ('${userid}')`);
  return user;
}

export function tokensOf(
  call: Call,
  userid: string,
): { tokenid: string; privsep: number; expire: number; comment?: string }[] {
  return [...call.lab.world.tokens.values()]
    .filter((token) => ownerOf(token.tokenid) === userid)
    .map((token) => ({
      tokenid: token.tokenid.split("!")[1] ?? "",
      privsep: token.privsep ? 1 : 0,
      expire: token.expire,
      ...(token.comment === undefined ? {} : { comment: token.comment }),
    }));
}

function listed(call: Call, user: User, full: boolean): unknown {
  const { userid, password: _, enable, ...rest } = user;
  const tokens = tokensOf(call, userid);
  const more = full ? { groups: "", tokens: tokens.length === 0 ? null : tokens } : {};
  return { userid, enable: enable ? 1 : 0, ...rest, "realm-type": userid.endsWith("@pam") ? "pam" : "pve", ...more };
}

function list(call: Call): unknown[] {
  const { permissions, caller, values } = call;
  const all = permissions.hasAny(caller.user, "/access/groups", ["User.Modify", "Sys.Audit"]);
  return [...call.lab.world.users.values()]
    .filter((user) => all || user.userid === ownerOf(caller.user))
    .filter((user) => values["enabled"] === undefined || user.enable === (values["enabled"] === "1"))
    .map((user) => listed(call, user, values["full"] === "1"));
}

function fields(call: Call): Partial<User> {
  const { comment, email, firstname, lastname, expire, enable } = call.values;
  return {
    ...(comment === undefined ? {} : { comment, email: "" }),
    ...(email === undefined ? {} : { email }),
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
    ...(expire === undefined ? {} : { expire: Number(expire) }),
    ...(enable === undefined ? {} : { enable: enable === "1" }),
  };
}

function create(call: Call): null {
  const { userid = "", password } = call.values;
  const { users } = call.lab.world;
  if (users.has(userid)) throw failure(`create user failed: user '${userid}' already exists`);
  users.set(userid, {
    userid,
    enable: true,
    expire: 0,
    ...(password === undefined ? {} : { password }),
    ...fields(call),
  });
  return null;
}

function read(call: Call): unknown {
  const { userid, password: _, enable, ...rest } = userOf(call);
  const tokens = tokensOf(call, userid);
  return {
    ...rest,
    enable: enable ? 1 : 0,
    groups: [],
    tokens: tokens.length === 0 ? null : Object.fromEntries(tokens.map((token) => [token.tokenid, token])),
  };
}

function update(call: Call): null {
  const user = userOf(call);
  call.lab.world.users.set(user.userid, { ...user, ...fields(call) });
  return null;
}

function remove(call: Call): null {
  const { userid } = userOf(call);
  const { world } = call.lab;
  world.users.delete(userid);
  for (const tokenid of world.tokens.keys()) if (ownerOf(tokenid) === userid) world.tokens.delete(tokenid);
  for (const [key, acl] of world.acls) if (ownerOf(acl.ugid) === userid) world.acls.delete(key);
  return null;
}

const ABOUT: Params = {
  ...USERID,
  comment: text(),
  email: format("email-opt"),
  enable: flag,
  expire: integer({ minimum: 0 }),
  firstname: text(),
  groups: format("pve-groupid-list"),
  keys: text({ pattern: "[0-9a-zA-Z!=]{0,4096}" }),
  lastname: text(),
};
const allocate = ["userid-param", "Realm.AllocateUser"];

export const USER_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/access/users",
    params: { enabled: flag, full: flag },
    access: ANY_USER,
    protected: true,
    handle: list,
  },
  {
    method: "POST",
    path: "/access/users",
    params: { ...ABOUT, password: text({ minLength: 8, maxLength: 64 }) },
    protected: true,
    access: { check: ["and", allocate, ["userid-group", ["User.Modify"], "groups_param", "create"]] },
    handle: create,
  },
  {
    method: "GET",
    path: "/access/users/{userid}",
    params: USERID,
    access: { check: ["userid-group", ["User.Modify", "Sys.Audit"]] },
    handle: read,
  },
  {
    method: "PUT",
    path: "/access/users/{userid}",
    params: { ...ABOUT, append: { ...flag, requires: "groups" } },
    protected: true,
    access: { check: ["userid-group", ["User.Modify"], "groups_param", "update"] },
    handle: update,
  },
  {
    method: "DELETE",
    path: "/access/users/{userid}",
    params: USERID,
    protected: true,
    access: { check: ["and", allocate, ["userid-group", ["User.Modify"]]] },
    handle: remove,
  },
];
