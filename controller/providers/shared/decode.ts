/** Lenient reading of what products answer: numbers may be text, booleans 1, "1" or true, absent keys are normal. */

export type Row = Readonly<Record<string, unknown>>;

/** The objects of a list; anything else in it is left out. */
export function rows(data: unknown): readonly Row[] {
  return Array.isArray(data) ? data.filter(isRow) : [];
}

/** An object; empty when it is none. */
export function row(data: unknown): Row {
  return isRow(data) ? data : {};
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Text; numbers as written. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

export function number(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** True for 1, "1", true and the words property strings allow. */
export function flag(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === "string" && /^(1|on|yes|true)$/i.test(value));
}

/** `{key: value}` without the keys whose value is undefined. */
export function present<T extends Readonly<Record<string, unknown>>>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
