import type { TaskSeen } from "../../controller/providers/port.ts";

/** A person, as the log has it. */
export const PERSON = "root@pam";

/** A task of the fake world; `exit` is set when it ended. Times are whole seconds, as Proxmox keeps them. */
export interface FakeTask extends TaskSeen {
  endTime?: number;
  exit?: string;
  log?: readonly string[];
}

/** The task log of the fake world. */
export class FakeTasks {
  readonly #now: () => number;
  readonly #all: FakeTask[] = [];
  #begun = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get all(): readonly FakeTask[] {
    return this.#all;
  }

  begin(at: { readonly node: string; readonly type: string; readonly id: string; readonly user: string }): FakeTask {
    const seconds = Math.floor(this.#now() / 1000);
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");
    const number = this.#begun++;
    const pid = hex(number + 1000);
    const upid = `UPID:${at.node}:${pid}:${hex(number)}:${hex(seconds)}:${at.type}:${at.id}:${at.user}:`;
    const task: FakeTask = { ...at, upid, startTime: seconds * 1000 };
    this.#all.push(task);
    return task;
  }

  end(task: FakeTask, exit = "OK"): void {
    if (task.exit !== undefined) return;
    task.exit = exit;
    task.endTime = Math.floor(this.#now() / 1000) * 1000;
  }

  /** Newest first. */
  running(node: string): readonly FakeTask[] {
    return this.#all.filter((task) => task.node === node && task.exit === undefined).toReversed();
  }

  find(upid: string): FakeTask | undefined {
    return this.#all.find((task) => task.upid === upid);
  }

  /** The whole log is rotated away; what runs is kept apart. */
  prune(): void {
    const running = this.#all.filter((task) => task.exit === undefined);
    this.#all.splice(0, this.#all.length, ...running);
  }

  /** As if the log had been rotated away. */
  forget(upid: string): void {
    const at = this.#all.findIndex((task) => task.upid === upid);
    if (at >= 0) this.#all.splice(at, 1);
  }
}
