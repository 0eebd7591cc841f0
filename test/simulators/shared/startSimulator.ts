import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What every simulator says about itself when it is ready. */
export interface About {
  readonly url: string;
  /** CA certificate, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly adminUrl: string;
  /** SHA-256 of the server certificate, upper case with colons. */
  readonly fingerprint: string;
  readonly pid: number;
}

/** A simulator that runs as a process of its own. */
export interface Running {
  /** A call of the admin port; gives its JSON answer. Throws with its error text. */
  admin(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL; state stays when there is a state directory. */
  kill(): Promise<void>;
}

/** Starts the program `main` and waits until it answers. It ends with this process, also when this one is killed. */
export async function startSimulator<Told extends About>(main: string, options: unknown): Promise<Told & Running> {
  const folder = mkdtempSync(join(tmpdir(), "simulator-config-"));
  const config = join(folder, "options.json");
  writeFileSync(config, JSON.stringify(options));
  const child = spawn(process.execPath, [main, "--config", config, "--exit-with-stdin"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, "line"), exited.then(() => undefined)]);
  rmSync(folder, { recursive: true, force: true });
  if (first === undefined) throw new Error(`${main} ended before it was ready`);
  const about = JSON.parse(String(first[0])) as Told;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return {
    ...about,
    admin: (method, path, body) => admin(about.adminUrl, method, path, body),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

async function admin(base: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}
