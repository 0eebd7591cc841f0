import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "./base/clock.ts";
import { textOf } from "./base/outcome.ts";
import { winstonLog } from "./base/winston.ts";
import { parseConfig, type Config } from "./config.ts";
import { parseImport, type ImportWish } from "./import/importCommand.ts";
import { runImport } from "./import/runImport.ts";
import { Life } from "./life.ts";
import { livePlan } from "./planLife.ts";
import { parsePlan } from "./preview/planCommand.ts";
import { connectOmada } from "./providers/omada/connect.ts";
import { connectProxmox } from "./providers/proxmox/connect.ts";
import { loadKubeconfig, type ApiServer } from "./runtime/kubeconfig.ts";

/** Exit codes: 0 stopped as asked, 1 cannot go on, 2 the command line or kubeconfig is wrong (P3). */
async function main(): Promise<number> {
  const version = versionHere();
  const [command, ...rest] = process.argv.slice(2);
  if (command === "import") return importing(rest);
  if (command === "plan") return planning(rest, version);
  const parsed = parseConfig({
    argv: process.argv.slice(2),
    env: process.env,
    isTerminal: process.stderr.isTTY,
    version,
    read: readText,
  });
  if (parsed.is === "text") {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.is === "error") return refuse(parsed.line);
  const { config } = parsed;
  if (config.standalone) return standalone(config, version);
  let server: ApiServer;
  try {
    server = loadKubeconfig({
      ...(config.kubeconfig === undefined ? {} : { path: config.kubeconfig }),
      ...(config.context === undefined ? {} : { context: config.context }),
    });
  } catch (error) {
    return refuse(`--kubeconfig: ${textOf(error)}`);
  }
  return live(config, server, version);
}

async function live(config: Config, server: ApiServer, version: string): Promise<number> {
  const log = winstonLog({ clock: systemClock, level: config.logLevel, format: config.logFormat });
  const [first, ...others] = config.namespaces.length > 0 ? config.namespaces : [server.namespace ?? "default"];
  const life = new Life({
    config,
    namespaces: [first ?? "default", ...others],
    server,
    log,
    version,
    random: Math.random,
  });
  const stop = (): void => {
    life.stop();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await life.run();
    return 0;
  } catch (error) {
    log.error("Cannot go on", error, {});
    return 1;
  }
}

/** With a Kubernetes API of its own, for a Proxmox without one. */
async function standalone(config: Config, version: string): Promise<number> {
  // The control plane is a tool of the checkout; the bundled release has none and says so.
  const { embed } = await import("../hack/standalone.ts").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return { embed: undefined };
    throw error;
  });
  if (embed === undefined) return refuse("--standalone: works from a checkout of the repository only");
  const [first = "homelab", ...others] = config.namespaces;
  const own: Config = { ...config, namespaces: [first, ...others] };
  const where = config.dataDir === undefined ? {} : { dataDir: config.dataDir };
  let plane: Awaited<ReturnType<typeof embed>>;
  try {
    plane = await embed({ ...where, namespaces: [first, ...others] });
  } catch (error) {
    process.stderr.write(`homelab-controller: --standalone: ${textOf(error)}\n`);
    return 1;
  }
  try {
    return await live(own, loadKubeconfig({ path: plane.kubeconfig }), version);
  } finally {
    await plane.stop();
  }
}

/** Writes the lab that runs as manifests. */
async function importing(argv: readonly string[]): Promise<number> {
  const parsed = parseImport(argv, readText);
  if (parsed.is === "text") {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.is === "error") return refuse(`import: ${parsed.line}`);
  return once("import", async (signal) => {
    await reading(parsed.wish, signal);
    return 0;
  });
}

/** Shows what the controller would do. */
async function planning(argv: readonly string[], version: string): Promise<number> {
  const parsed = parsePlan(argv, readText);
  if (parsed.is === "text") {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.is === "error") {
    refuse(`plan: ${parsed.line}`);
    return 1;
  }
  return once("plan", (signal) => livePlan(parsed.wish, { version, tell, random: Math.random }, signal));
}

/** Something that ends by itself, or when it is interrupted; answers its exit code. */
async function once(command: string, run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => {
    interrupted.abort(new Error("interrupted"));
  });
  // What the provider waits for keeps no process alive; this does.
  const over = new AbortController();
  systemClock.sleep(LONGEST_MS, over.signal).catch(() => undefined);
  try {
    return await run(interrupted.signal);
  } catch (error) {
    process.stderr.write(`homelab-controller: ${command}: ${textOf(error)}\n`);
    return 1;
  } finally {
    over.abort(new Error("done"));
  }
}

/** Of a timer. */
const LONGEST_MS = 2_147_483_647;

function reading(wish: ImportWish, signal: AbortSignal): Promise<void> {
  const log = winstonLog({ clock: systemClock, level: "error", format: process.stderr.isTTY ? "pretty" : "json" });
  return runImport(
    wish,
    {
      connect: (connection) => connectProxmox(connection, { clock: systemClock, log, allowed: neverWrite }),
      connectOmada: (connection) => connectOmada(connection, { clock: systemClock, log, allowed: neverWrite }),
      print: (text) => process.stdout.write(text),
      tell,
      write: writeNew,
    },
    signal,
  );
}

function tell(line: string, again: boolean): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}${again ? "" : "\n"}`);
  else if (!again) process.stderr.write(`${line}\n`);
}

function neverWrite(): never {
  throw new Error("an import changes nothing");
}

/** Writes the files, or none when one of them exists. */
function writeNew(directory: string, files: ReadonlyMap<string, string>): void {
  const taken = [...files.keys()].find((name) => existsSync(join(directory, name)));
  if (taken !== undefined) throw new Error(`${join(directory, taken)} exists; nothing was written`);
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(directory, name), text, { flag: "wx" });
}

function refuse(line: string): number {
  process.stderr.write(`homelab-controller: ${line}\n`);
  return 2;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function versionHere(): string {
  const text = readText(new URL("../package.json", import.meta.url).pathname) ?? "{}";
  return (JSON.parse(text) as { version?: string }).version ?? "0.0.0";
}

process.exitCode = await main();
