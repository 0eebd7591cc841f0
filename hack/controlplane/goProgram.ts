import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory } from "./binaries.ts";
import { waitForLock } from "./fileLock.ts";
import { buildModule, goVersion } from "./goBuild.ts";
import type { Say } from "./version.ts";

/** A Go program that tests need. */
export interface GoProgram {
  /** Folder with its go.mod. */
  readonly source: string;
  /** Name of its folder in the user's cache directory. */
  readonly cache: string;
  /** What it is, in a sentence about building it: "the reader of GitOps tests". */
  readonly what: string;
  /** Why it has to be Go: "read objects with Argo CD's Lua machine, which is Go". */
  readonly why: string;
}

/**
 * The path of the program, built once from its sources and kept in the user's cache directory until they change.
 * Throws with what to install where it cannot be had.
 */
export async function goProgram({ source, cache, what, why }: GoProgram, say: Say): Promise<string> {
  const hash = createHash("sha256");
  for (const file of globSync("*.{go,mod,sum}", { cwd: source }).sort())
    hash.update(file).update(readFileSync(join(source, file)));
  const folder = cacheDirectory(process.env, cache);
  const target = join(folder, `runner-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(target)) return target;
  await mkdir(folder, { recursive: true });
  const release = await waitForLock(join(folder, ".lock"), (holder) => {
    say(`process ${String(holder)} is already building ${what}: waiting for it`);
  });
  try {
    if (existsSync(target)) return target;
    const version = await goVersion();
    if (version === undefined)
      throw new Error(
        `These tests ${why}: install Go 1.26 or newer (https://go.dev/dl) and run this again. ` +
          "It builds a small program, once.",
      );
    say(`building ${what} with ${version} (a minute on two cores, once)`);
    await buildModule({ directory: source, packageName: ".", target, flags: ["-ldflags=-s -w", "-buildvcs=false"] });
    return target;
  } finally {
    await release();
  }
}
