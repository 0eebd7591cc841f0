import type { TaskSeen } from "../../providers/port.ts";
import type { Connection } from "../shared/connections.ts";

export interface RivalParts {
  /** Whether a UPID is in our memory or in a status, or may belong to an intent whose answer was lost (A3). */
  readonly isOurs: (namespace: string, task: TaskSeen) => boolean;
  readonly onChange: (namespace: string, what: string | undefined) => void;
}

/** Tasks that change something, in Proxmox's own words; a token that only looks makes none. */
const MUTATION = /^(vz|qm|ha)|^(start|stop|migrate)all$/;
/** What the last leader began in its last moment is no rival's; Proxmox counts in whole seconds. */
const MARGIN_MS = 30_000;

/**
 * Notices a second controller that acts with our token: another Kubernetes with the same Git (A3). Only tasks count that
 * are newer than our lead, by the clock of their own node: the clocks of nodes and ours may differ by any amount.
 */
export class Rivals {
  readonly #parts: RivalParts;
  readonly #known = new Map<string, { readonly takeOver: string | undefined }>();
  readonly #takeOvers = new Map<string, string | undefined>();
  readonly #cleared = new Set<string>();
  /** The clock of each node at its first look since we lead, by namespace, cluster and node. */
  readonly #since = new Map<string, number>();
  #leads = false;

  constructor(parts: RivalParts) {
    this.#parts = parts;
  }

  /** We lead from now on: what our token did before was an earlier leader's. */
  lead(): void {
    this.#leads = true;
    this.#since.clear();
  }

  /** After each look at a cluster. */
  look(connection: Connection): void {
    if (!this.#leads) return;
    for (const node of connection.port.seen()?.nodes.values() ?? []) {
      const key = sinceKey(connection, node.name);
      if (node.time !== undefined && !this.#since.has(key)) this.#since.set(key, node.time);
    }
  }

  /** Looks through tasks that were read for another reason. */
  meet(connection: Connection, tasks: readonly TaskSeen[]): void {
    const { key, port } = connection;
    const { namespace } = key;
    this.look(connection);
    if (this.#known.has(namespace)) return;
    const task = tasks.find((other) => this.#isNew(connection, other) && !this.#parts.isOurs(namespace, other));
    if (task === undefined) return;
    this.#known.set(namespace, { takeOver: this.#takeOvers.get(namespace) });
    this.#cleared.add(task.upid);
    this.#parts.onChange(
      namespace,
      `another controller acts with the same token ${port.identity}: ${task.type} of ${task.id} (${task.upid}) is not ours`,
    );
  }

  #isNew(connection: Connection, task: TaskSeen): boolean {
    const since = this.#since.get(sinceKey(connection, task.node));
    if (since === undefined || task.startTime <= since + MARGIN_MS) return false;
    return task.user === connection.port.identity && MUTATION.test(task.type) && !this.#cleared.has(task.upid);
  }

  /** A new value of take-over clears it; what was done until then does not count any more. */
  clearedBy(namespace: string, takeOver: string | undefined): void {
    this.#takeOvers.set(namespace, takeOver);
    const known = this.#known.get(namespace);
    if (known === undefined || known.takeOver === takeOver || takeOver === undefined) return;
    this.#known.delete(namespace);
    for (const key of [...this.#since.keys()]) if (key.startsWith(`${namespace}/`)) this.#since.delete(key);
    this.#parts.onChange(namespace, undefined);
  }
}

function sinceKey({ key }: Connection, node: string): string {
  return `${key.namespace}/${key.name}/${node}`;
}
