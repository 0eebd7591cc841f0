import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { startProxmoxSimulator, type RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import { startControlPlane, type ControlPlane } from "../controlplane/controlPlane.ts";
import { freePort } from "../controlplane/freePort.ts";
import { guardChild, type GuardedChild } from "../controlplane/guardedChild.ts";
import { installCrds } from "../installCrds.ts";
import {
  applyBase,
  applyLab,
  applySecrets,
  containersOf,
  HOST,
  NAMESPACE,
  renderLab,
  type Rendered,
} from "./demoManifests.ts";
import { simulatedHost } from "./simulatedHost.ts";

/** Everything of the demo that runs. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: RunningSimulator;
  readonly controller: GuardedChild;
  readonly metricsUrl: string;
  /** Applies the lab: the go switch. */
  applyLab(): Promise<void>;
  /** Resolves with a sentence when something of it ends by itself. */
  readonly broken: Promise<string>;
}

export interface StageOptions {
  readonly emptyHost: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const mainFile = join(import.meta.dirname, "..", "..", "controller", "main.ts");

/** Brings up control plane, simulated host and controller; `close` collects what ends each, to be called last first. */
export async function raiseStage(
  { emptyHost, say, signal }: StageOptions,
  close: (() => Promise<void>)[],
): Promise<Stage> {
  say("Kubernetes: etcd, kube-apiserver and kube-controller-manager …");
  const controlPlane = await startControlPlane({ log: say, signal });
  close.push(() => controlPlane.stop());
  signal.throwIfAborted();
  say("Custom resources, namespace, roles …");
  await installCrds(controlPlane);
  await applyBase(controlPlane);
  signal.throwIfAborted();
  const lab = await renderLab(controlPlane);
  say(
    emptyHost ? "Proxmox: the simulated host nosotros, empty …" : "Proxmox: the simulated host nosotros, just booted …",
  );
  const simulator = await startProxmoxSimulator(simulatedHost(containersOf(lab), emptyHost));
  close.push(() => simulator.stop());
  await reboot(simulator);
  await applySecrets(controlPlane, simulator);
  signal.throwIfAborted();
  const wan = await listen();
  close.push(() => closed(wan));
  say("The controller, with the rights of its own service account only …");
  const metricsPort = await freePort();
  const controller = await startController(controlPlane, metricsPort);
  close.push(() => controller.stop());
  return {
    ...{ controlPlane, simulator, controller, metricsUrl: `http://127.0.0.1:${String(metricsPort)}/metrics` },
    applyLab: () => go(controlPlane, lab, { endpoint: simulator.url, wanPort: (wan.address() as AddressInfo).port }),
    broken: Promise.race([controlPlane.broken, ended(controller)]),
  };
}

/** Proxmox itself starts nothing: no guest has onboot. Answers when the host is back. */
async function reboot(simulator: RunningSimulator): Promise<void> {
  await simulator.admin("POST", `/nodes/${HOST}/reboot`, { how: "hard", stayDown: true });
  await simulator.admin("POST", `/nodes/${HOST}/boot`);
}

function go(
  where: ControlPlane,
  lab: readonly Rendered[],
  places: { endpoint: string; wanPort: number },
): Promise<void> {
  return applyLab(where, lab, places);
}

function startController(controlPlane: ControlPlane, metricsPort: number): Promise<GuardedChild> {
  const flags = {
    "--kubeconfig": controlPlane.controllerKubeconfigPath,
    "--namespace": NAMESPACE,
    "--metrics-bind-address": `127.0.0.1:${String(metricsPort)}`,
    "--log-format": "json",
  };
  return guardChild(process.execPath, [mainFile, ...Object.entries(flags).flat()], {
    logFile: join(controlPlane.logDirectory, "controller.log"),
    stopGently: true,
  });
}

async function ended(controller: GuardedChild): Promise<string> {
  const code = await controller.exited;
  const tail = await controller.logTail().catch(() => "");
  return `the controller ended by itself with ${String(code)}:\n${tail}`;
}

/** Stands in for the outside world that the preflight asks for. */
function listen(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end();
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      resolve(server.unref());
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
