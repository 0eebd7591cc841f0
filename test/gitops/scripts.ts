import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** A file of the project, by its path from the root. */
export function projectFile(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export const healthScript = projectFile("manifests/argocd/health.lua");
