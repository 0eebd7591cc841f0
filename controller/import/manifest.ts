import { Document } from "yaml";
import { API_VERSION } from "../api/meta.ts";

/** Fields of a manifest; undefined ones are left out. */
export type Fields = Readonly<Record<string, unknown>>;

/** One object with what its fields can't say, each a sentence for the comment above it. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly spec: Fields;
  readonly remarks: readonly string[];
}

/** One file: its objects with their comments, in the order they are to be applied. */
export interface ManifestFile {
  readonly name: string;
  readonly documents: readonly string[];
}

/** YAML as Kubernetes reads it (1.1), with the remarks above. */
export function documentOf({ kind, name, spec, remarks }: Manifest): string {
  const object = { apiVersion: API_VERSION, kind, metadata: { name }, spec: pruned(spec) ?? {} };
  const doc = new Document(object, { version: "1.1" });
  if (remarks.length > 0 && doc.contents !== null)
    doc.contents.commentBefore = remarks.map((line) => ` ${oneLine(line)}`).join("\n");
  return doc.toString({ lineWidth: 0, directives: false });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** Without what is undefined, and without objects that are empty for it. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const left = pruned(child);
    return left === undefined ? [] : [[key, left] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
