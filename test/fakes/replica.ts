import { kinds } from "../../controller/api/index.ts";
import type { Key } from "../../controller/api/meta.ts";
import type { Log } from "../../controller/base/log.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import { Prober } from "../../controller/health/prober.ts";
import { Machine } from "../../controller/reconcilers/machine.ts";
import type { TryOnce } from "../../controller/reconcilers/lab/preflights.ts";
import type { Clues } from "../../controller/reconcilers/lab/selfFinder.ts";
import { EventRecorder } from "../../controller/runtime/events.ts";
import type { PassReport } from "../../controller/runtime/passReport.ts";
import { Queue } from "../../controller/runtime/queue.ts";
import { Store } from "../../controller/runtime/store.ts";
import { Watcher } from "../../controller/runtime/watcher.ts";
import type { FakeClock } from "./clock.ts";
import type { FakeKube } from "./kube.ts";
import type { FakeOmada } from "./omada.ts";
import type { FakeProxmox } from "./proxmox.ts";

export const TOKEN = "controller@pve!lab";

/** What one controller process lives in. */
export interface Surroundings {
  readonly clock: FakeClock;
  readonly kube: FakeKube;
  readonly proxmox: FakeProxmox;
  readonly omada: FakeOmada;
  readonly log: Log;
  readonly namespace: string;
  readonly attempt: (probe: string, address: string) => Promise<void>;
  readonly tryOnce: TryOnce;
  readonly clues: () => Promise<Clues>;
  readonly onPass: (report: PassReport) => void;
  readonly onPanic: (key: Key) => void;
}

/** One controller process: it looks from its begin, and acts while it leads and has seen every object once (P1). */
export class Replica {
  readonly machine: Machine;
  leads = false;
  readonly #namespace: string;
  readonly #abort = new AbortController();
  #synced = false;

  constructor(around: Surroundings) {
    this.#namespace = around.namespace;
    const { clock, kube, log } = around;
    const store = new Store();
    const events = new EventRecorder({ kube, clock, log });
    this.machine = this.#machine(around, store, events);
    const { signal } = this.#abort;
    const onBack = (): void => {
      this.machine.controller.hurry();
    };
    const ports = { kube, store, clock, log, random: () => 0.5, onBack };
    const watchers = kinds.map((kind) => new Watcher(kind, this.#namespace, ports));
    const watching = watchers.map((watcher) => watcher.run(signal));
    const working = Promise.all(watchers.map((watcher) => watcher.synced)).then(() => {
      this.#synced = true;
      if (this.leads) this.machine.lead([this.#namespace]);
      return this.machine.controller.run(signal);
    });
    void Promise.allSettled([...watching, working, events.run(signal)]);
  }

  lead(): void {
    this.leads = true;
    if (this.#synced) this.machine.lead([this.#namespace]);
  }

  /** Gone from one moment to the next; nothing in memory survives. */
  kill(): void {
    this.#abort.abort(new Error("killed"));
    this.machine.close();
  }

  readonly #mayAct = (): boolean => this.leads && this.#synced && !this.#abort.signal.aborted;

  #machine(around: Surroundings, store: Store, events: EventRecorder): Machine {
    const { clock, kube, log, proxmox } = around;
    return new Machine({
      kube,
      store,
      queue: new Queue({ clock }),
      clock,
      log,
      health: new Prober({
        clock,
        log,
        random: () => 0.5,
        attempt: (probe, address) => around.attempt(probe.name, address),
      }),
      connect: (connection, firstSequence) =>
        proxmox.port({
          firstSequence,
          identity: connection.tokenId,
          pollIntervalSeconds: connection.pollIntervalSeconds,
          allowed: () => {
            if (!this.#mayAct()) throw new ProviderError("unreachable", "the lease is not held");
          },
        }),
      connectOmada: (connection, firstSequence) =>
        around.omada.port({
          firstSequence,
          pollIntervalSeconds: connection.pollIntervalSeconds,
          allowed: () => {
            if (!this.#mayAct()) throw new ProviderError("unreachable", "the lease is not held");
          },
        }),
      ownAddresses: () => [],
      tryOnce: around.tryOnce,
      clues: around.clues,
      record: events.record,
      mayAct: this.#mayAct,
      untilKilled: this.#abort.signal,
      workers: 4,
      onPass: around.onPass,
      onPanic: around.onPanic,
    });
  }
}
