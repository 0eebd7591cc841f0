// Installs what package-lock.json says when that is not what node_modules holds. Runs before every script, on whatever
// Node the machine has (npm brings the project's own), so it needs no package and no TypeScript.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const modules = join(root, "node_modules");
const lockfile = join(root, "package-lock.json");
const stamp = join(modules, ".homelab-installed");
const wanted = createHash("sha256").update(readFileSync(lockfile)).digest("hex");

/** In a second worktree it may be a link to the packages of the first, which are that one's to install. */
function isLinked() {
  return lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** By us (the stamp), or by a person's own `npm install`, which writes npm's copy of the lockfile after the lockfile. */
function isInstalled() {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  const copy = join(modules, ".package-lock.json");
  return existsSync(copy) && statSync(copy).mtimeMs >= statSync(lockfile).mtimeMs - 2_000;
}

if (!isLinked() && !isInstalled()) {
  process.stderr.write("Installing the packages of package-lock.json …\n");
  // npm must not run on the node that it is about to replace.
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join("node_modules", ".bin")));
  const { status, error } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    process.stderr.write(`npm ci failed${error === undefined ? "" : `: ${error.message}`}\n`);
    process.exit(status ?? 1);
  }
}
if (!isLinked() && (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted)) writeFileSync(stamp, wanted);
