import { invalid, missing } from "./apiError.ts";
import { isIpv4, isSubnet } from "./addresses.ts";
import { isObject, type Json } from "./json.ts";
import type { Field, Format, Shape } from "./shape.ts";

const FORMATS: Readonly<Record<Format, (text: string) => boolean>> = {
  ipv4: isIpv4,
  subnet: (text) => isSubnet(text),
  ipv6: (text) => /^[0-9A-Fa-f:.]{2,45}$/.test(text),
  mac: (text) => /^[A-Fa-f0-9][02468aceACE]([-:][A-Fa-f0-9]{2}){5}$/.test(text),
  domain: (text) => isIpv4(text) || /^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,6}$/.test(text),
};

/** Holds a body against its declaration; throws -1001 for the first member that does not fit. */
export function validate(shape: Shape, body: Json): void {
  for (const [key, field] of Object.entries(shape)) {
    const value = body[key];
    if (value === undefined || value === null) {
      if (field.required === true) throw missing(key);
    } else if (!fits(field, value)) {
      throw invalid();
    }
  }
}

function fits(field: Field, value: unknown): boolean {
  switch (field.type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return integerFits(field, value);
    case "string":
      return typeof value === "string" && textFits(field, value);
    case "array":
      return Array.isArray(value) && arrayFits(field, value);
    case "object":
      if (!isObject(value)) return false;
      validate(field.fields, value);
      return true;
    case "map":
      return isObject(value) && Object.values(value).every((each) => fits(field.values, each));
  }
}

function integerFits(field: Field & { type: "integer" }, value: unknown): boolean {
  if (typeof value !== "number" || !Number.isInteger(value)) return false;
  if (field.among !== undefined && !field.among.includes(value)) return false;
  return value >= (field.min ?? -Infinity) && value <= (field.max ?? Infinity);
}

/** An empty text of a format counts as none, as the interfaces of the controller send it. */
function textFits(field: Field & { type: "string" }, value: string): boolean {
  if (value.length < (field.minLength ?? 0)) return false;
  if (field.format !== undefined && value !== "" && !FORMATS[field.format](value)) return false;
  return field.pattern === undefined || new RegExp(field.pattern).test(value);
}

function arrayFits(field: Field & { type: "array" }, value: readonly unknown[]): boolean {
  if (value.length < (field.minItems ?? 0) || value.length > (field.maxItems ?? Infinity)) return false;
  return value.every((each) => fits(field.items, each));
}
