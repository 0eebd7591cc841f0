import { denied, invalid } from "./apiError.ts";
import { ownerOf, type Caller } from "./identity.ts";
import type { Permissions } from "./permissions.ts";
import type { Access, Check } from "./schema.ts";
import type { World } from "./world.ts";

/** What a check is made of: who, with what privileges, on which parameters (not validated yet). */
export interface Asked {
  readonly caller: Caller;
  readonly permissions: Permissions;
  readonly world: World;
  readonly params: Readonly<Record<string, string>>;
}

/** Throws the 403 of a declared access rule. `world` and `all` without a check let everybody through. */
export function requireAccess(access: Access, asked: Asked): void {
  if (access.user !== undefined || access.check === undefined) return;
  const refusal = refused(access.check, asked);
  if (refusal !== undefined) throw denied(refusal === "" ? undefined : refusal);
}

/** Undefined when it passes; else the text in brackets. */
function refused(check: Check, asked: Asked): string | undefined {
  const [kind, ...rest] = check;
  switch (kind) {
    case "and":
      return firstRefusal(rest as Check[], asked);
    case "or":
      return anyPasses(rest as Check[], asked) ? undefined : "";
    case "perm":
      return permission(rest, asked);
    case "userid-param":
      return useridParam(String(rest[0]), asked);
    case "userid-group":
      return permission(["/access/groups", rest[0], "any", 1], asked);
    case "perm-modify":
      return modify(String(rest[0]), asked);
    default:
      throw new Error(`unknown check ${String(kind)}`);
  }
}

function firstRefusal(checks: readonly Check[], asked: Asked): string | undefined {
  for (const check of checks) {
    const refusal = refused(check, asked);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function anyPasses(checks: readonly Check[], asked: Asked): boolean {
  return checks.some((check) => {
    const needed = check.indexOf("require_param");
    if (needed >= 0 && asked.params[String(check[needed + 1])] === undefined) return false;
    return refused(check, asked) === undefined;
  });
}

function filled(path: string, asked: Asked): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => asked.params[name] ?? "");
}

function permission(rest: readonly unknown[], asked: Asked): string | undefined {
  const path = filled(String(rest[0]), asked);
  const privileges = rest[1] as readonly string[];
  const any = rest.indexOf("any");
  const anyOf = any >= 0 && rest[any + 1] === 1;
  const { caller, permissions } = asked;
  if (anyOf) return permissions.hasAny(caller.user, path, privileges) ? undefined : `${path}, ${privileges.join("|")}`;
  const missing = privileges.find((privilege) => !permissions.has(caller.user, path, privilege));
  return missing === undefined ? undefined : `${path}, ${missing}`;
}

function useridParam(what: string, asked: Asked): string | undefined {
  const userid = asked.params["userid"] ?? "";
  if (what === "self") return userid === ownerOf(asked.caller.user) && !asked.caller.isToken ? undefined : "";
  const realm = userid.split("@")[1] ?? "";
  return permission([`/access/realm/${realm}`, [what]], asked);
}

/** Changing an ACL: Permissions.Modify, or the privilege that stands for the tree the path is in. */
function modify(path: string, asked: Asked): string | undefined {
  const target = filled(path, asked);
  if (!isAclPath(target)) throw invalid({ path: `invalid ACL path '${target}'` });
  const special: readonly [RegExp, string][] = [
    [/^\/storage\//, "Datastore.Allocate"],
    [/^\/vms\//, "VM.Allocate"],
    [/^\/pool\//, "Pool.Allocate"],
  ];
  const privileges = [
    "Permissions.Modify",
    ...special.filter(([pattern]) => pattern.test(target)).map(([, name]) => name),
  ];
  return asked.permissions.hasAny(asked.caller.user, target, privileges)
    ? undefined
    : `${target}, ${privileges.join("|")}`;
}

const ACL_PATH =
  /^\/(?:access(?:\/(?:groups|realm)(?:\/[^/]+)?)?|mapping(?:\/(?:dir|pci|usb)(?:\/[^/]+)?)?|nodes(?:\/[^/]+)?|pool(?:\/[^/]+){0,3}|sdn(?:\/.+)?|storage(?:\/[^/]+)?|vms(?:\/[1-9][0-9]{2,})?)?$/;

export function isAclPath(path: string): boolean {
  return ACL_PATH.test(path);
}
