import { Container, VirtualMachine } from "../api/index.ts";
import { keyOfText, type Stored } from "../api/meta.ts";
import type { TaskSeen } from "../providers/port.ts";
import { Controller, type KindRun } from "../runtime/controller.ts";
import { Reconciler } from "../runtime/reconcile.ts";
import { ClientWatch } from "./clientWatch.ts";
import { clusterDriver } from "./clusterDriver.ts";
import { Connections } from "./connections.ts";
import { GuestBrake } from "./guestBrake.ts";
import { guestDriver } from "./guestDriver.ts";
import { GuestMemory } from "./guestMemory.ts";
import { GuestWorkshop } from "./guestWorkshop.ts";
import { homelabDriver } from "./homelabDriver.ts";
import { Intent } from "./intent.ts";
import { LabSource } from "./labSource.ts";
import { layerDriver } from "./layerDriver.ts";
import type { MachinePorts } from "./machinePorts.ts";
import { networkDrivers } from "./networkDrivers.ts";
import { NetworkShop } from "./networkShop.ts";
import { OmadaConnections } from "./omadaConnections.ts";
import { OmadaDeletions } from "./omadaDeletions.ts";
import { SiteLanes } from "./siteLanes.ts";
import { NodeTasks } from "./nodeTasks.ts";
import { Preflights } from "./preflights.ts";
import { Rivals } from "./rivals.ts";
import { Resync } from "./resync.ts";
import { SelfFinder } from "./selfFinder.ts";
import { snapshotDriver } from "./snapshotDriver.ts";
import { SnapshotMemory } from "./snapshotMemory.ts";
import { isPolicyTask } from "./snapshotTasks.ts";
import { TaskSlots } from "./taskSlots.ts";
import { TaskWatch } from "./taskWatch.ts";
import { guestKeys, vmidOf } from "./triggers.ts";
import { Wakes } from "./wakes.ts";

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

  constructor(ports: MachinePorts) {
    this.#ports = ports;
    const { clock, store, kube, health } = ports;
    const wakeText = (text: string): void => {
      this.controller.wake(keyOfText(text));
    };
    this.#taskWatch = new TaskWatch(clock, wakeText, () => this.#slots.awaited);
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
    this.controller = new Controller({
      queue: ports.queue,
      store,
      clock,
      log: ports.log,
      kinds: this.#kinds(self),
      triggers: [(change) => this.#wakes.onChange(change)],
      workers: ports.workers,
      ...(ports.onPanic === undefined ? {} : { onPanic: ports.onPanic }),
    });
    this.#wakes.listen();
  }

  get connections(): Connections {
    return this.#connections;
  }

  get labs(): LabSource {
    return this.#labs;
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

  #kinds(self: SelfFinder): ReadonlyMap<string, KindRun> {
    const { clock, store, kube, health } = this.#ports;
    const labs = this.#labs;
    const connections = this.#connections;
    const nodeTasks = new NodeTasks();
    const deletions = new OmadaDeletions(store, clock);
    const brake = new GuestBrake(clock, deletions);
    const shop = new GuestWorkshop({
      world: store,
      kube,
      clock,
      connections,
      health,
      memory: this.#memory,
      labs,
      nodeTasks,
      slots: this.#slots,
      taskWatch: this.#taskWatch,
      brake,
      wake: (text) => {
        this.controller.wake(keyOfText(text));
      },
      meets: (connection, tasks) => {
        this.#rivals.meet(connection, tasks);
      },
    });
    return new Map<string, KindRun>([
      ["Homelab", this.#run(homelabDriver({ labs, preflights: this.#preflights, rivals: this.#rivals }), 0)],
      [
        "ProxmoxCluster",
        this.#run(
          clusterDriver({
            clock,
            connections,
            labs,
            self,
            onKnown: (namespace) => {
              this.#wakes.anew(namespace);
            },
          }),
          0,
        ),
      ],
      ["HomelabLayer", this.#run(layerDriver(labs), 1)],
      ["Container", this.#run(guestDriver(Container, shop), 2)],
      ["VirtualMachine", this.#run(guestDriver(VirtualMachine, shop), 2)],
      ["SnapshotPolicy", this.#run(this.#snapshotDriver(nodeTasks), 3)],
      ...this.#network(deletions, brake).map(([kind, driver]) => [kind, this.#run(driver, 3)] as const),
    ]);
  }

  #network(deletions: OmadaDeletions, brake: GuestBrake): ReturnType<typeof networkDrivers> {
    const { clock, store, kube, ownAddresses } = this.#ports;
    const shop = new NetworkShop({
      world: store,
      kube,
      clock,
      sites: this.#sites,
      labs: this.#labs,
      lanes: new SiteLanes(clock),
      deletions,
      brake,
      clients: new ClientWatch(clock),
      ownAddresses,
      wake: (key) => {
        this.controller.wake(key);
      },
    });
    return networkDrivers(shop, this.#connections);
  }

  #snapshotDriver(nodeTasks: NodeTasks): ReturnType<typeof snapshotDriver> {
    const { clock, store } = this.#ports;
    return snapshotDriver({
      world: store,
      clock,
      connections: this.#connections,
      labs: this.#labs,
      nodeTasks,
      taskWatch: this.#taskWatch,
      memory: this.#snapshots,
      slots: new TaskSlots(),
    });
  }

  #run(driver: ConstructorParameters<typeof Reconciler>[0], priority: number): KindRun {
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
