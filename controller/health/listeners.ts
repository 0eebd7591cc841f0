import type { Log } from "../base/log.ts";

type Listener = (key: string) => void;

/** Those who want to hear of a key. One that throws is logged and does not keep the others from hearing (P5). */
export class Listeners {
  readonly #log: Log;
  readonly #all = new Set<Listener>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(listener: Listener): () => void {
    // Wrapped, so that the same function added twice is heard and removed twice.
    const own: Listener = (key) => {
      listener(key);
    };
    this.#all.add(own);
    return () => {
      this.#all.delete(own);
    };
  }

  tell(key: string): void {
    for (const listener of [...this.#all]) {
      try {
        listener(key);
      } catch (error) {
        this.#log.error("health listener failed", error, { key });
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
