import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, readdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, isAlive, pidOf } from "./processIdentity.ts";

const prefix = "homelab-controlplane-";
const YOUNG_MS = 60_000;
/** Longest path of a Unix socket is 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET = 100;

/** A private temporary directory that is gone when this process ends. After SIGKILL the next start removes it. */
export async function makeRunDirectory(): Promise<string> {
  const base = join(tmpdir(), `${prefix}XXXXXX/client.sock`).length > LONGEST_SOCKET ? "/tmp" : tmpdir();
  await removeLeftovers(base);
  const directory = await mkdtemp(join(base, prefix));
  await writeFile(join(directory, "owner"), identityOf(process.pid) ?? String(process.pid));
  process.once("exit", () => {
    removeRunDirectory(directory);
  });
  return directory;
}

export function removeRunDirectory(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // A program that is being ended may still write; the next start removes what is left.
  }
}

/** Remembers a program that runs for this directory, so that a later start can end it if nobody else did. */
export function noteProgram(directory: string, pid: number): void {
  const identity = identityOf(pid);
  if (identity !== undefined) appendFileSync(join(directory, "programs"), `${identity}\n`);
}

async function removeLeftovers(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const directory = join(base, name);
    if (!name.startsWith(prefix) || !(await isAbandoned(directory))) continue;
    await Promise.all(readLines(join(directory, "programs")).map(end));
    removeRunDirectory(directory);
  }
}

/** Kills the program if it still runs, and waits until its port and its files are free. */
async function end(identity: string): Promise<void> {
  if (isAlive(identity)) process.kill(pidOf(identity), "SIGKILL");
  for (let wait = 10; isAlive(identity) && wait < 5_000; wait *= 2) await delay(wait);
}

async function isAbandoned(directory: string): Promise<boolean> {
  const [owner] = readLines(join(directory, "owner"));
  if (owner !== undefined) return !isAlive(owner);
  // No owner yet: either it is just being made, or its maker died in between.
  const info = await stat(directory).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > YOUNG_MS;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}
