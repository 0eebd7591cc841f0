import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guardChild } from "../../hack/controlplane/guardedChild.ts";

const mainFile = join(import.meta.dirname, "..", "..", "controller", "main.ts");

/** One line of the controller's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The controller as a process of its own; it ends with this one. */
export interface ControllerChild {
  readonly pid: number;
  /** Its exit code; 128 and the signal's number when it was killed. */
  readonly exited: Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number>;
  log(): Promise<readonly LogLine[]>;
  /** Everything it wrote. */
  output(): Promise<string>;
}

/** Starts controller/main.ts with these flags. */
export async function startControllerChild(flags: readonly string[], logFile: string): Promise<ControllerChild> {
  // Dozens of controllers are started in a run: what one has compiled the next reads.
  process.env["NODE_COMPILE_CACHE"] ??= join(tmpdir(), `homelab-compiled-${String(process.getuid?.() ?? 0)}`);
  return startProgramAsController([process.execPath, mainFile, ...flags], logFile);
}

/** Starts a program that becomes the controller: what signals it, reaches it. */
export async function startProgramAsController(
  [program, ...args]: readonly [string, ...string[]],
  logFile: string,
): Promise<ControllerChild> {
  const child = await guardChild(program, args, { logFile, stopGently: false });
  const signal = (name: NodeJS.Signals): void => {
    if (!child.hasExited()) process.kill(child.pid, name);
  };
  const end = async (name: NodeJS.Signals): Promise<number> => {
    signal(name);
    return child.exited;
  };
  return {
    pid: child.pid,
    exited: child.exited,
    signal,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    log: async () => parsed(await readFile(logFile, "utf8")),
    output: () => readFile(logFile, "utf8"),
  };
}

function parsed(text: string): readonly LogLine[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as LogLine);
}
