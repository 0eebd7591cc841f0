import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./freePort.ts";
import type { Site } from "./programs.ts";

const PORT_WAIT_MS = 5_000;

/** A persistent control plane keeps its port, so that kubeconfigs stay valid. */
export async function choosePort(site: Site): Promise<number> {
  const file = join(site.home, "port");
  if (!site.persistent || !existsSync(file)) {
    const port = await freePort();
    writeFileSync(file, String(port));
    return port;
  }
  const kept = Number(readFileSync(file, "utf8"));
  try {
    return await portSoon(kept);
  } catch (cause) {
    throw new Error(
      `port ${String(kept)}, which the control plane in ${site.home} keeps, is in use by another process; ` +
        `end that process, or remove ${file} for another port`,
      { cause },
    );
  }
}

/** The API server of a run that was killed just now may take a moment to let go. */
async function portSoon(port: number): Promise<number> {
  const deadline = performance.now() + PORT_WAIT_MS;
  while (performance.now() < deadline) {
    const free = await freePort(port).catch(() => undefined);
    if (free !== undefined) return free;
    await delay(100);
  }
  return await freePort(port);
}
