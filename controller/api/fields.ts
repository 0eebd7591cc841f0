import { z } from "zod";
import type { Rule } from "./kind.ts";

/** Attaches CEL rules; zod itself does not run them, the API server does. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly Rule[]): S {
  return schema.meta({ "x-kubernetes-validations": rules });
}

/** A string of at most `max` characters (16 KiB when not told). */
export function text(description: string, max = 16_384): z.ZodString {
  return z.string().max(max).describe(description);
}

/** A string of 1 to `max` characters. */
export function word(description: string, max = 253): z.ZodString {
  return z.string().min(1).max(max).describe(description);
}

export function integer(description: string, min: number, max: number): z.ZodInt {
  return z.int().min(min).max(max).describe(description);
}

export function flag(description: string): z.ZodBoolean {
  return z.boolean().describe(description);
}

export function oneOf<const V extends readonly [string, ...string[]]>(
  description: string,
  values: V,
): z.ZodEnum<{ [K in V[number]]: K }> {
  return z.enum(values).describe(description);
}

/** RFC 3339. */
export function time(description: string): z.ZodString {
  return z.string().max(64).meta({ format: "date-time" }).describe(description);
}

/** A list without merge keys: whoever applies it owns it whole. */
export function list<S extends z.ZodType>(description: string, item: S, max: number): z.ZodArray<S> {
  return z.array(item).max(max).meta({ "x-kubernetes-list-type": "atomic" }).describe(description);
}

/** A list of values without repetition. */
export function set<S extends z.ZodType>(description: string, item: S, max: number): z.ZodArray<S> {
  return z.array(item).max(max).meta({ "x-kubernetes-list-type": "set" }).describe(description);
}

/** A list whose items server-side apply merges by `keys`; keys are required fields and unique together. */
export function listMap<S extends z.ZodObject>(
  description: string,
  item: S,
  options: { readonly keys: readonly string[]; readonly max: number },
): z.ZodArray<S> {
  return z
    .array(item)
    .max(options.max)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": options.keys })
    .describe(description);
}

/** An object replaced as a whole by server-side apply: references and unions. */
export function atomic<S extends z.ZodObject>(schema: S): S {
  return schema.meta({ "x-kubernetes-map-type": "atomic" });
}

/** A number or a string such as "50%". */
export function intOrString(description: string): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> {
  return z
    .union([z.int(), z.string().max(32)])
    .meta({ "x-kubernetes-int-or-string": true })
    .describe(description);
}

/** A reference to an object of the same namespace. */
export function ref(description: string, target: string): z.ZodObject<{ name: z.ZodString }> {
  return atomic(z.object({ name: word(`Name of the ${target} in the same namespace.`) })).describe(description);
}

/** A reference to one key of a Secret or of a ConfigMap in the same namespace. */
export function keyRef(description: string, target: string): z.ZodObject<{ name: z.ZodString; key: z.ZodString }> {
  return atomic(
    z.object({
      name: word(`Name of the ${target} in the same namespace.`),
      key: word(`Key within the ${target}; no other key is read.`),
    }),
  ).describe(description);
}

/** A size in whole MiB, as a Kubernetes quantity with a binary suffix. */
export function size(description: string): z.ZodString {
  return withRules(z.string().max(16).describe(description), {
    rule: "self.matches('^[0-9]+(Mi|Gi|Ti)$')",
    message: "a size is a whole number with Mi, Gi or Ti: write 8Gi, not 8G, and 1536Mi, not 1.5Gi",
  });
}

export const suspend = flag(
  "Observe and report only: the Ready message says what would be done, and nothing is changed. Takes effect at once; on a Homelab, HomelabLayer or ProxmoxCluster it covers everything below.",
).default(false);
