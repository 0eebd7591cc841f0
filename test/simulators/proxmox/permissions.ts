import { PRIVILEGES, SPECIAL_ROLES } from "./privileges.ts";
import { ownerOf } from "./identity.ts";
import type { World } from "./world.ts";

/** Privileges at one path; 1 when they propagate to what lies below. */
export type Granted = ReadonlyMap<string, 0 | 1>;

const ALL: Granted = new Map(PRIVILEGES.map((privilege) => [privilege, 1]));
const NONE: Granted = new Map();

export function rolePrivileges(world: World, roleid: string): readonly string[] | undefined {
  return SPECIAL_ROLES[roleid] ?? world.roles.get(roleid);
}

function parents(path: string): string[] {
  const found = ["/"];
  const parts = path.split("/").filter((part) => part !== "");
  parts.forEach((_, index) => found.push(`/${parts.slice(0, index + 1).join("/")}`));
  return found;
}

interface RoleHere {
  readonly roleid: string;
  readonly propagate: boolean;
}

/** What a caller may do, worked out once per request: ACL entries by path, so that each question is a few look-ups. */
export class Permissions {
  readonly #world: World;
  readonly #byUser = new Map<string, Map<string, RoleHere[]>>();
  readonly #known = new Map<string, Granted>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Effective privileges at a path. A token with privilege separation has what both it and its user have. */
  at(user: string, path: string): Granted {
    const key = `${user} ${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const granted = this.#compute(user, path);
    this.#known.set(key, granted);
    return granted;
  }

  has(user: string, path: string, privilege: string): boolean {
    return this.at(user, path).has(privilege);
  }

  hasAny(user: string, path: string, privileges: readonly string[]): boolean {
    return privileges.some((privilege) => this.has(user, path, privilege));
  }

  #compute(user: string, path: string): Granted {
    if (user === "root@pam") return ALL;
    if (!user.includes("!")) return this.#granted(user, path);
    const owner = ownerOf(user);
    if (this.#world.tokens.get(user)?.privsep !== true) return this.at(owner, path);
    const ofOwner = this.at(owner, path);
    if (owner === "root@pam") return this.#granted(user, path);
    return new Map([...this.#granted(user, path)].filter(([privilege]) => ofOwner.has(privilege)));
  }

  /** The roles set closest to the path count; those further up only until something closer says otherwise. */
  #granted(user: string, path: string): Granted {
    const roles = this.#rolesAt(user, path);
    if (roles.length === 0 || roles.some((role) => role.roleid === "NoAccess")) return NONE;
    const granted = new Map<string, 0 | 1>();
    for (const { roleid, propagate } of roles) {
      for (const privilege of rolePrivileges(this.#world, roleid) ?? []) {
        granted.set(privilege, propagate || granted.get(privilege) === 1 ? 1 : 0);
      }
    }
    return granted;
  }

  #rolesAt(user: string, path: string): RoleHere[] {
    const acls = this.#aclsOf(user);
    let roles: RoleHere[] = [];
    for (const step of parents(path)) {
      const here = (acls.get(step) ?? []).filter((acl) => acl.propagate || step === path);
      if (here.length > 0) roles = here;
    }
    return [...roles, ...this.#poolsOf(path).flatMap((pool) => acls.get(`/pool/${pool}`) ?? [])];
  }

  #poolsOf(path: string): string[] {
    const vmid = /^\/vms\/(\d+)$/.exec(path)?.[1];
    if (vmid === undefined || this.#world.pools.size === 0) return [];
    return [...this.#world.pools.values()].filter((pool) => pool.vms.includes(Number(vmid))).map((pool) => pool.poolid);
  }

  #aclsOf(user: string): Map<string, RoleHere[]> {
    const known = this.#byUser.get(user);
    if (known !== undefined) return known;
    const found = new Map<string, RoleHere[]>();
    for (const acl of this.#world.acls.values()) {
      if (acl.ugid === user) found.set(acl.path, [...(found.get(acl.path) ?? []), acl]);
    }
    this.#byUser.set(user, found);
    return found;
  }
}

const ROOTS = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

/** What `GET /access/permissions` shows: the paths that matter to a user with what it has there. */
export function permissionTable(world: World, user: string, onlyPath?: string): Record<string, Record<string, number>> {
  const permissions = new Permissions(world);
  const owners = [user, ownerOf(user)];
  const own = [...world.acls.values()].filter((acl) => owners.includes(acl.ugid)).map((acl) => acl.path);
  const paths = onlyPath === undefined ? new Set([...ROOTS, ...own]) : new Set([onlyPath]);
  const table: Record<string, Record<string, number>> = {};
  for (const path of paths) {
    const granted = permissions.at(user, path);
    if (granted.size > 0) table[path] = Object.fromEntries(granted);
  }
  return table;
}
