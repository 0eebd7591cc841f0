import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Metadata } from "../../controller/api/meta.ts";

/** An object as a person writes it. */
export interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Pick<Metadata, "name">;
  readonly spec: Readonly<Record<string, unknown>>;
}

export const projectRoot = join(import.meta.dirname, "../..");

/** The objects of our kinds in a folder of manifests, read as Kubernetes reads YAML. */
export async function manifestsIn(folder: string): Promise<readonly Written[]> {
  const directory = join(projectRoot, "manifests", folder);
  const names = (await readdir(directory)).filter((name) => !/^(kustomization|secret\.example)\.yaml$/.test(name));
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(directory, name), "utf8")));
  return texts.flatMap(documentsOf);
}

/** All documents of a YAML text. Throws on the first syntax error. */
export function documentsOf(text: string): readonly Written[] {
  return parseAllDocuments(text, { version: "1.1" }).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return document.toJS() as Written;
  });
}
