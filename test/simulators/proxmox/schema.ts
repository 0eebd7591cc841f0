/** One declared parameter, in the words of Proxmox VE's own schema. Not optional unless it says so. */
export interface Param {
  readonly type: "string" | "integer" | "number" | "boolean" | "array";
  readonly optional?: true;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Anchored on both sides when it is checked. */
  readonly pattern?: string;
  readonly patternFlags?: string;
  /** A named format, or `#/formats/<name>` for a property string. */
  readonly format?: string;
  readonly requires?: string;
}

export type Params = Readonly<Record<string, Param>>;

/** One key of a property string. */
export interface Property extends Omit<Param, "optional"> {
  readonly optional?: true;
  readonly default_key?: 1;
  readonly alias?: string;
  readonly keyAlias?: string;
}

export type PropertyFormat = Readonly<Record<string, Property>>;

type Rest = Omit<Param, "type" | "optional">;

export const text = (rest: Rest = {}): Param => ({ type: "string", optional: true, ...rest });
export const integer = (rest: Rest = {}): Param => ({ type: "integer", optional: true, ...rest });
export const number = (rest: Rest = {}): Param => ({ type: "number", optional: true, ...rest });
export const flag: Param = { type: "boolean", optional: true };
export const choice = (...values: readonly string[]): Param => ({ type: "string", optional: true, enum: values });
export const format = (name: string, rest: Rest = {}): Param => text({ format: name, ...rest });

/** The same parameter, but it must be there. */
export function required(param: Param): Param {
  const { optional: _, ...rest } = param;
  return rest;
}

/** net0…net31 and the like. */
export function indexed(key: string, last: number, param: Param): Params {
  return Object.fromEntries(Array.from({ length: last + 1 }, (_, index) => [`${key}${String(index)}`, param]));
}

export const NODE: Params = { node: required(format("pve-node")) };
const vmidParam = integer({ format: "pve-vmid", minimum: 100, maximum: 999999999 });
export const VMID: Param = required(vmidParam);
export const OPTIONAL_VMID: Param = vmidParam;
export const GUEST: Params = { ...NODE, vmid: VMID };
export const DIGEST: Param = text({ maxLength: 40 });

/** An expression over privileges, as Proxmox VE writes it: `["perm", path, [privileges], "any", 1]` and combinations. */
export type Check = readonly unknown[];

/** Who may call: anybody, any known user, or whoever passes the check. */
export interface Access {
  readonly user?: "world" | "all";
  readonly check?: Check;
}

export const WORLD: Access = { user: "world" };
export const ANY_USER: Access = { user: "all" };
export const needs = (path: string, ...privileges: readonly string[]): Access => ({
  check: ["perm", path, privileges],
});
export const needsAny = (path: string, ...privileges: readonly string[]): Access => ({
  check: ["perm", path, privileges, "any", 1],
});

/** Who may clone a guest of either kind. */
export const CLONE_ACCESS: Access = {
  check: [
    "and",
    ["perm", "/vms/{vmid}", ["VM.Clone"]],
    [
      "or",
      ["perm", "/vms/{newid}", ["VM.Allocate"]],
      ["perm", "/pool/{pool}", ["VM.Allocate"], "require_param", "pool"],
    ],
  ],
};
