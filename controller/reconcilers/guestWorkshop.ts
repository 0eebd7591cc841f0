import type { Guest, GuestStatus } from "../api/index.ts";
import { isDeleting, keyOf, keyText } from "../api/meta.ts";
import type { Clock } from "../base/clock.ts";
import type { HealthPort, HealthSeen } from "../health/port.ts";
import type { Decision } from "../plan/action.ts";
import type { GuestAction, GuestInput, Sight } from "../plan/guestInput.ts";
import { waiting } from "../plan/guestStep.ts";
import type { GuestRef, GuestSeen, ProxmoxPort, TaskSeen } from "../providers/port.ts";
import type { Kube } from "../runtime/kube.ts";
import type { World } from "../runtime/store.ts";
import type { Connection, Connections } from "./connections.ts";
import type { GuestBrake } from "./guestBrake.ts";
import { inputOf } from "./guestInputOf.ts";
import { newer, type GuestMemory } from "./guestMemory.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import { startIdOf, type Looking } from "./guestSight.ts";
import type { LabSource } from "./labSource.ts";
import type { NodeTasks } from "./nodeTasks.ts";
import { guestsIn } from "./objects.ts";
import { clusterOf } from "./resolve.ts";
import type { TaskSlots } from "./taskSlots.ts";

export interface WorkshopParts {
  readonly world: World;
  readonly kube: Pick<Kube, "secret" | "namespaceTerminating">;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly health: HealthPort;
  readonly memory: GuestMemory;
  readonly labs: LabSource;
  readonly nodeTasks: NodeTasks;
  readonly slots: TaskSlots;
  readonly brake: GuestBrake;
  /** Puts a guest into the queue. */
  readonly wake: (keyText: string) => void;
  /** Tells of tasks that may be another controller's (A3). */
  readonly meets: (connection: Connection, tasks: readonly TaskSeen[]) => void;
}

/** What the guest driver works with: the sources, and the memory of this process. */
export class GuestWorkshop {
  readonly #parts: WorkshopParts;

  constructor(parts: WorkshopParts) {
    this.#parts = parts;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get memory(): GuestMemory {
    return this.#parts.memory;
  }

  get labs(): LabSource {
    return this.#parts.labs;
  }

  get kube(): WorkshopParts["kube"] {
    return this.#parts.kube;
  }

  get brake(): GuestBrake {
    return this.#parts.brake;
  }

  connectionOf(object: Guest): Connection | undefined {
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    return typeof cluster === "string"
      ? undefined
      : this.#parts.connections.of(object.metadata.namespace, cluster.metadata.name);
  }

  portOf(object: Guest): ProxmoxPort | undefined {
    return this.connectionOf(object)?.port;
  }

  /** Where the guest was last seen. */
  refOf(object: Guest): GuestRef | undefined {
    return newer(
      this.portOf(object)?.seen()?.guests.get(object.spec.vmid),
      this.memory.peek(keyText(keyOf(object)))?.read,
    );
  }

  vmidOf(namespace: string, name: string): number | undefined {
    return guestsIn(this.#parts.world, namespace).find((guest) => guest.metadata.name === name)?.spec.vmid;
  }

  /** Why there is no connection, as a sight; undefined when there is one. */
  lost(object: Guest): Sight | undefined {
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    if (typeof cluster === "string") return { is: "noCluster", message: cluster };
    if (this.connectionOf(object) !== undefined) return undefined;
    const trouble = this.#parts.connections.troubleOf(object.metadata.namespace, cluster.metadata.name);
    return {
      is: "unseen",
      reason: trouble?.reason ?? "Connecting",
      message: trouble?.message ?? `connecting to ${cluster.metadata.name}`,
    };
  }

  looking(object: Guest, connection: Connection): Looking {
    const { clock, nodeTasks, meets } = this.#parts;
    return {
      connection,
      clock,
      nodeTasks,
      record: this.memory.of(keyText(keyOf(object))),
      meets: (tasks) => {
        meets(connection, tasks);
      },
    };
  }

  health(object: Guest): HealthSeen | undefined {
    return this.#parts.health.of(keyText(keyOf(object)));
  }

  /** Declares to the prober what to probe from now on (H1, H2). While the guest cannot be seen, probing goes on (O4). */
  probe(object: Guest, sight: Sight): void {
    const key = keyText(keyOf(object));
    if (sight.is === "unseen" || sight.is === "hidden" || sight.is === "noCluster") return;
    const running = sight.is === "present" && sight.guest.power === "Running" && !isDeleting(object);
    if (!running || (object.spec.probes ?? []).length === 0) {
      this.#parts.health.watch(key, undefined);
      return;
    }
    const resume = resumeOf(object, sight.guest);
    this.#parts.health.watch(key, {
      probes: object.spec.probes ?? [],
      startID: startIdOf(sight.guest),
      addresses: () => this.memory.peek(key)?.addresses?.list ?? [],
      startupTimeoutSeconds: object.spec.startupTimeoutSeconds,
      ...(resume === undefined ? {} : { resume }),
    });
  }

  inputOf(object: Guest, whole: GuestSeenWhole): GuestInput {
    return inputOf(object, whole, {
      lab: this.labs.of(object.metadata.namespace),
      health: this.health(object),
      memory: this.memory,
      clock: this.clock,
      world: this.#parts.world,
    });
  }

  /** The last word before a decision is carried out: the poller's pace, and a free slot for its task (O1, A6). */
  settle(
    object: Guest,
    whole: GuestSeenWhole,
    decision: Decision<GuestStatus, GuestAction>,
  ): Decision<GuestStatus, GuestAction> {
    const key = keyText(keyOf(object));
    const port = this.portOf(object);
    const member = this.labs.of(object.metadata.namespace).members.get(`${object.kind}/${object.metadata.name}`);
    this.#remember(key, whole, decision, member?.health === "Healthy" && member.power === "Running");
    port?.keepBusy(key, isBusy(decision));
    const node = member?.node ?? "";
    if (whole.task.is !== "none" && !(whole.task.is === "known" && whole.task.state.is !== "running"))
      this.#parts.slots.note(node, key);
    else if (decision.action === undefined) this.release(key);
    if (decision.action?.makesTask !== true) return decision;
    const max = this.#limit(object);
    if (this.#parts.slots.take(node, key, max)) return decision;
    const { action: _, events: __, ...rest } = decision;
    return {
      ...rest,
      outcome: waiting(
        decision.outcome.reason,
        `${decision.outcome.message}; waits for one of ${String(max)} task slots of node ${node}`,
      ),
    };
  }

  /** The guest's task is over, or was never begun: the next in line may go. */
  release(key: string): void {
    for (const other of this.#parts.slots.free(key)) this.#parts.wake(other);
  }

  /** A pass has looked at it, and found out what there is to find out now. */
  noteLooked(object: Guest): void {
    this.memory.of(keyText(keyOf(object))).looked = true;
  }

  forget(key: string): void {
    this.#parts.health.watch(key, undefined);
    this.memory.forget(key);
    this.release(key);
  }

  #limit(object: Guest): number {
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    return typeof cluster === "string" ? 1 : (cluster.spec.maxConcurrentTasks ?? 4);
  }

  #remember(key: string, whole: GuestSeenWhole, decision: Decision<GuestStatus, GuestAction>, good: boolean): void {
    const record = this.memory.of(key);
    if (good) {
      record.lastGood = this.clock.now();
      record.failures = 0;
      record.lastFailure = undefined;
    }
    if (whole.sight.is === "present" && whole.sight.guest.power === "Stopped" && decision.outcome.is === "settled")
      record.downSince = undefined;
  }
}

/** The last written verdict stands while it is still the same start (L10). */
function resumeOf(object: Guest, guest: GuestSeen): "Healthy" | "Unhealthy" | undefined {
  const { status } = object;
  if (status?.startTime === undefined || guest.startTime === undefined) return undefined;
  if (Math.abs(Date.parse(status.startTime) - guest.startTime) > 5000) return undefined;
  return status.health === "Healthy" || status.health === "Unhealthy" ? status.health : undefined;
}

const AT_REST: ReadonlySet<string> = new Set(["ProbeFailing", "NoAddress", "Degraded"]);

/** Something is in flight: a step, a task, a start. A guest that merely feels bad keeps nobody awake (O1). */
function isBusy({ action, outcome }: Decision<GuestStatus, GuestAction>): boolean {
  return (
    action !== undefined ||
    (outcome.is === "progressing" && !AT_REST.has(outcome.reason)) ||
    outcome.reason === "NodeStopping" ||
    outcome.reason === "NodeStarting"
  );
}
