import { AdminError } from "../shared/adminCall.ts";
import type { AdminCall } from "./inside.ts";
import { seedTemplate } from "./seed.ts";
import type { Acl, StorageState, Token, User } from "./world.ts";

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw new AdminError(`${name} is needed`);
  return value;
}

/** Changes a storage; `free` sets what is left. */
export function setStorage(call: AdminCall): StorageState {
  const { world } = call.inside.lab;
  const name = call.path["storage"] ?? "";
  const known = world.storages.get(name) ?? {
    storage: name,
    type: "dir",
    content: "rootdir,images",
    total: 0,
    used: 0,
    shared: false,
    disabled: false,
  };
  const { free, ...rest } = call.body as Partial<StorageState> & { free?: number };
  const changed = { ...known, ...rest };
  const result = free === undefined ? changed : { ...changed, used: Math.max(0, changed.total - free) };
  world.storages.set(name, result);
  return result;
}

/** Adds or changes a token, and its user where there is none. */
export function setToken(call: AdminCall): Token {
  const { world } = call.inside.lab;
  const { tokenid: given, secret, privsep = true, expire = 0 } = call.body as Partial<Token>;
  const tokenid = text(given, "tokenid");
  const owner = tokenid.split("!")[0] ?? "";
  if (!world.users.has(owner)) world.users.set(owner, { userid: owner, enable: true, expire: 0 });
  const token = {
    tokenid,
    secret: secret ?? world.tokens.get(tokenid)?.secret ?? crypto.randomUUID(),
    privsep,
    expire,
  };
  world.tokens.set(tokenid, token);
  return token;
}

/** Adds or changes a user. */
export function setUser(call: AdminCall): User {
  const { world } = call.inside.lab;
  const { userid: given, ...rest } = call.body as Partial<User>;
  const userid = text(given, "userid");
  const user = { enable: true, expire: 0, ...world.users.get(userid), ...rest, userid };
  world.users.set(userid, user);
  return user;
}

/** Adds roles and ACL entries, or replaces all entries. */
export function setAcls(call: AdminCall): Acl[] {
  const { world } = call.inside.lab;
  const { roles, acls, replace } = call.body as {
    roles?: Record<string, string>;
    acls?: { path: string; ugid: string; role: string; propagate?: boolean }[];
    replace?: boolean;
  };
  for (const [roleid, privileges] of Object.entries(roles ?? {}))
    world.roles.set(
      roleid,
      privileges.split(/[\s,]+/).filter((name) => name !== ""),
    );
  if (replace === true) for (const key of [...world.acls.keys()]) world.acls.delete(key);
  for (const { path, ugid, role, propagate = true } of acls ?? [])
    world.acls.set(`${path} ${ugid} ${role}`, { path, ugid, roleid: role, propagate });
  return [...world.acls.values()];
}

/** Adds or removes a container template. */
export function setTemplate(call: AdminCall): null {
  const { world, pace } = call.inside.lab;
  const volid = text(call.body["volid"], "volid");
  if (call.body["remove"] === true) world.volumes.delete(volid);
  else seedTemplate(world, volid, pace.now());
  return null;
}

/** Keys of datacenter.cfg; null removes one. */
export function setDatacenter(call: AdminCall): void {
  const { datacenter } = call.inside.lab.world;
  for (const [key, value] of Object.entries(call.body as Record<string, string | number | null>)) {
    if (value === null) datacenter.delete(key);
    else datacenter.set(key, String(value));
  }
}

/** The clocks of the nodes go wrong by so many seconds. */
export function setClock(call: AdminCall): void {
  call.inside.lab.pace.skewSeconds = Number(call.body["skewSeconds"] ?? 0);
}
