import { join } from "node:path";
import type { ControlPlane } from "../controlplane/controlPlane.ts";
import { freePort } from "../controlplane/freePort.ts";
import { guardChild } from "../controlplane/guardedChild.ts";
import { NAMESPACE } from "./demoManifests.ts";

export interface ControllerProcess {
  readonly metricsUrl: string;
  readonly pid: number;
  /** Resolves with a sentence and the end of its log when it ends by itself; not after `stop`. */
  readonly broken: Promise<string>;
  /** Lets it finish its current call and release its lease. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const mainFile = join(import.meta.dirname, "..", "..", "controller", "main.ts");

/** The controller as a process of its own, with the kubeconfig of its service account. Logs to a file, or to the terminal. `command` is the program with its first arguments. */
export async function startController(
  controlPlane: Pick<ControlPlane, "controllerKubeconfigPath">,
  logFile?: string,
  command: readonly [string, ...string[]] = [process.execPath, mainFile],
): Promise<ControllerProcess> {
  const address = `127.0.0.1:${String(await freePort())}`;
  const flags = ["--kubeconfig", controlPlane.controllerKubeconfigPath, "--namespace", NAMESPACE];
  const [path, ...args] = command;
  const log = logFile === undefined ? {} : { logFile };
  const child = await guardChild(path, [...args, ...flags, "--metrics-bind-address", address], {
    ...log,
    stopGently: true,
  });
  let stopping = false;
  const broken = new Promise<string>((resolve) => {
    void child.exited.then(async (code) => {
      if (!stopping) resolve(`the controller ended by itself with ${String(code)}:\n${await child.logTail()}`);
    });
  });
  return {
    metricsUrl: `http://${address}/metrics`,
    pid: child.pid,
    broken,
    stop: () => {
      stopping = true;
      return child.stop();
    },
    kill: async () => {
      stopping = true;
      if (!child.hasExited()) process.kill(child.pid, "SIGKILL");
      await child.exited;
    },
  };
}
