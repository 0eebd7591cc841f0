import { z } from "zod";

/** The part of JSON schema that CRDs know and we use. */
export interface JsonSchema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

const INT_OR_STRING = "x-kubernetes-int-or-string";
const INT32_MAX = 2_147_483_647;
const REFUSED = ["anyOf", "oneOf", "allOf", "not", "$ref", "additionalProperties", "prefixItems", "propertyNames"];
const KEPT = ["type", "format", "enum", "minLength", "maxLength", "minItems", "maxItems", "pattern"] as const;

/**
 * The structural schema of a zod object: what Kubernetes refuses (unions, references, missing bounds) or ignores
 * silently is an error here, with the field's path. Numbers' defaults and all defaults inside list items are the
 * controller's (they would show as drift); they stay in the descriptions.
 */
export function schemaOf(schema: z.ZodType, path: string): JsonSchema {
  const json = z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" });
  return structural(json, { path, inItems: false, named: false });
}

type Raw = Readonly<Record<string, unknown>>;

interface Place {
  readonly path: string;
  readonly inItems: boolean;
  /** False for what has no name of its own: the root and list items. */
  readonly named: boolean;
}

function structural(raw: Raw, at: Place): JsonSchema {
  const description = describe(raw, at);
  const extensions = Object.fromEntries(Object.entries(raw).filter(([key]) => key.startsWith("x-kubernetes-")));
  if (raw[INT_OR_STRING] === true) {
    return { ...description, [INT_OR_STRING]: true, anyOf: [{ type: "integer" }, { type: "string" }], ...extensions };
  }
  const refused = REFUSED.find((key) => key in raw);
  if (refused !== undefined) throw new Error(`${at.path}: ${refused} cannot be part of a structural schema`);
  if (typeof raw["type"] !== "string") throw new Error(`${at.path}: a field needs one type`);
  checkBounds(raw, at);
  const shape = shapeOf(raw, at);
  return {
    ...description,
    ...Object.fromEntries(KEPT.filter((key) => key in raw).map((key) => [key, raw[key]])),
    ...numeric(raw),
    ...defaultOf(raw, shape, at),
    ...extensions,
    ...shape,
  };
}

/** The description with its default in words, for `kubectl explain`. */
function describe(raw: Raw, at: Place): { readonly description?: string } {
  const text = raw["description"];
  if (typeof text !== "string" || text === "") {
    if (!at.named) return {};
    throw new Error(`${at.path}: a field needs a description`);
  }
  const fallback: unknown = raw["default"];
  if (typeof fallback === "string" || typeof fallback === "number" || typeof fallback === "boolean") {
    return { description: `${text} Default: ${String(fallback)}.` };
  }
  return { description: text };
}

function checkBounds(raw: Raw, at: Place): void {
  const bounded = "maxLength" in raw || "enum" in raw;
  if (raw["type"] === "string" && !bounded) throw new Error(`${at.path}: a string needs a maxLength`);
  if (raw["type"] === "array" && !("maxItems" in raw)) throw new Error(`${at.path}: a list needs maxItems`);
}

function shapeOf(raw: Raw, at: Place): Pick<JsonSchema, "required" | "properties" | "items"> {
  if (raw["type"] === "array") {
    return { items: structural(raw["items"] as Raw, { path: `${at.path}[]`, inItems: true, named: false }) };
  }
  if (raw["type"] !== "object") return {};
  const properties = Object.entries((raw["properties"] ?? {}) as Readonly<Record<string, Raw>>).map(
    ([name, child]) =>
      [name, structural(child, { path: `${at.path}.${name}`, inItems: at.inItems, named: true })] as const,
  );
  const required = raw["required"];
  return {
    ...(Array.isArray(required) ? { required: required as readonly string[] } : {}),
    properties: Object.fromEntries(properties),
  };
}

/** zod's bounds of a safe integer say nothing; they are left out. */
function numeric(raw: Raw): Pick<JsonSchema, "minimum" | "maximum" | "format"> {
  const { type, minimum, maximum } = raw;
  if (type !== "integer" && type !== "number") return {};
  const tells = (bound: unknown): bound is number =>
    typeof bound === "number" && Number.isFinite(bound) && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  const narrow = tells(minimum) && tells(maximum) && maximum <= INT32_MAX;
  return {
    ...(type === "integer" ? { format: narrow ? "int32" : "int64" } : {}),
    ...(tells(minimum) ? { minimum } : {}),
    ...(tells(maximum) ? { maximum } : {}),
  };
}

/** Enums and booleans only, and the empty object that makes such a default inside it appear. */
function defaultOf(raw: Raw, shape: Pick<JsonSchema, "properties">, at: Place): { readonly default?: unknown } {
  const fallback = raw["default"];
  if (fallback === undefined || at.inItems) return {};
  if (raw["type"] === "boolean" || "enum" in raw) return { default: fallback };
  const appears = Object.values(shape.properties ?? {}).some((child) => child.default !== undefined);
  return raw["type"] === "object" && appears ? { default: {} } : {};
}
