import { readFileSync } from "node:fs";
import { systemClock } from "./base/clock.ts";
import { textOf } from "./base/outcome.ts";
import { winstonLog } from "./base/winston.ts";
import { parseConfig, type Config } from "./config.ts";
import { Life } from "./life.ts";
import { loadKubeconfig, type ApiServer } from "./runtime/kubeconfig.ts";

/** Exit codes: 0 stopped as asked, 1 cannot go on, 2 the command line or kubeconfig is wrong (P3). */
async function main(): Promise<number> {
  const version = versionHere();
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
