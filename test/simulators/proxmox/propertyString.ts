import type { PropertyFormat } from "./schema.ts";

export type Properties = Record<string, string>;

/** A property string that cannot be read; the text is Proxmox VE's. */
export class PropertyError extends Error {}

/**
 * Reads `a=b,c=d` (one key may stand without its name). Booleans become 1 or 0. Values are not checked here.
 * Throws a PropertyError for what cannot even be taken apart.
 */
export function parseProperties(format: PropertyFormat, value: string): Properties {
  const found: Properties = {};
  let positional = false;
  for (const part of value.split(",")) {
    if (part.trim() === "") continue;
    const split = part.indexOf("=");
    if (split > 0 && split < part.length - 1) {
      assign(format, found, part.slice(0, split), part.slice(split + 1));
    } else if (split === -1) {
      const key = Object.keys(format).find((name) => format[name]?.default_key === 1);
      if (key === undefined) throw new PropertyError("value without key, but schema does not define a default key");
      if (positional || found[key] !== undefined) throw duplicate(key);
      positional = true;
      found[key] = part;
    } else {
      throw new PropertyError("missing key in comma-separated list property");
    }
  }
  return found;
}

function assign(format: PropertyFormat, found: Properties, key: string, value: string): void {
  if (found[key] !== undefined) throw duplicate(key);
  const property = format[key];
  if (property?.alias !== undefined) {
    if (property.keyAlias !== undefined) {
      if (found[property.keyAlias] !== undefined)
        throw new PropertyError(`key alias '${property.keyAlias}' is already defined`);
      found[property.keyAlias] = key;
    }
    found[property.alias] = value;
    return;
  }
  found[key] = property?.type === "boolean" ? asBoolean(value) : value;
}

const duplicate = (key: string): PropertyError =>
  new PropertyError(`duplicate key in comma-separated list property: ${key}`);

function asBoolean(value: string): string {
  if (/^(1|on|yes|true)$/i.test(value)) return "1";
  return /^(0|off|no|false)$/i.test(value) ? "0" : value;
}

/** Writes a property string as Proxmox VE does: the nameless key, then required keys, then the rest by name. */
export function printProperties(format: PropertyFormat, values: Properties): string {
  const first = Object.keys(format).find((name) => format[name]?.default_key === 1 && values[name] !== undefined);
  const rank = (key: string): number => (format[key]?.optional === true ? 1 : 0);
  const rest = Object.keys(values)
    .filter((key) => key !== first && values[key] !== undefined)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((key) => `${key}=${values[key] ?? ""}`);
  return [...(first === undefined ? [] : [values[first] ?? ""]), ...rest].join(",");
}
