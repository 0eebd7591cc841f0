/** A named format of a text. */
export type Format = "ipv4" | "subnet" | "ipv6" | "mac" | "domain";

interface Common {
  readonly required?: true;
}

/** One declared member of a request body. */
export type Field = Common &
  (
    | { readonly type: "string"; readonly pattern?: string; readonly format?: Format; readonly minLength?: number }
    | { readonly type: "integer"; readonly min?: number; readonly max?: number; readonly among?: readonly number[] }
    | { readonly type: "boolean" }
    | { readonly type: "array"; readonly items: Field; readonly minItems?: number; readonly maxItems?: number }
    | { readonly type: "object"; readonly fields: Shape }
    | { readonly type: "map"; readonly values: Field }
  );

/** The members of a request body. What is not declared is taken and ignored, as the real one does. */
export type Shape = Readonly<Record<string, Field>>;

export const text = (pattern?: string): Field => ({ type: "string", ...(pattern === undefined ? {} : { pattern }) });
export const formatted = (format: Format): Field => ({ type: "string", format });
export const filled: Field = { type: "string", minLength: 1 };
export const integer = (min?: number, max?: number): Field => ({
  type: "integer",
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
export const among = (...values: readonly number[]): Field => ({ type: "integer", among: values });
export const flag: Field = { type: "boolean" };
export const list = (items: Field, maxItems?: number): Field => ({
  type: "array",
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
export const object = (fields: Shape): Field => ({ type: "object", fields });
export const map = (values: Field): Field => ({ type: "map", values });
export const must = (field: Field): Field => ({ ...field, required: true });

/** Names of sites, networks and devices: not blank at the ends, none of `+ - @ =` at the start. */
export const strictName = (longest: number): Field =>
  text(`^[^ \\+\\-\\@\\=]$|^[^ \\+\\-\\@\\=].{0,${longest - 2}}[^ ]$`);
/** Names of profiles, groups and rules: not blank at the ends. */
export const looseName = (longest: number): Field => text(`^[^ ]$|^[^ ].{0,${longest - 2}}[^ ]$`);
export const optionalText = (longest: number): Field => text(`^$|^[^ ]$|^[^ ].{0,${longest - 2}}[^ ]$`);
