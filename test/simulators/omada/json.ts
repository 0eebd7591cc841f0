/** Readers of JSON whose members may be anything. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(from: Json, key: string): Json {
  const value = from[key];
  return isObject(value) ? value : {};
}

export function textAt(from: Json, key: string): string | undefined {
  const value = from[key];
  return typeof value === "string" ? value : undefined;
}

export function numberAt(from: Json, key: string): number | undefined {
  const value = from[key];
  return typeof value === "number" ? value : undefined;
}

export function flagAt(from: Json, key: string): boolean | undefined {
  const value = from[key];
  return typeof value === "boolean" ? value : undefined;
}

export function textsAt(from: Json, key: string): string[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export function numbersAt(from: Json, key: string): number[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === "number") : [];
}

export function objectsAt(from: Json, key: string): Json[] {
  const value = from[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The members that are there; null counts as absent. */
export function present(from: Json): Json {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== null && value !== undefined));
}

/** Some members of an object. */
export function pick(from: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
}
