import type { GuardedChild } from "./guardedChild.ts";

/** A program that can be taken away for a while; for who waits for its end it goes on meanwhile. */
export class Restartable implements GuardedChild {
  readonly name: string;
  readonly #again: () => Promise<GuardedChild>;
  readonly #ended = Promise.withResolvers<number>();
  #child: GuardedChild;
  #away = false;

  /** `again` starts it anew and resolves when it serves. */
  constructor(child: GuardedChild, again: () => Promise<GuardedChild>) {
    this.name = child.name;
    this.#again = again;
    this.#child = child;
    this.#follow(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get exited(): Promise<number> {
    return this.#ended.promise;
  }

  hasExited(): boolean {
    return !this.#away && this.#child.hasExited();
  }

  logTail(): Promise<string> {
    return this.#child.logTail();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** Ends it as its `stop` does; resolves when it is gone. */
  async takeAway(): Promise<void> {
    this.#away = true;
    await this.#child.stop();
  }

  async bringBack(): Promise<void> {
    this.#child = await this.#again();
    this.#away = false;
    this.#follow(this.#child);
  }

  #follow(child: GuardedChild): void {
    void child.exited.then((code) => {
      if (!this.#away && this.#child === child) this.#ended.resolve(code);
    });
  }
}
