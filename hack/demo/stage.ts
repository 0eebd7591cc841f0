import { createServer, type AddressInfo, type Server } from "node:net";
import { startProxmoxSimulator, type RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import { startControlPlane, type ControlPlane } from "../controlplane/controlPlane.ts";
import type { SimulatorOptions } from "../../test/simulators/proxmox/options.ts";
import { apply, applyBase, useNamespace, type Rendered } from "../manifests.ts";
import { installCrds } from "../installCrds.ts";
import { applySecrets, containersOf, HOST, NAMESPACE, pointed, renderLab } from "./demoManifests.ts";
import { simulatedHost } from "./simulatedHost.ts";

/** Everything a controller needs around it. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: RunningSimulator;
  /** What `applyLab` will apply, as it is declared for any host. */
  readonly lab: readonly Rendered[];
  /** The same, pointed at what runs here. */
  readonly pointedLab: readonly Rendered[];
  /** Applies the lab: the go switch. */
  applyLab(): Promise<void>;
}

export interface StageOptions {
  readonly emptyHost: boolean;
  /** Makes another lab of the seed's; the host is simulated to what it declares. */
  readonly remade?: (lab: readonly Rendered[]) => readonly Rendered[];
  /** The host has been up for a day and all guests run, as nobody's. */
  readonly running?: boolean;
  /** What is otherwise on the simulated host. */
  readonly host?: SimulatorOptions;
  /** The API server keeps an audit log. */
  readonly audit?: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Brings up control plane and simulated host; `close` collects what ends each, to be called last first. */
export async function raiseStage(
  { emptyHost, say, signal, audit = false, running = false, host = {}, remade = (lab) => lab }: StageOptions,
  close: (() => Promise<void>)[],
): Promise<Stage> {
  say("Kubernetes: etcd, kube-apiserver and kube-controller-manager …");
  const controlPlane = await startControlPlane({ log: say, signal, audit });
  close.push(() => controlPlane.stop());
  signal.throwIfAborted();
  say("Custom resources, namespace, roles …");
  await installCrds(controlPlane);
  await applyBase(controlPlane, [NAMESPACE]);
  await useNamespace(controlPlane, NAMESPACE);
  signal.throwIfAborted();
  const lab = remade(await renderLab(controlPlane, false));
  say(
    emptyHost ? "Proxmox: the simulated host nosotros, empty …" : "Proxmox: the simulated host nosotros, just booted …",
  );
  const simulated = { ...simulatedHost(containersOf(lab), emptyHost), ...host };
  const guests = (simulated.guests ?? []).map((guest) => ({ ...guest, running }));
  const simulator = await startProxmoxSimulator({ ...simulated, guests });
  close.push(() => simulator.stop());
  if (!running) await reboot(simulator);
  await applySecrets(controlPlane, simulator);
  signal.throwIfAborted();
  const wan = await listen();
  close.push(() => closed(wan));
  const places = { endpoint: simulator.url, wanPort: (wan.address() as AddressInfo).port };
  const pointedLab = lab.map((object) => pointed(object, places));
  return { controlPlane, simulator, lab, pointedLab, applyLab: () => apply(controlPlane, pointedLab, NAMESPACE) };
}

/** Proxmox itself starts nothing: no guest has onboot. Answers when the host is back. */
async function reboot(simulator: RunningSimulator): Promise<void> {
  await simulator.admin("POST", `/nodes/${HOST}/reboot`, { how: "hard", stayDown: true });
  await simulator.admin("POST", `/nodes/${HOST}/boot`);
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
