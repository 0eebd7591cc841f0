import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Answer, type Order } from "./messages.ts";

/** A worker process, replaced when a bug took it down or made it hang. */
export class Crew {
  readonly #room: string;
  readonly #files: readonly string[];
  #child: ChildProcess | undefined;
  #tried = 0;

  /** @param room - Directory of the copy; `files` are its test files. */
  constructor(room: string, files: readonly string[]) {
    this.#room = room;
    this.#files = files;
  }

  /** Undefined: no answer within `ms`, or the process ended. */
  async ask<T extends Answer["is"]>(order: Order, ms: number): Promise<(Answer & { is: T }) | undefined> {
    // Whatever bugs left behind in module state does not outlive some hundred of them.
    if (this.#tried++ % 200 === 199) this.end();
    this.#child ??= await this.#start();
    const answer = await this.#answerOf(this.#child, order, ms);
    if (answer === undefined) this.end();
    return answer as (Answer & { is: T }) | undefined;
  }

  /** Asks a process of its own, in which the bug is awake while modules are loaded. */
  async askFresh(order: Order & { is: "try" }, ms: number): Promise<(Answer & { is: "tried" }) | undefined> {
    const child = await this.#start(order.mutant);
    const answer = await this.#answerOf(child, order, ms);
    child.kill("SIGKILL");
    return answer as (Answer & { is: "tried" }) | undefined;
  }

  end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #start(mutant?: number): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, "worker.ts"), this.#files, {
      cwd: this.#room,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: mutant === undefined ? process.env : { ...process.env, MUTANT: String(mutant) },
    });
    await Promise.race([once(child, "message"), once(child, "exit")]);
    return child;
  }

  async #answerOf(child: ChildProcess, order: Order, ms: number): Promise<Answer | undefined> {
    if (!child.connected) return undefined;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(ms)]);
    child.send(order);
    try {
      const message = once(child, "message", { signal }) as Promise<[Answer]>;
      const exit = once(child, "exit", { signal }).then(() => [undefined] as const);
      const [answer] = await Promise.race([message, exit]);
      return answer;
    } catch {
      return undefined;
    } finally {
      over.abort();
    }
  }
}
