import { keyText, type BaseStatus, type Claim, type Key, type Stored } from "../../controller/api/meta.ts";
import type { Clock } from "../../controller/base/clock.ts";
import { silentLog } from "../../controller/base/log.ts";
import type { Outcome } from "../../controller/base/outcome.ts";
import { Controller, type Trigger } from "../../controller/runtime/controller.ts";
import type { Action, Decision, Driver, Receipt } from "../../controller/runtime/driver.ts";
import { EventRecorder } from "../../controller/runtime/events.ts";
import type { Kube } from "../../controller/runtime/kube.ts";
import type { PassReport } from "../../controller/runtime/passReport.ts";
import { Queue } from "../../controller/runtime/queue.ts";
import { Reconciler } from "../../controller/runtime/reconcile.ts";
import { Store } from "../../controller/runtime/store.ts";
import { Watcher } from "../../controller/runtime/watcher.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

export const LAMP = { kind: "Lamp", plural: "lamps" };
export const NAMESPACE = "home";

export interface LampStatus extends BaseStatus {
  readonly task?: { readonly action: string; readonly upid?: string };
  readonly bright?: number;
}
export type Lamp = Stored<{ readonly bright: number }, LampStatus>;

export const settled: Outcome = { is: "settled", reason: "Settled", message: "as declared" };
export const starting: Outcome = { is: "progressing", reason: "Starting", message: "being switched on" };

export function key(name = "hall"): Key {
  return { kind: LAMP.kind, namespace: NAMESPACE, name };
}

/** A driver whose every step a test can replace. Switches lamps in `#on`. */
export class LampDriver implements Driver<Lamp, LampStatus, number, Action> {
  readonly kind = LAMP;
  /** Brightness of the lamps outside. */
  readonly on = new Map<string, number>();
  readonly calls: string[] = [];
  readonly forgotten: string[] = [];
  readonly ended: unknown[] = [];
  makesTask = true;
  repair = false;
  observing: (object: Lamp) => Promise<void> = () => Promise.resolve();
  executing: (action: Action) => Promise<Receipt> = () => Promise.resolve({ upid: "UPID:1" });
  deciding: ((object: Lamp, seen: number) => Decision<LampStatus, Action>) | undefined;
  claims: readonly Claim[] = [];

  async observe(object: Lamp): Promise<number> {
    this.calls.push(`observe ${object.metadata.name}`);
    await this.observing(object);
    return this.on.get(object.metadata.name) ?? 0;
  }

  decide(object: Lamp, seen: number): Decision<LampStatus, Action> {
    if (this.deciding !== undefined) return this.deciding(object, seen);
    const report = seen === 0 ? {} : { bright: seen };
    if (seen === object.spec.bright) return { outcome: settled, report, conditions: this.claims };
    const action = { op: "Dim", because: `${String(seen)} → ${String(object.spec.bright)}`, makesTask: this.makesTask };
    return { outcome: starting, report, conditions: this.claims, action: { ...action, repair: this.repair } };
  }

  async execute(action: Action, object: Lamp): Promise<Receipt> {
    this.calls.push(`execute ${action.op} ${object.metadata.name}`);
    const receipt = await this.executing(action);
    this.on.set(object.metadata.name, object.spec.bright);
    return receipt;
  }

  intent(
    report: Omit<LampStatus, keyof BaseStatus>,
    action: Action,
    receipt: Receipt | undefined,
  ): Omit<LampStatus, keyof BaseStatus> {
    const upid = receipt?.upid;
    return { ...report, task: { action: action.op, ...(upid === undefined ? {} : { upid }) } };
  }

  after(action: Action, _object: Lamp, receipt: Receipt | undefined, error: unknown): void {
    this.ended.push({ op: action.op, receipt, error });
  }

  forget(text: string): void {
    this.forgotten.push(text);
  }
}

/** An API server and a clock of another make. */
export interface Outside {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly namespace: string;
}

/** The whole machine around one kind; in memory, unless told otherwise. */
export class LampLab implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly kube = new FakeKube(this.clock);
  readonly store = new Store();
  readonly driver = new LampDriver();
  readonly recorder: EventRecorder;
  readonly reports: PassReport[] = [];
  readonly reconciler: Reconciler<Lamp, LampStatus, number, Action>;
  readonly watcher: Watcher;
  readonly controller: Controller;
  leads = true;
  unrecorded = false;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(trigger: Trigger = onIntent, outside?: Outside) {
    const { store } = this;
    const { kube, clock, namespace } = outside ?? { kube: this.kube, clock: this.clock, namespace: NAMESPACE };
    this.recorder = new EventRecorder({ kube, clock, log: silentLog });
    this.reconciler = new Reconciler(this.driver, {
      kube,
      store,
      clock,
      record: this.recorder.record,
      mayAct: () => this.leads,
      mayActUnrecorded: () => this.unrecorded,
      untilKilled: new AbortController().signal,
    });
    this.reconciler.onPass((report) => this.reports.push(report));
    this.watcher = new Watcher(LAMP, namespace, { kube, store, clock, log: silentLog, random: () => 0.5 });
    const kinds = new Map([[LAMP.kind, { reconcile: this.reconciler.reconcile, priority: 2 }]]);
    const queue = new Queue({ clock });
    this.controller = new Controller({ queue, store, clock, log: silentLog, kinds, triggers: [trigger], workers: 2 });
  }

  start(): void {
    const { signal } = this.#stop;
    this.#running.push(this.watcher.run(signal), this.controller.run(signal), this.recorder.run(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.clock.advance(0);
    await Promise.all(this.#running);
  }

  /** Puts what the API server has into the store, without a watcher. */
  sync(): void {
    const items = this.kube.all(LAMP.kind);
    const last = items.map((item) => Number(item.metadata.resourceVersion)).reduce((a, b) => Math.max(a, b), 0);
    this.store.replace(LAMP.kind, NAMESPACE, { items, resourceVersion: String(last) });
  }

  apply(name = "hall", bright = 5): Stored {
    return this.kube.apply({ kind: LAMP.kind, metadata: { name, namespace: NAMESPACE }, spec: { bright } });
  }

  lamp(name = "hall"): Lamp {
    const object = this.kube.read(key(name));
    if (object === undefined) throw new Error(`${keyText(key(name))} is gone`);
    return object as Lamp;
  }

  /** "Ready=True/Settled" for each condition. */
  conditions(name = "hall"): readonly string[] {
    return (this.lamp(name).status?.conditions ?? []).map((c) => `${c.type}=${c.status}/${c.reason}`);
  }
}

/** Wakes the object itself when a person changed it. */
export const onIntent: Trigger = (change) => {
  const { before, after } = change;
  const told = (object: Stored | undefined): string =>
    JSON.stringify([object?.metadata.generation, object?.metadata.finalizers, object?.metadata.annotations]);
  return told(before) === told(after) ? [] : [{ key: change.key }];
};
