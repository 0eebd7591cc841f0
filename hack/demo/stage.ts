import { createServer, type AddressInfo, type Server } from "node:net";
import { startProxmoxSimulator, type RunningSimulator } from "../../test/simulators/proxmox/startProxmoxSimulator.ts";
import { startControlPlane, type ControlPlane } from "../controlplane/controlPlane.ts";
import type { SimulatorOptions } from "../../test/simulators/proxmox/options.ts";
import { apply, applyBase, useNamespace, type Rendered } from "../manifests.ts";
import { installCrds } from "../installCrds.ts";
import { OMADA_VMID, startSite } from "./simulatedSite.ts";
import type { RunningOmadaSimulator } from "../../test/simulators/omada/startOmadaSimulator.ts";
import { applySecrets, containersOf, HOST, NAMESPACE, pointed, renderLab } from "./demoManifests.ts";
import { simulatedHost } from "./simulatedHost.ts";

/** Everything a controller needs around it. */
export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: RunningSimulator;
  /** The Omada controller in one of its guests; undefined without network. */
  readonly site: RunningOmadaSimulator | undefined;
  /** What `applyLab` will apply, as it is declared for any host. */
  readonly lab: readonly Rendered[];
  /** The same, pointed at what runs here. */
  readonly pointedLab: readonly Rendered[];
  /** Applies the lab, the go switch with it; or the objects of some kinds. */
  applyLab(part?: (kind: string) => boolean): Promise<void>;
}

export interface NetworkStage extends Stage {
  readonly site: RunningOmadaSimulator;
}

export interface StageOptions {
  readonly emptyHost: boolean;
  /** The lab's network is declared too, and an Omada controller runs in CT 101. */
  readonly network?: boolean;
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

type Close = (() => Promise<void>)[];

/** Brings up control plane and simulated host; `close` collects what ends each, to be called last first. */
export function raiseStage(options: StageOptions & { readonly network: true }, close: Close): Promise<NetworkStage>;
export function raiseStage(options: StageOptions, close: Close): Promise<Stage>;
export async function raiseStage(options: StageOptions, close: Close): Promise<Stage> {
  const { say, signal, network = false, remade } = options;
  const controlPlane = await raiseControlPlane(options, close);
  const declared = await renderLab(controlPlane, network);
  const lab = remade?.(declared) ?? declared;
  const simulator = await raiseHost(options, lab, close);
  signal.throwIfAborted();
  if (network) say("Omada: a simulated controller, which is there while CT 101 runs …");
  const site = network ? await startSite(simulator, addressOf(OMADA_VMID)) : undefined;
  if (site !== undefined) close.push(() => site.stop());
  await applySecrets(controlPlane, { host: simulator, site });
  signal.throwIfAborted();
  const wan = await listen();
  close.push(() => closed(wan));
  const places = { endpoint: simulator.url, wanPort: (wan.address() as AddressInfo).port, site: site?.url };
  const pointedLab = lab.map((object) => pointed(object, places));
  const applyLab: Stage["applyLab"] = (part = () => true) =>
    apply(
      controlPlane,
      pointedLab.filter(({ kind }) => part(kind)),
      NAMESPACE,
    );
  return { controlPlane, simulator, site, lab, pointedLab, applyLab };
}

async function raiseControlPlane({ say, signal, audit = false }: StageOptions, close: Close): Promise<ControlPlane> {
  say("Kubernetes: etcd, kube-apiserver and kube-controller-manager …");
  const controlPlane = await startControlPlane({ log: say, signal, audit });
  close.push(() => controlPlane.stop());
  signal.throwIfAborted();
  say("Custom resources, namespace, roles …");
  await installCrds(controlPlane);
  await applyBase(controlPlane, [NAMESPACE]);
  await useNamespace(controlPlane, NAMESPACE);
  signal.throwIfAborted();
  return controlPlane;
}

async function raiseHost(
  { emptyHost, network = false, running = false, host = {}, say }: StageOptions,
  lab: readonly Rendered[],
  close: Close,
): Promise<RunningSimulator> {
  say(`Proxmox: the simulated host nosotros, ${emptyHost ? "empty" : "just booted"} …`);
  const hollow = network ? OMADA_VMID : undefined;
  const simulated = { ...simulatedHost(containersOf(lab), { empty: emptyHost, hollow }), addressOctet, ...host };
  const guests = (simulated.guests ?? []).map((guest) => ({ ...guest, running }));
  const simulator = await startProxmoxSimulator({ ...simulated, guests });
  close.push(() => simulator.stop());
  if (!running) await reboot(simulator);
  return simulator;
}

/** Labs of several processes do not meet. */
const addressOctet = 2 + (process.pid % 250);

/** The loopback address of a simulated guest. */
function addressOf(vmid: number): string {
  return `127.${String(addressOctet)}.${String(vmid >> 8)}.${String(vmid & 255)}`;
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
