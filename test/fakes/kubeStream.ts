import type { Stored } from "../../controller/api/meta.ts";
import type { WatchEvent } from "../../controller/runtime/kube.ts";

/** One open watch of the fake: what is pushed comes out in order, until it ends or fails. */
export class KubeStream implements AsyncIterable<WatchEvent> {
  readonly kind: string;
  readonly namespace: string;
  readonly #events: WatchEvent[] = [];
  #over: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;
  /** While true, nothing comes out and nothing ends: a connection that died without a word. */
  stalled = false;

  constructor(kind: string, namespace: string, signal: AbortSignal) {
    this.kind = kind;
    this.namespace = namespace;
    signal.addEventListener("abort", () => {
      this.stalled = false;
      this.#events.length = 0;
      this.end(signal.reason as Error);
    });
  }

  concerns(object: Stored): boolean {
    return object.kind === this.kind && object.metadata.namespace === this.namespace;
  }

  get open(): boolean {
    return this.#over === undefined;
  }

  push(event: WatchEvent): void {
    if (this.#over !== undefined) return;
    this.#events.push(event);
    this.#wake?.();
  }

  end(error?: Error): void {
    this.#over ??= error === undefined ? {} : { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    for (;;) {
      const event = this.stalled ? undefined : this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#over !== undefined && !this.stalled) {
        if (this.#over.error !== undefined) throw this.#over.error;
        return;
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
