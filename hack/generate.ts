import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generatedFiles, ownedFolders } from "./generate/files.ts";
import type { GeneratedFile } from "./generate/files.ts";

/**
 * Writes everything that is made from the declarations in controller/api and controller/base/reasons.ts.
 * With --check it writes nothing, names what differs and exits 1.
 */
const root = join(import.meta.dirname, "..");

async function current(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Files of generated folders that nothing makes any more. */
async function leftovers(files: readonly GeneratedFile[]): Promise<readonly string[]> {
  const wanted = new Set(files.map((file) => file.path));
  const found = await Promise.all(
    ownedFolders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  );
  return found.flat().filter((path) => !wanted.has(path));
}

async function differing(files: readonly GeneratedFile[]): Promise<readonly GeneratedFile[]> {
  const pairs = await Promise.all(files.map(async (file) => ({ file, now: await current(file.path) })));
  return pairs.filter(({ file, now }) => file.text !== now).map(({ file }) => file);
}

const files = await generatedFiles(root);
await Promise.all(ownedFolders.map((folder) => mkdir(join(root, folder), { recursive: true })));
const stale = await leftovers(files);
const changed = await differing(files);

if (process.argv.includes("--check")) {
  for (const path of [...changed.map((file) => file.path), ...stale])
    process.stderr.write(`not as generated: ${path}\n`);
  if (changed.length + stale.length > 0) {
    process.stderr.write("Run npm run generate and commit the result.\n");
    process.exitCode = 1;
  }
} else {
  for (const file of changed) {
    await mkdir(dirname(join(root, file.path)), { recursive: true });
    await writeFile(join(root, file.path), file.text);
    process.stdout.write(`wrote ${file.path}\n`);
  }
  for (const path of stale) {
    await rm(join(root, path));
    process.stdout.write(`removed ${path}\n`);
  }
}
