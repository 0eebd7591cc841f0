import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, isAlive, pidOf } from "./processIdentity.ts";

const POLL_MS = 500;

/**
 * Takes a lock that is a file naming its holder; a holder that died holds nothing. Answers how to give it back, or the
 * pid of the holder. Two processes that find the same dead holder in the same instant may both get it: what is locked
 * here must bear that (builds are renamed into place; etcd locks its own data).
 */
export async function tryLock(path: string): Promise<(() => Promise<void>) | number> {
  const mine = `${identityOf(process.pid) ?? String(process.pid)}\n`;
  for (;;) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = (await readFile(path, "utf8").catch(() => "")).trim();
    if (holder !== "" && isAlive(holder)) return pidOf(holder);
    // Moved aside rather than removed: of two who find it stale, one moves it and the other finds nothing to move.
    const aside = `${path}.stale.${String(process.pid)}`;
    await rename(path, aside).catch(() => undefined);
    await rm(aside, { force: true });
  }
}

/** Waits for the lock; `onWait` hears once who holds it. */
export async function waitForLock(
  path: string,
  onWait: (holder: number) => void,
  signal?: AbortSignal,
): Promise<() => Promise<void>> {
  let told = false;
  for (;;) {
    const got = await tryLock(path);
    if (typeof got !== "number") return got;
    if (!told) onWait(got);
    told = true;
    await delay(POLL_MS, undefined, { ...(signal === undefined ? {} : { signal }) });
  }
}
