import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { ControlPlane } from "../../hack/controlplane/controlPlane.ts";
import type { Scene } from "../../hack/demo/scene.ts";
import { kubectlOrThrow } from "../../hack/kubectl.ts";
import type { SimulatorOptions } from "../simulators/proxmox/options.ts";
import { startProxmoxSimulator, type RunningSimulator } from "../simulators/proxmox/startProxmoxSimulator.ts";
import type { ApiGate } from "./apiGate.ts";
import { startControllerChild, type ControllerChild } from "./controllerChild.ts";
import { sharedControlPlane } from "./harness.ts";
import { HostLog } from "./hostLog.ts";
import { connectionTo, containerOf, layersOf, ours, simulated, type BedGuest, type Declared } from "./labObjects.ts";
import { readyReason } from "./conditions.ts";
import { linesOf } from "./sceneText.ts";
import { held, observe, polled } from "./watching.ts";

export { condition, readyReason } from "./conditions.ts";

const rolesFile = join(import.meta.dirname, "../../manifests/base/roles.yaml");
const DEADLINE_SECONDS = 45;
/** Of a controller in whose lab a test failed. */
const LOG_TAIL = 4_000;

export interface BedOptions {
  readonly guests: readonly BedGuest[];
  /** The guests are not there yet. */
  readonly emptyHost?: boolean;
  readonly simulator?: SimulatorOptions;
  /** Collect what is told; default true. */
  readonly listen?: boolean;
  /** Default: the one that all tests of this run share. */
  readonly controlPlane?: ControlPlane;
  /** A door that the controller shall go through to the API server; opened and ended with the lab. */
  readonly gate?: ApiGate;
}

/** A lab of its own: a namespace with the controller's role, a simulated host, and controllers as processes. */
export interface Bed {
  readonly namespace: string;
  readonly controlPlane: ControlPlane;
  readonly simulator: RunningSimulator;
  readonly host: HostLog;
  /** Who the controller is for the API server. */
  readonly user: string;
  readonly scene: Scene;
  /** Every condition and event that the API server showed since the lab was raised, also those that went by. */
  readonly told: ReadonlySet<string>;
  /** Resolves once a condition or an event was told that matches: "db Ready=False Starting: …", "db event Started: …". */
  untilTold(pattern: RegExp, seconds?: number): Promise<void>;
  /** kubectl as admin in the namespace; throws with what it said. */
  kubectl(...args: readonly string[]): Promise<string>;
  apply(...objects: readonly Declared[]): Promise<void>;
  /** Connection, layers, guests, and last the Homelab: the go switch. */
  applyLab(homelab?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Starts a controller with its own role; everything still running at the end of the test is killed. */
  start(...flags: readonly string[]): Promise<ControllerChild>;
  /**
   * Resolves once it holds of what the API server shows, all writes of before included; throws after 45 s, or so many,
   * with all that was seen.
   */
  until(what: string, holds: (scene: Scene) => boolean, seconds?: number): Promise<Scene>;
  /** Every guest that is declared is Ready and has this reason. */
  untilAll(reason: string, seconds?: number): Promise<Scene>;
  /** Polls the host until it holds; for what only the host knows. */
  untilHost<T>(what: string, look: () => Promise<T | undefined>, seconds?: number): Promise<T>;
  /** Arms a fault of the simulated host. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<string>;
  /** Resolves when the fault, armed with a count, has met its last request. */
  met(fault: string): Promise<void>;
}

let count = 0;

/** Raises a lab, uses it, and takes it away again. */
export async function withBed(options: BedOptions, use: (bed: Bed) => Promise<void>): Promise<void> {
  const close: (() => Promise<void>)[] = [];
  const controllers: ControllerChild[] = [];
  try {
    await use(await raise(options, { close, controllers }));
  } catch (error) {
    for (const controller of controllers)
      process.stderr.write(`controller ${String(controller.pid)}:\n${(await controller.output()).slice(-LOG_TAIL)}\n`);
    throw error;
  } finally {
    for (const end of close.toReversed()) await end();
  }
}

async function raise(
  options: BedOptions,
  { close, controllers }: { readonly close: (() => Promise<void>)[]; readonly controllers: ControllerChild[] },
): Promise<Bed> {
  const controlPlane = options.controlPlane ?? (await sharedControlPlane());
  count += 1;
  const number = count;
  const namespace = `bed-${String(process.pid)}-${String(number)}`;
  const user = `system:serviceaccount:${namespace}:homelab-controller`;
  const direct = await controlPlane.userKubeconfig({ user });
  const kubectl = (...args: readonly string[]): Promise<string> =>
    kubectlOrThrow(controlPlane, ["--namespace", namespace, ...args]);
  const applyAll = async (items: readonly unknown[]): Promise<void> => {
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await kubectlOrThrow(controlPlane, ["apply", "--validate=strict", "--namespace", namespace, "-f", "-"], { stdin });
  };
  await applyAll(rolesIn(namespace));
  close.push(async () => {
    await kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found");
  });
  const { gate } = options;
  if (gate !== undefined) {
    await gate.open();
    close.push(() => gate.end());
  }
  const kubeconfig = gate?.kubeconfig(direct) ?? direct;
  const simulator = await startProxmoxSimulator({
    speed: 10,
    broadcastSeconds: 2,
    addressOctet: 1 + ((process.pid * 16 + number) % 250),
    guestDefaults: { bootSeconds: 3, shutdownSeconds: 2, services: [{ protocol: "tcp", port: 9100 }] },
    guests: options.emptyHost === true ? [] : simulated(options.guests),
    ...options.simulator,
  });
  close.push(() => simulator.stop());
  const { observer, end } = observe(controlPlane, namespace);
  const told = new Set<string>();
  const listen = options.listen ?? true;
  observer.onChange(() => {
    if (listen) for (const line of linesOf(observer.scene)) told.add(line);
  });
  close.push(end);
  let started = 0;
  const until: Bed["until"] = (what, holds, seconds = DEADLINE_SECONDS) => held(observer, { what, holds, seconds });
  return {
    namespace,
    controlPlane,
    simulator,
    user,
    host: new HostLog(simulator),
    get scene() {
      return observer.scene;
    },
    told,
    untilTold: async (pattern, seconds) => {
      await until(`told ${String(pattern)}`, () => [...told].some((line) => pattern.test(line)), seconds);
    },
    kubectl,
    apply: (...objects) => applyAll(objects),
    applyLab: (homelab = {}) =>
      applyAll([
        ...connectionTo(simulator),
        ...layersOf(options.guests),
        ...options.guests.map(containerOf),
        ours("Homelab", "lab", homelab),
      ]),
    start: async (...flags) => {
      started += 1;
      const log = join(controlPlane.logDirectory, `${namespace}-${String(started)}.log`);
      const own = ["--kubeconfig", kubeconfig, "--namespace", namespace, "--log-format", "json"];
      // Of a flag that is given twice the last one counts.
      const child = await startControllerChild([...own, "--metrics-bind-address", "0", ...flags], log);
      controllers.push(child);
      close.push(() => child.kill());
      return child;
    },
    until,
    untilAll: (reason, seconds) =>
      until(
        `every guest ${reason}`,
        (scene) => scene.containers.length > 0 && scene.containers.every((guest) => readyReason(guest) === reason),
        seconds,
      ),
    untilHost: (what, look, seconds = DEADLINE_SECONDS) => polled(what, look, seconds),
    fault: async (fault) => ((await simulator.admin("POST", "/faults", fault)) as { readonly id: string }).id,
    met: async (fault) => {
      await polled(
        `fault ${fault} met`,
        async () => {
          const armed = (await simulator.admin("GET", "/faults")) as readonly { readonly id: string }[];
          return armed.some(({ id }) => id === fault) ? undefined : true;
        },
        DEADLINE_SECONDS,
      );
    },
  };
}

/** Role and binding of manifests/base, in this namespace. */
function rolesIn(namespace: string): readonly unknown[] {
  const documents = parseAllDocuments(readFileSync(rolesFile, "utf8")).map((each) => each.toJS() as RoleLike);
  return documents.map((document) => {
    const subjects = document.subjects?.map((subject) => ({ ...subject, namespace }));
    return { ...document, ...(subjects === undefined ? {} : { subjects }) };
  });
}

interface RoleLike {
  readonly kind: string;
  readonly subjects?: readonly Readonly<Record<string, string>>[];
}
