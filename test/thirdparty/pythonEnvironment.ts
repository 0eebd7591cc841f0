import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A Python environment with exactly these packages, made once in the user's cache directory and used again. Gives the
 * path of its interpreter. Throws with what pip or python3 said.
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const id = createHash("sha256").update(packages.join("\n")).digest("hex").slice(0, 12);
  const folder = join(cache, "homelab-controller", "python", id);
  const python = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  writeFileSync(ready, packages.join("\n"));
  return python;
}
