import type { Clock } from "../../base/clock.ts";
import type { ProxmoxPort, TaskState } from "../../providers/port.ts";

/** A task of ours, and what was last heard of it. */
interface Watched {
  readonly upid: string;
  readonly port: Pick<ProxmoxPort, "taskState">;
  state: TaskState;
}

/** Distances between the first looks at a task; the last one stays. */
const STEPS_MS = [100, 200, 300] as const;
/** The same while others wait for its end, for this many looks: a slot that stands empty is a slower boot (A6). */
const AWAITED_MS = 100;
const AWAITED_LOOKS = 50;

/** Follows the tasks of ours that run and wakes a guest when its task has ended: a pass never polls (architecture). */
export class TaskWatch {
  readonly #clock: Clock;
  readonly #wake: (key: string) => void;
  readonly #awaited: () => boolean;
  readonly #watched = new Map<string, Watched>();
  readonly #closed = new AbortController();

  /** `wake` gets the guest's key as text; `awaited`: others wait for tasks to end. */
  constructor(clock: Clock, wake: (key: string) => void, awaited: () => boolean = () => false) {
    this.#clock = clock;
    this.#wake = wake;
    this.#awaited = awaited;
  }

  /** The guest's task was begun just now. */
  begin(key: string, upid: string, port: Watched["port"]): void {
    this.#follow(key, { upid, port, state: { is: "running" } });
  }

  /** What is known of the guest's task; Proxmox is asked only where it is not followed yet. Rejects as the port does. */
  async state(key: string, upid: string, port: Watched["port"], signal: AbortSignal): Promise<TaskState> {
    const known = this.#watched.get(key);
    if (known?.upid === upid && known.port === port) return known.state;
    const state = await port.taskState(upid, signal);
    this.#follow(key, { upid, port, state });
    return state;
  }

  forget(key: string): void {
    this.#watched.delete(key);
  }

  close(): void {
    this.#closed.abort(new Error("closed"));
    this.#watched.clear();
  }

  #follow(key: string, watched: Watched): void {
    this.#watched.set(key, watched);
    if (watched.state.is === "running") this.#later(key, watched, 0);
  }

  #later(key: string, watched: Watched, looks: number): void {
    const step = STEPS_MS[Math.min(looks, STEPS_MS.length - 1)] ?? 0;
    const ms = looks < AWAITED_LOOKS && this.#awaited() ? AWAITED_MS : step;
    this.#clock.after(ms, () => {
      if (this.#watched.get(key) === watched) void this.#look(key, watched, looks);
    });
  }

  /** What cannot be asked is no longer followed: the guest's own pass finds out why, and says so. */
  async #look(key: string, watched: Watched, looks: number): Promise<void> {
    const state = await watched.port.taskState(watched.upid, this.#closed.signal).catch(() => undefined);
    if (this.#watched.get(key) !== watched) return;
    if (state?.is === "running") {
      this.#later(key, watched, looks + 1);
      return;
    }
    if (state === undefined) this.#watched.delete(key);
    else watched.state = state;
    this.#wake(key);
  }
}
