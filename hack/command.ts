import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

export const root = join(import.meta.dirname, "..");

export interface Ended {
  readonly ok: boolean;
  /** What it printed; empty where it printed to the terminal. */
  readonly output: string;
  readonly seconds: number;
}

export interface CommandOptions {
  /** Let it print to the terminal as it runs instead of keeping what it says. */
  readonly live?: boolean;
  /** Ends it when aborted, with what it started. */
  readonly signal?: AbortSignal;
}

/** Runs a command of the project in its root, with the programs of node_modules first on PATH. */
export function run(command: readonly string[], { live = false, signal }: CommandOptions = {}): Promise<Ended> {
  const [program = "", ...args] = command;
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}` },
      stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
      ...(signal === undefined ? {} : { signal }),
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
    const end = (ok: boolean): void => resolve({ ok, output, seconds: (performance.now() - started) / 1000 });
    child.on("error", (error) => {
      output += error.message;
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}
