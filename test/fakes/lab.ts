import { keyText, type Key, type Stored } from "../../controller/api/meta.ts";
import { silentLog, type Log } from "../../controller/base/log.ts";
import type { ProviderError } from "../../controller/base/outcome.ts";
import { ProbeFailure } from "../../controller/health/probeFailure.ts";
import type { Machine } from "../../controller/reconcilers/machine.ts";
import type { Clues } from "../../controller/reconcilers/lab/selfFinder.ts";
import type { PassReport } from "../../controller/runtime/passReport.ts";
import { FakeClock } from "./clock.ts";
import { FakeKube } from "./kube.ts";
import { everyPrivilege } from "./privileges.ts";
import { FakeOmada } from "./omada.ts";
import { FakeProxmox, type FakeFault } from "./proxmox.ts";
import type { FakeGuest } from "./proxmoxGuest.ts";
import { Replica, TOKEN } from "./replica.ts";

export const NAMESPACE = "lab";

export interface GuestWish {
  readonly vmid: number;
  readonly layer: string;
  readonly kind?: "Container" | "VirtualMachine";
  /** Beyond kind, vmid and layer; probes are one tcp probe unless given. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * A whole lab in memory: API server, Proxmox, guests that get healthy some time after their start, people, and a
 * controller that can be started, stopped and killed. Time is the test's.
 */
export class FakeLab {
  readonly clock = new FakeClock();
  kube: FakeKube;
  readonly proxmox: FakeProxmox;
  readonly omada: FakeOmada;
  /** Seconds from running to serving, by vmid; default 3. */
  readonly bootSeconds = new Map<number, number>();
  /** vmids whose services do not answer. */
  readonly hung = new Set<number>();
  readonly reports: PassReport[] = [];
  /** Keys whose pass threw. */
  readonly panics: string[] = [];
  log: Log = silentLog;
  /** What the controller's own machine tells of itself (I6). */
  clues: Clues = { hostname: "elsewhere", inContainer: false, nodeUuids: undefined };
  /** Processes that live; at most one leads. */
  #replicas: Replica[] = [];

  constructor(nodes: readonly string[] = ["pve1"]) {
    this.kube = new FakeKube(this.clock);
    this.proxmox = new FakeProxmox(this.clock, nodes);
    this.omada = new FakeOmada(this.clock);
    this.proxmox.permissions = everyPrivilege;
    this.rebuildKubernetes();
  }

  /** A new, empty Kubernetes with the Secrets in it; what was declared is to be applied again. */
  rebuildKubernetes(): void {
    this.kube = new FakeKube(this.clock, this.kube.uids);
    this.kube.putSecret(NAMESPACE, "proxmox-token", { tokenId: TOKEN, tokenSecret: "secret" });
    this.kube.putSecret(NAMESPACE, "omada-api", { clientId: "id", clientSecret: "secret" });
  }

  /** Begins a controller process; it leads at once. */
  start(): void {
    this.#begin().lead();
  }

  /** Begins another replica, which only looks on. */
  standBy(): void {
    this.#begin();
  }

  /** Nobody holds the lease; the processes live on. */
  loseLease(): void {
    for (const replica of this.#replicas) replica.leads = false;
  }

  /** The replica that has looked on longest takes the lease. */
  takeLease(): void {
    const next = this.#replicas.find(({ leads }) => !leads);
    if (next === undefined) return;
    this.loseLease();
    this.#replicas = [...this.#replicas.filter((replica) => replica !== next), next];
    next.lead();
  }

  /** Whether anybody leads. */
  get led(): boolean {
    return this.#replicas.some(({ leads }) => leads);
  }

  /** Processes that live. */
  get replicas(): number {
    return this.#replicas.length;
  }

  #begin(): Replica {
    const replica = new Replica({
      clock: this.clock,
      kube: this.kube,
      proxmox: this.proxmox,
      omada: this.omada,
      log: this.log,
      namespace: NAMESPACE,
      attempt: (probe, address) => this.#attempt(probe, address),
      tryOnce: () => Promise.resolve(this.wan ? undefined : "1.1.1.1:443 does not answer"),
      clues: () => Promise.resolve(this.clues),
      onPass: (report) => {
        this.reports.push(report);
      },
      onPanic: (key) => {
        this.panics.push(keyText(key));
        throw new Error(`a pass of ${keyText(key)} threw`);
      },
    });
    this.#replicas.push(replica);
    return replica;
  }

  /** Whether 1.1.1.1 answers. */
  wan = true;

  get machine(): Machine {
    const replica = this.#replicas.find(({ leads }) => leads) ?? this.#replicas[0];
    if (replica === undefined) throw new Error("no controller runs");
    return replica.machine;
  }

  /** Every process is gone from one moment to the next; nothing in memory survives. */
  kill(): void {
    for (const replica of this.#replicas) replica.kill();
    this.#replicas = [];
  }

  /** Moves time until the condition holds; throws with the story so far when it does not within `seconds`. */
  async until(what: string, condition: () => boolean, seconds = 120): Promise<void> {
    for (let waited = 0; waited <= seconds * 10; waited++) {
      if (condition()) return;
      await this.clock.advance(100);
    }
    throw new Error(`not within ${String(seconds)} s: ${what}\n${this.describe()}`);
  }

  async seconds(count: number): Promise<void> {
    for (let tenth = 0; tenth < count * 10; tenth++) await this.clock.advance(100);
  }

  cluster(spec: Readonly<Record<string, unknown>> = {}): void {
    this.kube.apply({
      kind: "ProxmoxCluster",
      metadata: { name: "pve", namespace: NAMESPACE },
      spec: {
        endpoints: ["https://127.0.0.1:8006"],
        credentialsRef: { name: "proxmox-token" },
        protectedVmids: [],
        ...spec,
      },
    });
  }

  homelab(spec: Readonly<Record<string, unknown>> = {}, name = "home"): void {
    this.kube.apply({ kind: "Homelab", metadata: { name, namespace: NAMESPACE }, spec });
  }

  layer(name: string, dependsOn: readonly string[] = [], spec: Readonly<Record<string, unknown>> = {}): void {
    this.kube.apply({
      kind: "HomelabLayer",
      metadata: { name, namespace: NAMESPACE },
      spec: { dependsOn: dependsOn.map((need) => ({ name: need })), ...spec },
    });
  }

  guest(name: string, wish: GuestWish): void {
    const { vmid, layer, kind = "Container", spec = {}, annotations } = wish;
    const probes = [{ name: "service", tcpSocket: { port: 80 } }];
    const base = { vmid, layerRef: { name: layer }, adoption: "Adopt", probes };
    this.kube.apply({
      kind,
      metadata: { name, namespace: NAMESPACE, ...(annotations === undefined ? {} : { annotations }) },
      spec: { ...base, ...(kind === "VirtualMachine" ? { management: "Power" } : {}), ...spec },
    });
  }

  read(kind: string, name: string): Stored | undefined {
    return this.kube.read({ kind, namespace: NAMESPACE, name });
  }

  key(kind: string, name: string): Key {
    return { kind, namespace: NAMESPACE, name };
  }

  /** Ready's reason; empty before the first pass. */
  reason(kind: string, name: string): string {
    return this.read(kind, name)?.status?.conditions?.find((condition) => condition.type === "Ready")?.reason ?? "";
  }

  message(kind: string, name: string): string {
    return this.read(kind, name)?.status?.conditions?.find((condition) => condition.type === "Ready")?.message ?? "";
  }

  status(kind: string, name: string): Readonly<Record<string, unknown>> {
    return (this.read(kind, name)?.status ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** "start 101" in order, what reached Proxmox. */
  calls(): string[] {
    return this.proxmox.mutations.map((mutation) => `${mutation.call} ${String(mutation.vmid)}`);
  }

  /** Every object with Ready's reason and message, for failures. */
  describe(): string {
    const objects = this.kube
      .all()
      .map(
        (object) =>
          `  ${object.kind}/${object.metadata.name}: ${this.reason(object.kind, object.metadata.name)}: ${this.message(object.kind, object.metadata.name)}`,
      );
    const guests = [...this.proxmox.guests.values()].map(
      (guest) => `  ${String(guest.vmid)} ${guest.power} ${guest.tags.join(",")}`,
    );
    return ["objects:", ...objects, "guests:", ...guests, "calls:", `  ${this.calls().join(", ")}`].join("\n");
  }

  fault(on: FakeFault["on"], when: FakeFault["when"], error: ProviderError): void {
    this.proxmox.fault(on, when, error);
  }

  #attempt(probe: string, address: string): Promise<void> {
    const guest = [...this.proxmox.guests.values()].find((one) => one.addresses.includes(address));
    if (guest === undefined || !this.serves(guest))
      return Promise.reject(new ProbeFailure(guest?.power !== "Running", `${probe}: connection refused at ${address}`));
    return Promise.resolve();
  }

  /** It runs, and its services answer. */
  serves(guest: FakeGuest): boolean {
    if (guest.power !== "Running" || guest.startedAt === undefined || this.hung.has(guest.vmid)) return false;
    return this.proxmox.time() - guest.startedAt >= (this.bootSeconds.get(guest.vmid) ?? 3) * 1000;
  }
}
