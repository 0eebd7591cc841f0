import type { ProxmoxPort, TaskSeen } from "../../providers/port.ts";

interface Kept {
  readonly sequence: number;
  readonly tasks: Promise<readonly TaskSeen[]>;
}

/**
 * Task lists of nodes, asked when something needs an explanation and then shared by all guests that need one at that
 * look (O1).
 */
export class NodeTasks {
  readonly #kept = new WeakMap<ProxmoxPort, Map<string, Kept>>();

  /** What runs on the node now, node tasks included. */
  active(port: ProxmoxPort, node: string, signal: AbortSignal): Promise<readonly TaskSeen[]> {
    return this.#ask(port, `active/${node}`, () => port.tasks(node, { activeOnly: true }, signal));
  }

  /** All tasks of the node since a time of its clock; the time is widened to whole minutes so that guests share the answer. */
  since(port: ProxmoxPort, node: string, since: number, signal: AbortSignal): Promise<readonly TaskSeen[]> {
    const from = Math.floor(since / 60_000) * 60_000;
    return this.#ask(port, `since/${node}/${String(from)}`, () => port.tasks(node, { since: from }, signal));
  }

  #ask(port: ProxmoxPort, what: string, ask: () => Promise<readonly TaskSeen[]>): Promise<readonly TaskSeen[]> {
    const kept = this.#kept.get(port) ?? new Map<string, Kept>();
    this.#kept.set(port, kept);
    const sequence = port.seen()?.sequence ?? 0;
    const known = kept.get(what);
    if (known?.sequence === sequence) return known.tasks;
    const tasks = ask();
    kept.set(what, { sequence, tasks });
    tasks.catch(() => {
      if (kept.get(what)?.tasks === tasks) kept.delete(what);
    });
    for (const [other, entry] of kept) if (entry.sequence !== sequence) kept.delete(other);
    return tasks;
  }
}
