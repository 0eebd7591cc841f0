import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A program of which nothing stays behind when this process ends, however it ends: a shell between us and the program
 * reads from a pipe that only we hold. The kernel closes the pipe with our last breath, also after SIGKILL, and the
 * shell then kills the program.
 */
const keeper = `
exec 4<&0
"$@" </dev/null 3>&- 4<&- &
child=$!
echo "$child" >&3; exec 3>&-
{ read -r _ <&4; kill -s KILL "$child"; } 2>/dev/null &
guard=$!
exec 4<&-
wait "$child"; code=$?
kill "$guard" 2>/dev/null
exit "$code"
`;
const GRACE_MS = 15_000;
const LOG_TAIL = 2_000;

export interface GuardedChild {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the program has ended, with its exit code. */
  readonly exited: Promise<number>;
  hasExited(): boolean;
  /** Ends the program, by SIGTERM first where `stopGently` was asked for, and waits for that. */
  stop(): Promise<void>;
  /** The end of what it logged. */
  logTail(): Promise<string>;
}

export interface ChildOptions {
  /** Where it writes what it says; without one it writes where this process does. */
  readonly logFile?: string;
  /** Let it finish its work when it is stopped. When this process dies it is killed all the same. */
  readonly stopGently: boolean;
}

/** Starts a program; throws when it cannot be started. It does not keep this process alive by itself. */
export async function guardChild(
  path: string,
  args: readonly string[],
  { logFile, stopGently }: ChildOptions,
): Promise<GuardedChild> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const log = logFile === undefined ? "inherit" : openSync(logFile, "a", 0o600);
  // Detached: Ctrl-C in a terminal reaches only us, so that we stop the programs in order.
  const shell = spawn("/bin/sh", ["-c", keeper, "sh", path, ...args], {
    detached: true,
    stdio: ["pipe", log, log, "pipe"],
  });
  if (log !== "inherit") closeSync(log);
  let ended = false;
  const exited = new Promise<number>((resolve, reject) => {
    shell.once("error", reject);
    shell.once("exit", (code) => {
      ended = true;
      resolve(code ?? -1);
    });
  });
  const pid = await Promise.race([pidFrom(shell), exited.then(() => 0)]);
  const lifeline = shell.stdin as unknown as Writable & { unref(): void };
  lifeline.on("error", () => undefined);
  lifeline.unref();
  shell.unref();
  return {
    name,
    pid,
    exited,
    hasExited: () => ended,
    stop: async () => {
      if (!ended && stopGently) {
        process.kill(pid, "SIGTERM");
        await settled(exited);
      }
      lifeline.end();
      await settled(exited);
    },
    logTail: async () => (logFile === undefined ? "" : (await readFile(logFile, "utf8")).slice(-LOG_TAIL)),
  };
}

async function pidFrom(shell: ChildProcess): Promise<number> {
  for await (const line of createInterface(shell.stdio[3] as Readable)) return Number(line);
  return 0;
}

/** Waits for the end, but not for ever. */
async function settled(exited: Promise<number>): Promise<void> {
  const done = new AbortController();
  // The shell is not counted as work of ours, so this timer keeps us alive meanwhile.
  await Promise.race([exited, delay(GRACE_MS, undefined, { signal: done.signal }).catch(() => undefined)]);
  done.abort();
}
