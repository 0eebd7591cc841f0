import { parse, parseAllDocuments } from "yaml";
import { projectFile } from "./scripts.ts";

/** The page docs/gitops.md; its YAML blocks begin with a comment that names them. */
const text = projectFile("docs/gitops.md");

export const blocks: ReadonlyMap<string, string> = new Map(
  [...text.matchAll(/^```yaml\n# file: ([^\n]*)\n(.*?)^```$/gms)].map(([, name = "", body = ""]) => [name, body]),
);

/** How many YAML blocks there are, named or not. */
export const blockCount = [...text.matchAll(/^```ya?ml$/gm)].length;

export function block(name: string): string {
  const found = blocks.get(name);
  if (found === undefined) throw new Error(`docs/gitops.md has no block ${name}`);
  return found;
}

export function parsedBlock(name: string): unknown {
  return parse(block(name), { version: "1.1" }) as unknown;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** The objects of Kubernetes in a text. Throws when it is not YAML. */
export function objectsOf(yaml: string): readonly Manifest[] {
  return parseAllDocuments(yaml, { version: "1.1" }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as Manifest;
  });
}
