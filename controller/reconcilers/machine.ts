import { Container, VirtualMachine } from "../api/index.ts";
import { keyOfText, keyText, type Key, type Stored } from "../api/meta.ts";
import type { TaskSeen } from "../providers/port.ts";
import { Controller, type KindRun, type Wake } from "../runtime/controller.ts";
import { Reconciler } from "../runtime/reconcile.ts";
import { clusterDriver } from "./clusterDriver.ts";
import { Connections, type Connection } from "./connections.ts";
import { GuestBrake } from "./guestBrake.ts";
import { guestDriver } from "./guestDriver.ts";
import { GuestMemory } from "./guestMemory.ts";
import { GuestWorkshop } from "./guestWorkshop.ts";
import { homelabDriver } from "./homelabDriver.ts";
import { Intent } from "./intent.ts";
import { LabSource } from "./labSource.ts";
import { layerDriver } from "./layerDriver.ts";
import type { MachinePorts } from "./machinePorts.ts";
import { NodeTasks } from "./nodeTasks.ts";
import { Preflights } from "./preflights.ts";
import { Rivals } from "./rivals.ts";
import { Resync } from "./resync.ts";
import { segmentDriver } from "./segmentDriver.ts";
import { SelfFinder } from "./selfFinder.ts";
import { TaskSlots } from "./taskSlots.ts";
import { GateWatch } from "./gateWatch.ts";
import { aroundGuest, everything, guestKeys, homelabs, isGuest, memberId, onObject, vmidOf } from "./triggers.ts";
import { ViewWatch } from "./viewWatch.ts";
import { lowestGuestsFirst } from "./wakeOrder.ts";

/** Everything that decides and acts, wired together; whoever builds it gives it a world to live in. */
export class Machine {
  readonly #ports: MachinePorts;
  readonly #connections: Connections;
  readonly #memory = new GuestMemory();
  readonly #labs: LabSource;
  readonly #rivals: Rivals;
  readonly #preflights: Preflights;
  readonly #intent: Intent;
  readonly #gates = new GateWatch();
  readonly #resync: Resync;
  readonly #views = new ViewWatch();
  readonly controller: Controller;

  constructor(ports: MachinePorts) {
    this.#ports = ports;
    const { clock, store, kube, health } = ports;
    this.#connections = new Connections(ports.connect, kube);
    this.#intent = new Intent(clock);
    this.#resync = new Resync(clock, this.#memory);
    this.#preflights = new Preflights(clock, ports.tryOnce, (namespace) => {
      this.#wakeParents(namespace);
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
      clock,
      isOurs: (namespace, task) => this.#isOurs(namespace, task),
      onChange: (namespace, what) => {
        this.#labs.setAnother(namespace, what);
        this.#wakeAll(namespace);
      },
    });
    this.controller = new Controller({
      queue: ports.queue,
      store,
      clock,
      log: ports.log,
      kinds: this.#kinds(self),
      triggers: [(change) => this.#onChange(change)],
      workers: ports.workers,
      ...(ports.onPanic === undefined ? {} : { onPanic: ports.onPanic }),
    });
    this.#listen();
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
    this.#preflights.close();
    this.#ports.health.close();
    this.#connections.closeAll();
  }

  #kinds(self: SelfFinder): ReadonlyMap<string, KindRun> {
    const { clock, store, kube, health } = this.#ports;
    const labs = this.#labs;
    const connections = this.#connections;
    const shop = new GuestWorkshop({
      world: store,
      kube,
      clock,
      connections,
      health,
      memory: this.#memory,
      labs,
      nodeTasks: new NodeTasks(),
      slots: new TaskSlots(),
      brake: new GuestBrake(clock),
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
              this.#lookAnew(namespace);
            },
          }),
          0,
        ),
      ],
      ["HomelabLayer", this.#run(layerDriver(labs), 1)],
      ["Container", this.#run(guestDriver(Container, shop), 2)],
      ["VirtualMachine", this.#run(guestDriver(VirtualMachine, shop), 2)],
      ["NetworkSegment", this.#run(segmentDriver({ world: store, connections }), 3)],
    ]);
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

  #listen(): void {
    const { health, store } = this.#ports;
    this.#connections.onChange((connection) => {
      this.#onView(connection);
    });
    health.onChange((text) => {
      this.#onGuest(text);
    });
    health.onRefused((text) => {
      const record = this.#memory.peek(text);
      if (record?.addresses !== undefined) record.addresses.stale = true;
      const key = keyOfText(text);
      const object = store.get(key);
      if (object !== undefined)
        this.#portsOf(key).forEach((port) => {
          port.hurry();
        });
      this.controller.wake(key);
    });
  }

  #onChange(change: Parameters<Intent["note"]>[0]): readonly Wake[] {
    const { namespace } = change.key;
    const told = this.#intent.note(change);
    if (told) this.#labs.redeclared(namespace);
    else this.#labs.touch(namespace, isGuest(change.key) ? memberId(change.key) : undefined);
    const after = told
      ? everything(this.#ports.store, namespace)
          .filter((key) => key.kind === "Homelab")
          .map((key) => ({ key, afterMs: QUIET_MS }))
      : [];
    const wakes = [...onObject(this.#ports.store, change), ...after, ...this.#gatesMoved(namespace)];
    return lowestGuestsFirst(this.#labs.of(namespace), wakes);
  }

  #gatesMoved(namespace: string): readonly Wake[] {
    return this.#gates.moved(this.#labs.of(namespace), this.#ports.store).map((key) => ({ key }));
  }

  /** One guest feels or looks otherwise. */
  #onGuest(text: string): void {
    const key = keyOfText(text);
    const { store } = this.#ports;
    this.#labs.touch(key.namespace, memberId(key));
    for (const { key: woken, afterMs } of [
      ...this.#gatesMoved(key.namespace),
      ...aroundGuest(store, key, store.get(key)),
    ])
      this.controller.wake(woken, afterMs);
  }

  /** A new look at a cluster: whoever looks otherwise is looked at. */
  #onView(connection: Connection): void {
    const { namespace, name } = connection.key;
    if (this.#connections.of(namespace, name) !== connection) {
      this.#lookAnew(namespace);
      return;
    }
    this.#rivals.look(connection);
    const news = this.#views.news(connection);
    if (news.shrank) connection.permissionsStale = true;
    this.#resyncOne(connection);
    const changed = news.whole || news.vmids.size > 0;
    if (changed) this.#labs.touch(namespace);
    if (news.looked) this.#labs.looked(namespace);
    if (!changed) return;
    if (news.whole) this.#wakeAll(namespace);
    else this.#wakeVmids(connection, news.vmids);
  }

  /** Now and then one guest's configuration is read again (O5). */
  #resyncOne({ key, port }: Connection): void {
    const { store } = this.#ports;
    const seen = port.seen();
    const placed = Map.groupBy(
      guestKeys(store, key.namespace),
      (guest) => seen?.guests.get(vmidOf(store.get(guest)) ?? -1)?.node,
    );
    for (const [node, guests] of placed) {
      const next = node === undefined ? undefined : this.#resync.next(node, guests.map(keyText));
      if (next !== undefined) this.controller.wake(keyOfText(next));
    }
  }

  #wakeVmids(connection: Connection, vmids: ReadonlySet<number>): void {
    const { store } = this.#ports;
    const { namespace } = connection.key;
    const guests = guestKeys(store, namespace).filter((key) => vmids.has(vmidOf(store.get(key)) ?? -1));
    const wakes = guests.flatMap((key) => aroundGuest(store, key, store.get(key)));
    this.controller.wake(connection.key);
    for (const { key, afterMs } of [...this.#gatesMoved(namespace), ...wakes]) this.controller.wake(key, afterMs);
  }

  #portsOf(key: Key): readonly Connection["port"][] {
    return this.#ports.store
      .list("ProxmoxCluster", key.namespace)
      .flatMap((cluster) => this.#connections.of(key.namespace, cluster.metadata.name)?.port ?? []);
  }

  #wakeParents(namespace: string): void {
    this.#labs.touch(namespace);
    for (const key of homelabs(this.#ports.store, namespace)) this.controller.wake(key);
    for (const key of guestKeys(this.#ports.store, namespace)) this.controller.wake(key);
  }

  /** Something that everybody goes by is other than before. */
  #lookAnew(namespace: string): void {
    this.#labs.touch(namespace);
    this.#wakeAll(namespace);
  }

  #wakeAll(namespace: string): void {
    for (const key of everything(this.#ports.store, namespace)) this.controller.wake(key);
  }

  /** A UPID that a status or our memory names, or that an intent without an answer may have made (A3). */
  #isOurs(namespace: string, task: TaskSeen): boolean {
    if (this.#memory.knows(task.upid)) return true;
    return guestKeys(this.#ports.store, namespace).some((key) => {
      const object: Stored | undefined = this.#ports.store.get(key);
      const status = object?.status as { readonly task?: { readonly upid?: string } } | undefined;
      if (String(vmidOf(object)) !== task.id) return false;
      return status?.task !== undefined && (status.task.upid === undefined || status.task.upid === task.upid);
    });
  }
}

/** A little more than the quiet time of intent (L2). */
const QUIET_MS = 2_050;
