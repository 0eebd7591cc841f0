import { randomUUID } from "node:crypto";
import { denied, failure, invalid } from "../apiError.ts";
import { ownerOf } from "../identity.ts";
import type { Call, Route } from "../lab.ts";
import { login } from "../login.ts";
import { permissionTable, rolePrivileges } from "../permissions.ts";
import { SPECIAL_ROLES } from "../privileges.ts";
import { ANY_USER, flag, format, needs, required, text, WORLD } from "../schema.ts";
import { items } from "../validate.ts";
import { TOKEN_ROUTES } from "./accessTokens.ts";
import { USER_ROUTES } from "./accessUsers.ts";

function permissions(call: Call): unknown {
  const { values, caller } = call;
  const user = values["userid"] ?? caller.user;
  const mine = user === caller.user || (!caller.isToken && ownerOf(user) === caller.user);
  if (!mine && !call.permissions.has(caller.user, "/access", "Sys.Audit")) throw denied("/access, Sys.Audit");
  return permissionTable(call.lab.world, user, values["path"]);
}

function listRoles(call: Call): unknown[] {
  const special = Object.entries(SPECIAL_ROLES).map(([roleid, privs]) => ({
    roleid,
    privs: privs.join(","),
    special: 1,
  }));
  const own = [...call.lab.world.roles].map(([roleid, privs]) => ({
    roleid,
    privs: [...privs].sort().join(","),
    special: 0,
  }));
  return [...special, ...own];
}

function createRole(call: Call): null {
  const { roleid = "", privs } = call.values;
  if (rolePrivileges(call.lab.world, roleid) !== undefined)
    throw failure(`create role failed: role '${roleid}' already exists`);
  call.lab.world.roles.set(roleid, items(privs));
  return null;
}

function readRole(call: Call): unknown {
  const { roleid = "" } = call.values;
  const privileges = rolePrivileges(call.lab.world, roleid);
  if (privileges === undefined) throw failure(`role '${roleid}' does not exist`);
  return Object.fromEntries(privileges.map((privilege) => [privilege, 1]));
}

function updateRole(call: Call): null {
  const { roleid = "", privs, append } = call.values;
  const { roles } = call.lab.world;
  const known = roles.get(roleid);
  if (known === undefined) throw failure(`update role failed: role '${roleid}' does not exist`);
  roles.set(roleid, append === "1" ? [...new Set([...known, ...items(privs)])] : items(privs));
  return null;
}

function deleteRole(call: Call): null {
  const { roleid = "" } = call.values;
  if (!call.lab.world.roles.has(roleid)) throw failure(`delete role failed: role '${roleid}' does not exist`);
  call.lab.world.roles.delete(roleid);
  return null;
}

function listAcl(call: Call): unknown[] {
  return [...call.lab.world.acls.values()].map((acl) => ({
    path: acl.path,
    roleid: acl.roleid,
    ugid: acl.ugid,
    type: acl.ugid.includes("!") ? "token" : "user",
    propagate: acl.propagate ? 1 : 0,
  }));
}

function updateAcl(call: Call): null {
  const { values } = call;
  const { world } = call.lab;
  const path = values["path"] ?? "";
  for (const roleid of items(values["roles"])) {
    if (rolePrivileges(world, roleid) === undefined)
      throw failure(`ACL update failed: role '${roleid}' does not exist`);
    for (const ugid of [...items(values["users"]), ...items(values["tokens"])]) {
      if (!ugid.includes("!") && !world.users.has(ugid))
        throw failure(`ACL update failed: user '${ugid}' does not exist`);
      if (ugid.includes("!") && !world.tokens.has(ugid))
        throw failure(`ACL update failed: no such token '${ugid.split("!")[1] ?? ""}' for user '${ownerOf(ugid)}'`);
      const key = `${path} ${ugid} ${roleid}`;
      if (values["delete"] === "1") world.acls.delete(key);
      else world.acls.set(key, { path, ugid, roleid, propagate: values["propagate"] !== "0" });
    }
  }
  return null;
}

function changePassword(call: Call): null {
  const { values, lab } = call;
  const userid = values["userid"] ?? "";
  const user = lab.world.users.get(userid);
  if (user === undefined) throw failure(`no such user ('${userid}')`);
  if (userid !== call.caller.user && call.caller.user !== "root@pam") throw denied("/access/groups, User.Modify");
  if (call.caller.user !== "root@pam" && user.password !== values["confirmation-password"]) {
    throw invalid({ "confirmation-password": "wrong password" });
  }
  lab.world.users.set(userid, { ...user, password: values["password"] ?? randomUUID() });
  return null;
}

const ROLE = { roleid: required(format("pve-roleid")) };
const INDEX = ["users", "groups", "roles", "acl", "domains", "openid", "tfa", "ticket", "password"];
const DOMAINS = [
  { realm: "pam", type: "pam", comment: "Linux PAM standard authentication" },
  { realm: "pve", type: "pve", comment: "Proxmox VE authentication server" },
];
const rolesWrite = needs("/access", "Sys.Modify");

/** Who may do what (contract §1.3, §9). */
export const ACCESS_ROUTES: readonly Route[] = [
  { method: "GET", path: "/access", params: {}, access: ANY_USER, handle: () => INDEX.map((subdir) => ({ subdir })) },
  { method: "GET", path: "/access/domains", params: {}, access: WORLD, handle: () => DOMAINS },
  { method: "GET", path: "/access/ticket", params: {}, access: WORLD, handle: () => null },
  {
    method: "POST",
    path: "/access/ticket",
    access: WORLD,
    protected: true,
    noToken: true,
    params: {
      username: required(text({ maxLength: 64 })),
      password: required(text()),
      realm: format("pve-realm"),
      otp: text(),
      "tfa-challenge": text(),
      "new-format": flag,
      path: text({ requires: "privs" }),
      privs: format("pve-priv-list", { requires: "path" }),
    },
    handle: login,
  },
  {
    method: "PUT",
    path: "/access/password",
    access: ANY_USER,
    protected: true,
    noToken: true,
    params: {
      userid: required(format("pve-userid")),
      password: required(text({ minLength: 8, maxLength: 64 })),
      "confirmation-password": text({ minLength: 5 }),
    },
    handle: changePassword,
  },
  {
    method: "GET",
    path: "/access/permissions",
    access: ANY_USER,
    params: {
      path: text(),
      userid: text({
        pattern: "(?:^(?:[^\\s:/]+)\\@(?:[A-Za-z][A-Za-z0-9\\.\\-_]+)(?:!(?:[A-Za-z][A-Za-z0-9\\.\\-_]+))?$)",
      }),
    },
    handle: permissions,
  },
  { method: "GET", path: "/access/roles", params: {}, access: ANY_USER, handle: listRoles },
  {
    method: "POST",
    path: "/access/roles",
    params: { ...ROLE, privs: format("pve-priv-list") },
    access: rolesWrite,
    protected: true,
    handle: createRole,
  },
  { method: "GET", path: "/access/roles/{roleid}", params: ROLE, access: ANY_USER, handle: readRole },
  {
    method: "PUT",
    path: "/access/roles/{roleid}",
    access: rolesWrite,
    protected: true,
    params: { ...ROLE, privs: format("pve-priv-list"), append: { ...flag, requires: "privs" } },
    handle: updateRole,
  },
  {
    method: "DELETE",
    path: "/access/roles/{roleid}",
    params: ROLE,
    access: rolesWrite,
    protected: true,
    handle: deleteRole,
  },
  { method: "GET", path: "/access/acl", params: {}, access: ANY_USER, handle: listAcl },
  {
    method: "PUT",
    path: "/access/acl",
    access: { check: ["perm-modify", "{path}"] },
    protected: true,
    params: {
      path: required(text()),
      roles: required(format("pve-roleid-list")),
      users: format("pve-userid-list"),
      tokens: format("pve-tokenid-list"),
      groups: format("pve-groupid-list"),
      delete: flag,
      propagate: flag,
    },
    handle: updateAcl,
  },
  ...USER_ROUTES,
  ...TOKEN_ROUTES,
];
