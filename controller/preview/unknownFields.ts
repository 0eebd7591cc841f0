import type { Kind } from "../api/index.ts";
import { objectSchema } from "../api/crd.ts";
import type { JsonSchema } from "../api/schema.ts";

/** Fields that the kind does not have, each in a sentence: the API server refuses them, or drops them silently. */
export function unknownFields(kind: Kind, spec: unknown): readonly string[] {
  const schema = objectSchema(kind).properties?.["spec"];
  return schema === undefined ? [] : unknownIn(spec, schema, "spec");
}

function unknownIn(value: unknown, schema: JsonSchema, path: string): readonly string[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown, index) =>
      schema.items === undefined ? [] : unknownIn(item, schema.items, `${path}[${String(index)}]`),
    );
  const { properties } = schema;
  if (typeof value !== "object" || value === null || properties === undefined) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = properties[key];
    if (known !== undefined) return unknownIn(child, known, `${path}.${key}`);
    const near = Object.keys(properties).filter((name) => name.startsWith(key.slice(0, 1)));
    const hint = near.length === 0 ? Object.keys(properties) : near;
    return [`${path}.${key} is no field; there is ${hint.join(", ")}`];
  });
}
