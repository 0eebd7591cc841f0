import type { z } from "zod";
import type { Kind, SpecOf } from "./kind.ts";
import type { Stored } from "./meta.ts";

/** A spec with every default filled in, or sentences for a person about what is wrong with it (P5). */
export type Parsed<K extends Kind> =
  { readonly ok: true; readonly spec: SpecOf<K> } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the spec of a stored object. Never throws. What the API server's schema has let through passes here; an object
 * stored under an older schema may not.
 */
export function parseSpec<K extends Kind>(kind: K, object: Pick<Stored, "spec">): Parsed<K> {
  const result = kind.spec.safeParse(object.spec ?? {}, { error: ownWords });
  if (result.success) return { ok: true, spec: result.data as SpecOf<K> };
  return { ok: false, problems: result.error.issues.map(sentenceOf) };
}

/** zod's own words stand where these say nothing better. */
const ownWords: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === "invalid_type" && issue.input === undefined) return "is required";
  if (issue.code === "invalid_union") return "has the wrong type";
  return undefined;
};

function sentenceOf(issue: z.core.$ZodIssue): string {
  const path = ["spec", ...issue.path].reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${String(part)}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
  return issue.message === "is required" ? `${path} is required` : `${path}: ${issue.message}`;
}
