import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../command.ts";
import { instrument, type Mutant } from "./instrument.ts";

/** A copy of the project in which all bugs of `files` are planted, asleep. Their numbers are their places in the list. */
export function plantIn(files: readonly string[]): { readonly room: string; readonly mutants: readonly Mutant[] } {
  const room = mkdtempSync(join(tmpdir(), "homelab-mutants-"));
  for (const name of ["controller", "test", "crds", "manifests", "package.json", "tsconfig.json"])
    cpSync(join(root, name), join(room, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(room, "node_modules"));
  const mutants: Mutant[] = [];
  for (const file of files) {
    const planted = instrument(file, readFileSync(join(root, file), "utf8"), mutants.length);
    writeFileSync(join(room, file), planted.text);
    mutants.push(...planted.mutants);
  }
  return { room, mutants };
}
