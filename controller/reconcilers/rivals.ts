import type { Clock } from "../base/clock.ts";
import type { TaskSeen } from "../providers/port.ts";
import type { Connection } from "./connections.ts";

export interface RivalParts {
  readonly clock: Clock;
  /** Whether a UPID is in our memory or in a status, or may belong to an intent whose answer was lost (A3). */
  readonly isOurs: (namespace: string, task: TaskSeen) => boolean;
  readonly onChange: (namespace: string, what: string | undefined) => void;
}

const MUTATION = /^(vz|qm)(start|stop|shutdown|create|destroy)$|^ha(start|stop)$/;
/** Clocks differ, and what the last leader began in its last moment is no rival's. */
const MARGIN_MS = 30_000;

/** Notices a second controller that acts with our token: another Kubernetes with the same Git (A3). */
export class Rivals {
  readonly #parts: RivalParts;
  readonly #known = new Map<string, { readonly takeOver: string | undefined }>();
  readonly #takeOvers = new Map<string, string | undefined>();
  readonly #cleared = new Set<string>();
  #leadSince = Number.POSITIVE_INFINITY;

  constructor(parts: RivalParts) {
    this.#parts = parts;
  }

  /** We lead from now on: what our token did before was an earlier leader's. */
  lead(): void {
    this.#leadSince = this.#parts.clock.now();
  }

  /** Looks through tasks that were read for another reason. */
  meet({ key, port }: Connection, tasks: readonly TaskSeen[]): void {
    const { namespace } = key;
    if (this.#known.has(namespace)) return;
    const task = tasks.find(
      (other) =>
        other.user === port.identity &&
        MUTATION.test(other.type) &&
        other.startTime > this.#leadSince + MARGIN_MS &&
        !this.#cleared.has(other.upid) &&
        !this.#parts.isOurs(namespace, other),
    );
    if (task === undefined) return;
    this.#known.set(namespace, { takeOver: this.#takeOvers.get(namespace) });
    this.#cleared.add(task.upid);
    this.#parts.onChange(
      namespace,
      `another controller acts with the same token ${port.identity}: ${task.type} of ${task.id} (${task.upid}) is not ours`,
    );
  }

  /** A new value of take-over clears it. */
  clearedBy(namespace: string, takeOver: string | undefined): void {
    this.#takeOvers.set(namespace, takeOver);
    const known = this.#known.get(namespace);
    if (known === undefined || known.takeOver === takeOver || takeOver === undefined) return;
    this.#known.delete(namespace);
    this.#leadSince = this.#parts.clock.now();
    this.#parts.onChange(namespace, undefined);
  }
}
