import { once } from "node:events";
import { watch } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startController, type ControllerProcess } from "./demo/controllerProcess.ts";
import { raiseStage, type NetworkStage } from "./demo/stage.ts";

const help = `For work on the controller: the demo's Kubernetes API, simulated Proxmox host and Omada controller, and the controller
from the sources, started again whenever a file of controller/ changes. Its log is the terminal. Stays up until Ctrl-C.

  npm run dev [-- --empty-host]

  --empty-host   begin with no containers: the twelve are created from nothing
  --help         this text
`;

const sources = join(import.meta.dirname, "..", "controller");
/** Editors write in several steps. */
const QUIET_MS = 300;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Resolves after the next change of a source file, when it has been quiet for a moment; false when aborted. */
async function sourceChanged(signal: AbortSignal): Promise<boolean> {
  const watcher = watch(sources, { recursive: true });
  try {
    await once(watcher, "change", { signal });
    await delay(QUIET_MS, undefined, { signal });
    return true;
  } catch {
    return false;
  } finally {
    watcher.close();
  }
}

async function keepRunning(stage: NetworkStage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const controller: ControllerProcess = await startController(stage.controlPlane);
    void controller.broken.then((sentence) => {
      say(`${sentence.trim()}\nWaiting for a change of the sources …`);
    });
    const changed = await sourceChanged(signal);
    await controller.stop();
    if (changed) say("\n── the sources have changed; starting again\n");
  }
}

function commands(stage: NetworkStage): string {
  return `
  export KUBECONFIG=${stage.controlPlane.kubeconfigPath}
  export PATH=${dirname(stage.controlPlane.kubectl)}:$PATH     # kubectl
  kubectl get lab
  curl ${stage.simulator.adminUrl}/     # what can be done to the simulated host
  curl ${stage.site.adminUrl}/     # what can be done to the simulated Omada site
`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { "empty-host": { type: "boolean", default: false }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      interrupted.abort(new Error("interrupted"));
    });
  const { signal } = interrupted;
  const alive = setInterval(() => undefined, 60_000);
  const close: (() => Promise<void>)[] = [];
  try {
    const stage = await raiseStage({ emptyHost: values["empty-host"], network: true, say, signal }, close);
    await stage.applyLab();
    say(commands(stage));
    await keepRunning(stage, signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    say(`dev: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    for (const end of close.toReversed()) await end();
    clearInterval(alive);
  }
}

process.exitCode = await main();
