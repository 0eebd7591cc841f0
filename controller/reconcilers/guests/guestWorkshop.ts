import type { Guest, GuestStatus } from "../../api/index.ts";
import { isDeleting, keyOf, keyText } from "../../api/meta.ts";
import type { Clock } from "../../base/clock.ts";
import type { HealthSeen } from "../../health/port.ts";
import type { Decision } from "../../plan/action.ts";
import type { GuestAction } from "../../plan/guests/guestAction.ts";
import type { GuestInput, Sight } from "../../plan/guests/guestInput.ts";
import { waiting } from "../../plan/outcomes.ts";
import { isAtWork } from "../../plan/guests/guestTaskStep.ts";
import { idOf, type Member } from "../../plan/lab.ts";
import type { GuestSeen, ProxmoxPort } from "../../providers/port.ts";
import { claimsIn, type Claims } from "../lab/claims.ts";
import type { Connection } from "../shared/connections.ts";
import type { GuestBrake } from "./guestBrake.ts";
import { inputOf } from "./guestInputOf.ts";
import { newer, type GuestMemory } from "../lab/guestMemory.ts";
import type { GuestSeenWhole } from "./guestSeenWhole.ts";
import { resumeOf, startIdOf, type Looking } from "./guestSight.ts";
import { isInFlight } from "../shared/isInFlight.ts";
import type { LabSource } from "../lab/labSource.ts";
import { clusterOf } from "../shared/resolve.ts";
import { snapshotTurn } from "./snapshotTurn.ts";
import { rankOf, type Asking } from "../shared/taskSlots.ts";
import type { TaskWatch } from "../shared/taskWatch.ts";
import { later, turnOf, Turns } from "./turns.ts";
import type { WorkshopParts } from "./workshopParts.ts";

/** What the guest driver works with: the sources, and the memory of this process. */
export class GuestWorkshop {
  readonly #parts: WorkshopParts;
  readonly #turns = new Turns();

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

  get taskWatch(): TaskWatch {
    return this.#parts.taskWatch;
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

  /** A refusal that our reading of the privileges did not foresee: they are read again (O4). */
  doubtPermissions(object: Guest): void {
    const connection = this.connectionOf(object);
    if (connection === undefined) return;
    connection.permissionsStale = true;
    this.#parts.wake(keyText(connection.key));
  }

  portOf(object: Guest): ProxmoxPort | undefined {
    return this.connectionOf(object)?.port;
  }

  /** Where the guest was last seen, however long ago. */
  refOf(object: Guest): GuestSeen | undefined {
    return newer(
      this.portOf(object)?.seen()?.guests.get(object.spec.vmid),
      this.memory.peek(keyText(keyOf(object)))?.read,
    );
  }

  get world(): WorkshopParts["world"] {
    return this.#parts.world;
  }

  /** Read anew: for the last look before something that cannot be taken back. */
  claimsNow(namespace: string): Claims {
    return claimsIn(this.#parts.world, namespace);
  }

  /** The connection, or why there is none. */
  reach(object: Guest): { readonly connection: Connection } | { readonly lost: Sight } {
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    if (typeof cluster === "string") return { lost: { is: "noCluster", message: cluster } };
    const { namespace, name } = cluster.metadata;
    const connection = this.#parts.connections.of(namespace, name);
    if (connection !== undefined) return { connection };
    const trouble = this.#parts.connections.troubleOf(namespace, name);
    const known = trouble ?? { reason: "Connecting" as const, message: `connecting to ${name}` };
    return { lost: { is: "unseen", ...known } };
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
      claims: this.labs.claims(object.metadata.namespace),
      lastSeen: this.refOf(object),
      permissions: this.connectionOf(object)?.permissions,
      health: this.health(object),
      memory: this.memory,
      clock: this.clock,
      world: this.#parts.world,
    });
  }

  /** The last word before a decision is carried out: the poller's pace, and a free slot for its task (O1, A6). */
  settle(object: Guest, whole: GuestSeenWhole, decision: GuestDecision): GuestDecision {
    const key = keyText(keyOf(object));
    const member = this.labs.of(object.metadata.namespace).members.get(idOf(object));
    this.#remember(key, member);
    this.portOf(object)?.keepBusy(key, isInFlight(decision));
    const node = member?.node ?? "";
    if (!this.#turns.admits(key, turnOf(object.metadata.namespace, whole, decision.action))) return later(decision);
    if (isAtWork(whole.task)) this.#parts.slots.note(node, key);
    else if (decision.action === undefined) this.release(key);
    const { snapshotSlots, wake } = this.#parts;
    const asking = { key, place: `${member?.cluster ?? ""}/${node}`, task: whole.task, wake };
    const busy = snapshotTurn(snapshotSlots, decision, asking);
    if (busy !== undefined) return busy;
    if (decision.action?.makesTask !== true) return decision;
    const rank = rankOf(decision.action, this.labs.of(object.metadata.namespace), member);
    return this.#inTurn(decision, node, { key, rank, max: this.#limit(object) });
  }

  #wakeAll(keys: readonly string[]): void {
    for (const other of keys) this.#parts.wake(other);
  }

  /** The decision, if the node has a slot for its task; else the guest waits for one. */
  #inTurn(decision: GuestDecision, node: string, asking: Asking): GuestDecision {
    if (this.#parts.slots.take(node, asking)) return decision;
    const rest = later(decision);
    const { reason, message } = decision.outcome;
    return {
      ...rest,
      outcome: waiting(
        reason,
        `${message}; waits for one of ${String(asking.max)} task slots of node ${node}`,
        SLOT_MS,
      ),
    };
  }

  /** The guest's task is over, or was never begun: the next in line may go. */
  release(key: string): void {
    this.#wakeAll([...this.#parts.slots.free(key), ...this.#parts.snapshotSlots.free(key)]);
  }

  /** Its look failed: whoever waits behind it for a slot goes first. */
  passOver(key: string): void {
    this.#wakeAll([...this.#parts.slots.pass(key), ...this.#parts.snapshotSlots.pass(key)]);
  }

  /** A pass has looked at it, and found out what there is to find out now. */
  noteLooked(object: Guest): void {
    this.memory.of(keyText(keyOf(object))).looked = true;
  }

  forget(key: string): void {
    this.#parts.health.watch(key, undefined);
    this.memory.forget(key);
    this.#parts.taskWatch.forget(key);
    this.#turns.forget(key);
    this.release(key);
  }

  #limit(object: Guest): number {
    const cluster = clusterOf(object, object.spec.clusterRef, this.#parts.world);
    return typeof cluster === "string" ? 1 : cluster.spec.maxConcurrentTasks;
  }

  /** Healthy is good: failures in a row end. */
  #remember(key: string, member: Member | undefined): void {
    const record = this.memory.found(key, member?.health === "Healthy", this.clock.now());
    if (member?.health !== "Healthy") return;
    // A refused tag says nothing about how it runs, and a refused shutdown counts while it is to stop (L6).
    const op = record.lastFailure?.op;
    if (op === "Mark" || (op === "Shutdown" && member.wanted === "Stopped")) return;
    record.failures = 0;
    record.lastFailure = undefined;
  }
}

type GuestDecision = Decision<GuestStatus, GuestAction>;

/** A free slot calls whoever waits for it; asking anew is for what nobody foresaw. */
const SLOT_MS = 300_000;
