import { keyOfText, type Stored } from "../api/meta.ts";
import type { TaskSeen } from "../providers/port.ts";
import { Controller, type KindRun } from "../runtime/controller.ts";
import { Reconciler } from "../runtime/reconcile.ts";
import { Connections } from "./shared/connections.ts";
import { driversOf, type DriverOf, type Drivers } from "./drivers.ts";
import { GuestMemory } from "./lab/guestMemory.ts";
import { Intent } from "./shared/intent.ts";
import { LabSource } from "./lab/labSource.ts";
import type { MachinePorts } from "./machinePorts.ts";
import { OmadaConnections } from "./network/omadaConnections.ts";
import { Preflights } from "./lab/preflights.ts";
import { Rivals } from "./lab/rivals.ts";
import { Resync } from "./wakes/resync.ts";
import { SelfFinder } from "./lab/selfFinder.ts";
import { SnapshotMemory } from "./snapshots/snapshotMemory.ts";
import { isPolicyTask } from "./shared/snapshotTasks.ts";
import { TaskSlots } from "./shared/taskSlots.ts";
import { TaskWatch } from "./shared/taskWatch.ts";
import { guestKeys, vmidOf } from "./wakes/triggers.ts";
import { Wakes } from "./wakes/wakes.ts";

/** Everything that decides and acts, wired together; whoever builds it gives it a world to live in. */
export class Machine {
  readonly #ports: MachinePorts;
  readonly #connections: Connections;
  readonly #sites: OmadaConnections;
  readonly #memory = new GuestMemory();
  readonly #snapshots: SnapshotMemory;
  readonly #labs: LabSource;
  readonly #rivals: Rivals;
  readonly #preflights: Preflights;
  readonly #intent: Intent;
  readonly #wakes: Wakes;
  readonly #slots = new TaskSlots();
  readonly #taskWatch: TaskWatch;
  readonly controller: Controller;
  readonly drivers: Drivers;

  constructor(ports: MachinePorts) {
    this.#ports = ports;
    const { clock, store, kube, health } = ports;
    this.#taskWatch = new TaskWatch(clock, this.#wakeText, () => this.#slots.awaited);
    this.#snapshots = new SnapshotMemory(clock);
    this.#connections = new Connections(ports.connect, kube);
    this.#sites = new OmadaConnections(ports.connectOmada, kube);
    this.#intent = new Intent(clock);
    this.#preflights = new Preflights(clock, ports.tryOnce, (namespace) => {
      this.#wakes.guestsAndHomelab(namespace);
    });
    const self = new SelfFinder(ports.clues, this.#connections);
    this.#labs = new LabSource({
      world: store,
      clock,
      connections: this.#connections,
      health,
      memory: this.#memory,
      intent: this.#intent,
      preflights: this.#preflights,
      self,
      leads: ports.mayAct,
    });
    this.#rivals = new Rivals({
      isOurs: (namespace, task) => this.#isOurs(namespace, task),
      onChange: (namespace, what) => {
        this.#labs.setAnother(namespace, what);
        this.#wakes.all(namespace);
      },
    });
    this.#wakes = new Wakes({
      store,
      clock,
      connections: this.#connections,
      sites: this.#sites,
      labs: this.#labs,
      memory: this.#memory,
      intent: this.#intent,
      health,
      rivals: this.#rivals,
      resync: new Resync(clock, this.#memory),
      wake: (key, afterMs) => {
        this.controller.wake(key, afterMs);
      },
    });
    this.drivers = this.#driversWith(self);
    this.controller = this.#controllerOf(this.drivers);
    this.#wakes.listen();
  }

  get connections(): Connections {
    return this.#connections;
  }

  get labs(): LabSource {
    return this.#labs;
  }

  get sites(): OmadaConnections {
    return this.#sites;
  }

  /** We lead from now on: look at everything. */
  lead(namespaces: readonly string[]): void {
    this.#rivals.lead();
    this.controller.wakeAll(namespaces);
  }

  close(): void {
    this.#taskWatch.close();
    this.#preflights.close();
    this.#ports.health.close();
    this.#connections.closeAll();
    this.#sites.closeAll();
  }

  readonly #wakeText = (text: string): void => {
    this.controller.wake(keyOfText(text));
  };

  #controllerOf({ byKind }: Drivers): Controller {
    const { queue, store, clock, log, workers, onPanic } = this.#ports;
    return new Controller({
      queue,
      store,
      clock,
      log,
      kinds: new Map([...byKind].map(([kind, one]) => [kind, this.#run(one)])),
      triggers: [(change) => this.#wakes.onChange(change)],
      workers,
      ...(onPanic === undefined ? {} : { onPanic }),
    });
  }

  #driversWith(self: SelfFinder): Drivers {
    return driversOf({
      ports: this.#ports,
      connections: this.#connections,
      sites: this.#sites,
      memory: this.#memory,
      snapshots: this.#snapshots,
      labs: this.#labs,
      self,
      preflights: this.#preflights,
      rivals: this.#rivals,
      slots: this.#slots,
      taskWatch: this.#taskWatch,
      wake: this.#wakeText,
      onKnown: (namespace) => {
        this.#wakes.anew(namespace);
      },
    });
  }

  #run({ driver, priority }: DriverOf): KindRun {
    const { kube, store, clock, record, mayAct, mayActUnrecorded, untilKilled } = this.#ports;
    const reconciler = new Reconciler(driver, {
      kube,
      store,
      clock,
      record,
      mayAct,
      untilKilled,
      ...(mayActUnrecorded === undefined ? {} : { mayActUnrecorded }),
    });
    if (this.#ports.onPass !== undefined) reconciler.onPass(this.#ports.onPass);
    return { reconcile: reconciler.reconcile, priority };
  }

  /** A UPID that a status or our memory names, or that an intent without an answer may have made (A3). */
  #isOurs(namespace: string, task: TaskSeen): boolean {
    if (this.#memory.knows(task.upid) || this.#snapshots.own.has(task.upid)) return true;
    if (isPolicyTask(this.#ports.store, namespace, task)) return true;
    return guestKeys(this.#ports.store, namespace).some((key) => {
      const object: Stored | undefined = this.#ports.store.get(key);
      const status = object?.status as { readonly task?: { readonly upid?: string } } | undefined;
      if (String(vmidOf(object)) !== task.id) return false;
      return status?.task !== undefined && (status.task.upid === undefined || status.task.upid === task.upid);
    });
  }
}
