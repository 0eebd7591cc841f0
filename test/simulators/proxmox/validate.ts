import { invalid } from "./apiError.ts";
import { judge, splitList } from "./formats.ts";
import { CLUSTER_FORMATS } from "./clusterSchema.ts";
import { LXC_FORMATS } from "./lxcSchema.ts";
import { parseProperties, PropertyError } from "./propertyString.ts";
import { QEMU_FORMATS } from "./qemuFormats.ts";
import { QEMU_NAMED_FORMATS } from "./qemuNamedFormats.ts";
import type { Param, Params, Property, PropertyFormat } from "./schema.ts";

/** What a request carried: text from a form, anything from JSON. */
export type RawValue = string | number | boolean | null | readonly unknown[] | object;

export type Values = Readonly<Record<string, string>>;

const UNKNOWN = "property is not defined in schema and the schema does not allow additional properties";
const MISSING = "property is missing and it is not optional";

type Errors = Record<string, string>;

/** The property strings whose declaration is published. */
export const PROPERTY_FORMATS: Readonly<Record<string, PropertyFormat>> = {
  ...LXC_FORMATS,
  ...QEMU_FORMATS,
  ...CLUSTER_FORMATS,
};

/**
 * Checks the parameters of a call and gives them back as text (booleans as 1 and 0, lists joined by commas).
 * Throws the 400 with every complaint, in Proxmox VE's words (contract §1.4).
 */
export function validate(params: Params, raw: Readonly<Record<string, RawValue>>): Values {
  const errors: Errors = {};
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    const param = params[key];
    if (param === undefined) {
      errors[key] = UNKNOWN;
    } else if (value !== null) {
      const text = plain(key, param, value, errors);
      if (text !== undefined && check(key, param, text, errors)) values[key] = text;
    }
  }
  complete(params, raw, errors);
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return values;
}

function complete(params: Params, raw: Readonly<Record<string, RawValue>>, errors: Errors): void {
  const given = (key: string): boolean => raw[key] !== undefined && raw[key] !== null;
  for (const [key, param] of Object.entries(params)) {
    if (param.optional !== true && !given(key)) errors[key] = MISSING;
    const other = param.requires;
    if (other !== undefined && given(key) && !given(other)) errors[other] = `missing property required by '${key}'`;
  }
}

/** One text for whatever was sent; undefined (and a complaint) when the type cannot be right. */
function plain(key: string, param: Param, value: RawValue, errors: Errors): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean" && (param.type === "boolean" || param.type === "string")) return value ? "1" : "0";
  if (Array.isArray(value) && (param.type === "array" || param.format?.endsWith("-list") === true)) {
    return value.map(String).join(",");
  }
  errors[key] = `type check ('${param.type}') failed - got ${perlName(value)}`;
  return undefined;
}

function perlName(value: RawValue): string {
  if (typeof value === "boolean") return "JSON::PP::Boolean";
  return Array.isArray(value) ? "ARRAY" : "HASH";
}

const TYPES: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  number: /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  boolean: /^[01]$/,
};

/** The checks of one value, in the order of the real validator; the first complaint counts. */
function check(key: string, param: Param | Property, value: string, errors: Errors): boolean {
  const complaint = typeComplaint(param, value) ?? formatComplaint(key, param, value) ?? rangeComplaint(param, value);
  if (complaint === undefined) return true;
  errors[key] = complaint;
  return false;
}

function typeComplaint(param: Param | Property, value: string): string | undefined {
  const pattern = TYPES[param.type];
  return pattern === undefined || pattern.test(value)
    ? undefined
    : `type check ('${param.type}') failed - got '${value}'`;
}

function formatComplaint(key: string, param: Param | Property, value: string): string | undefined {
  if (param.format === undefined) return undefined;
  const properties = PROPERTY_FORMATS[param.format] ?? QEMU_NAMED_FORMATS[param.format];
  const complaint = properties === undefined ? judge(param.format, value) : propertiesComplaint(key, properties, value);
  return complaint === undefined ? undefined : `invalid format - ${complaint}\n`;
}

function propertyErrors(key: string, format: PropertyFormat, found: Readonly<Record<string, string>>): Errors {
  const errors: Errors = {};
  for (const [name, inner] of Object.entries(found)) {
    const property = format[name];
    if (property === undefined) errors[`${key}.${name}`] = UNKNOWN;
    else check(`${key}.${name}`, property, inner, errors);
  }
  for (const [name, property] of Object.entries(format)) {
    if (property.optional !== true && property.alias === undefined && found[name] === undefined)
      errors[`${key}.${name}`] = MISSING;
    const other = property.requires;
    if (other !== undefined && found[name] !== undefined && found[other] === undefined)
      errors[`${key}.${other}`] = `missing property required by '${name}'`;
  }
  return errors;
}

function propertiesComplaint(key: string, format: PropertyFormat, value: string): string | undefined {
  let found: Record<string, string>;
  try {
    found = parseProperties(format, value);
  } catch (error) {
    if (error instanceof PropertyError) return error.message;
    throw error;
  }
  const errors = propertyErrors(key, format, found);
  const lines = Object.entries(errors).sort(([a], [b]) => (a < b ? -1 : 1));
  return lines.length === 0 ? undefined : `format error\n${lines.map(([name, text]) => `${name}: ${text}`).join("\n")}`;
}

function rangeComplaint(param: Param | Property, value: string): string | undefined {
  if (param.pattern !== undefined && !new RegExp(`^${param.pattern}$`, param.patternFlags).test(value)) {
    return "value does not match the regex pattern";
  }
  if (param.maxLength !== undefined && value.length > param.maxLength) {
    return `value may only be ${String(param.maxLength)} characters long`;
  }
  if (param.minLength !== undefined && value.length < param.minLength) {
    return `value must be at least ${String(param.minLength)} characters long`;
  }
  return boundComplaint(param, value);
}

function boundComplaint(param: Param | Property, value: string): string | undefined {
  const size = TYPES["number"]?.test(value) === true ? Number(value) : undefined;
  if (size !== undefined && param.maximum !== undefined && size > param.maximum) {
    return `value must have a maximum value of ${String(param.maximum)}`;
  }
  if (size !== undefined && param.minimum !== undefined && size < param.minimum) {
    return `value must have a minimum value of ${String(param.minimum)}`;
  }
  if (param.enum !== undefined && !param.enum.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${param.enum.join(", ")}'`;
  }
  return undefined;
}

/** The items of a list parameter. */
export function items(value: string | undefined): string[] {
  return value === undefined ? [] : splitList(value);
}
