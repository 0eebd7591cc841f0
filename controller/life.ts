import { randomUUID } from "node:crypto";
import { kinds } from "./api/index.ts";
import { untilAborted } from "./base/untilAborted.ts";
import { systemClock, type Clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { ProviderError } from "./base/outcome.ts";
import { addressesHere, cluesHere } from "./clues.ts";
import type { Config } from "./config.ts";
import { attempt } from "./health/attempt.ts";
import { once } from "./health/once.ts";
import { Prober } from "./health/prober.ts";
import { connectOmada } from "./providers/omada/connect.ts";
import { connectProxmox } from "./providers/proxmox/connect.ts";
import { LabMetrics } from "./reconcilers/lab/labMetrics.ts";
import { Machine } from "./reconcilers/machine.ts";
import { EventRecorder } from "./runtime/events.ts";
import { serve, type Listening } from "./runtime/http.ts";
import type { Kube } from "./runtime/kube.ts";
import { KubeClient } from "./runtime/kubeClient.ts";
import type { ApiServer } from "./runtime/kubeconfig.ts";
import { KubeHttp } from "./runtime/kubeHttp.ts";
import { Leader } from "./runtime/leader.ts";
import { MachineMetrics } from "./runtime/machineMetrics.ts";
import { Metrics } from "./runtime/metrics.ts";
import { logPasses } from "./runtime/passReport.ts";
import { Queue } from "./runtime/queue.ts";
import { Store } from "./runtime/store.ts";
import { Watcher } from "./runtime/watcher.ts";

export interface Birth {
  readonly config: Config;
  readonly namespaces: readonly [string, ...string[]];
  readonly server: ApiServer;
  readonly log: Log;
  readonly version: string;
  /** From 0 to 1. */
  readonly random: () => number;
}

const LEASE = "homelab-controller";
/** A pass may finish its current call for so long after SIGTERM (P2). */
const GRACE_MS = 8_000;
/** A worker that has had its key for so long will not come back. */
const STUCK_MS = 300_000;

/** One life of the controller, from its first list to the release of its lease. Resolves when `stop` is through. */
export class Life {
  readonly #birth: Birth;
  readonly #clock: Clock = systemClock;
  readonly #metrics = new Metrics();
  readonly #machineMetrics: MachineMetrics;
  readonly #kube: Kube;
  readonly #store = new Store();
  readonly #queue: Queue;
  readonly #events: EventRecorder;
  readonly #leader: Leader | undefined;
  readonly #machine: Machine;
  readonly #watchers: readonly Watcher[];
  readonly #stopping = new AbortController();
  readonly #killed = new AbortController();
  #synced = false;

  constructor(birth: Birth) {
    this.#birth = birth;
    const { config, log, server, version } = birth;
    const build = { version, revision: "" };
    this.#machineMetrics = new MachineMetrics(this.#metrics, {
      kinds: kinds.map((kind) => kind.kind),
      workers: config.workers,
      build,
    });
    const instance = `${config.podName ?? "homelab-controller"}-${randomUUID().slice(0, 8)}`;
    const http = new KubeHttp(server, {
      clock: this.#clock,
      userAgent: `homelab-controller/${version}`,
      onRequest: this.#machineMetrics.onRequest,
    });
    this.#kube = new KubeClient(http, { clock: this.#clock, random: this.#birth.random, instance });
    this.#queue = new Queue({ clock: this.#clock, observer: this.#machineMetrics.queueObserver("homelab") });
    this.#machineMetrics.watchQueue("homelab", this.#queue);
    this.#events = new EventRecorder({ kube: this.#kube, clock: this.#clock, log });
    this.#leader = config.leaderElect ? this.#elect(instance) : undefined;
    this.#machine = this.#build();
    this.#watchers = this.#watch();
  }

  /** Lives until `stop`. */
  async run(): Promise<void> {
    const { log } = this.#birth;
    const signal = this.#stopping.signal;
    const listening = await this.#serve();
    const watching = this.#watchers.map((watcher) => watcher.run(this.#killed.signal));
    const telling = this.#events.run(signal);
    const leading = this.#leader?.run(signal);
    await Promise.race([Promise.all(this.#watchers.map((watcher) => watcher.synced)), untilAborted(signal)]);
    this.#synced = !signal.aborted;
    if (this.#synced) log.info("Caches synced", { namespaces: this.#birth.namespaces });
    if (this.#synced && this.#leads()) this.#machine.lead(this.#birth.namespaces);
    if (this.#synced) await this.#machine.controller.run(signal);
    await this.#end(listening, [telling, leading ?? Promise.resolve()], watching);
  }

  /** Ends the current call, begins nothing new, releases the lease (P2). */
  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#birth.log.info("Stopping", {});
    this.#stopping.abort(new Error("stopping"));
    this.#clock.after(GRACE_MS, () => {
      this.#killed.abort(new Error("the grace period is over"));
    });
  }

  async #end(
    listening: Listening | undefined,
    soon: readonly Promise<void>[],
    watching: readonly Promise<void>[],
  ): Promise<void> {
    await Promise.all(soon);
    const last = AbortSignal.timeout(1_500);
    await this.#events.flush(last);
    await this.#leader?.release(last);
    this.#machine.close();
    this.#killed.abort(new Error("stopped"));
    await Promise.all(watching);
    await listening?.close();
  }

  #leads(): boolean {
    return this.#leader?.holds() ?? true;
  }

  readonly #mayAct = (): boolean => this.#synced && this.#leads() && !this.#stopping.signal.aborted;

  /** Asked right before each mutation leaves (P1). */
  readonly #allowed = (): void => {
    if (!this.#mayAct()) throw new ProviderError("unreachable", "the lease is not held, so nothing is sent");
  };

  /** With one replica outside the cluster, repairs go on while the API server is away (P1). */
  readonly #mayActUnrecorded = (): boolean => this.#leader === undefined && this.#mayAct();

  #elect(identity: string): Leader {
    const { config, namespaces, log } = this.#birth;
    const leaseMs = config.leaseDurationSeconds * 1_000;
    const leader = new Leader({
      kube: this.#kube,
      clock: this.#clock,
      log,
      namespace: namespaces[0],
      name: LEASE,
      identity,
      leaseMs,
      renewMs: (leaseMs * 2) / 3,
      retryMs: leaseMs / 7.5,
    });
    this.#machineMetrics.onLeading(LEASE, false);
    leader.onTransition((leads) => {
      this.#machineMetrics.onLeading(LEASE, leads);
      if (leads && this.#synced) this.#machine.lead(namespaces);
    });
    return leader;
  }

  #build(): Machine {
    const { log, config } = this.#birth;
    const clock = this.#clock;
    const attempts = attempt(clock);
    const health = new Prober({ clock, log, attempt: attempts, random: this.#birth.random });
    const labMetrics = new LabMetrics(this.#metrics, this.#store);
    const logged = logPasses(log);
    return new Machine({
      kube: this.#kube,
      store: this.#store,
      queue: this.#queue,
      clock,
      log,
      health,
      connect: (connection, firstSequence) =>
        connectProxmox(connection, {
          firstSequence,
          clock,
          log,
          allowed: this.#allowed,
          onRequest: labMetrics.onRequest("proxmox"),
        }),
      connectOmada: (connection, firstSequence) =>
        connectOmada(connection, {
          firstSequence,
          clock,
          log,
          allowed: this.#allowed,
          onRequest: labMetrics.onRequest("omada"),
        }),
      ownAddresses: addressesHere,
      tryOnce: async (probe, signal) => {
        const answer = await once(attempts, probe, [], signal);
        return answer.ok ? undefined : answer.message;
      },
      clues: () => cluesHere(() => this.#kube.nodeUuids(this.#stopping.signal)),
      record: this.#events.record,
      mayAct: this.#mayAct,
      mayActUnrecorded: this.#mayActUnrecorded,
      untilKilled: this.#killed.signal,
      workers: config.workers,
      onPass: (report) => {
        this.#machineMetrics.onPass(report);
        labMetrics.onPass(report);
        logged(report);
      },
      onPanic: this.#machineMetrics.onPanic,
    });
  }

  #watch(): readonly Watcher[] {
    const ports = {
      kube: this.#kube,
      store: this.#store,
      clock: this.#clock,
      log: this.#birth.log,
      random: this.#birth.random,
    };
    return this.#birth.namespaces.flatMap((namespace) =>
      kinds.map(
        (kind) =>
          new Watcher(kind, namespace, {
            ...ports,
            onRelist: () => {
              this.#machineMetrics.onRelist(kind.kind);
            },
            onBack: () => this.#machine.controller.hurry(),
          }),
      ),
    );
  }

  async #serve(): Promise<Listening | undefined> {
    const { metrics } = this.#birth.config;
    if (metrics === undefined) return undefined;
    const listening = await serve(metrics, {
      metrics: (accept) => this.#metrics.page(accept),
      sick: () => (this.#machine.controller.sinceBeatMs > STUCK_MS ? "the loop has not moved for 5 min" : undefined),
      unready: () => (this.#synced ? undefined : "caches are not synced"),
    });
    this.#birth.log.info("Serving metrics and health", { port: listening.port });
    return listening;
  }
}
