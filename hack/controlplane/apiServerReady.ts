import { existsSync, readFileSync } from "node:fs";
import { get } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { certificateFile } from "./credentials.ts";
import type { GuardedChild } from "./guardedChild.ts";

const POLL_MS = 100;
const DEADLINE_MS = 180_000;

export interface ApiServerAddress {
  readonly home: string;
  readonly port: number;
  readonly token: string;
}

/**
 * Resolves when the API server whose certificate lies in `home` answers that it is ready and has made its first
 * namespace. A foreign server on that port has another certificate and is not believed.
 * Throws when one of the programs ends first, or after three minutes.
 */
export async function apiServerReady(
  address: ApiServerAddress,
  programs: readonly GuardedChild[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    signal?.throwIfAborted();
    for (const program of programs) if (program.hasExited()) throw await failed(program, "ended while it started");
    if ((await status("/readyz", address)) === 200 && (await status("/api/v1/namespaces/default", address)) === 200)
      return;
    await delay(POLL_MS);
  }
  const last = programs.at(-1);
  throw last === undefined ? new Error("no program") : await failed(last, "was not ready after three minutes");
}

async function failed(program: GuardedChild, how: string): Promise<Error> {
  return new Error(`${program.name} ${how}:\n${await program.logTail()}`);
}

/** HTTP status, 0 without an answer. */
function status(path: string, { home, port, token }: ApiServerAddress): Promise<number> {
  const file = certificateFile(home);
  if (!existsSync(file)) return Promise.resolve(0);
  return new Promise((resolve) => {
    const request = get(
      {
        host: "127.0.0.1",
        port,
        path,
        ca: readFileSync(file),
        headers: { authorization: `Bearer ${token}` },
        agent: false,
        timeout: 5_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => {
      resolve(0);
    });
  });
}
