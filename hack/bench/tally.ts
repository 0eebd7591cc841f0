import type { ContainerStatus } from "../../controller/api/index.ts";
import type { Observer } from "../demo/observer.ts";

/** How many containers are in which state, kept up with each change, so that ten thousand can be waited for. */
export class Tally {
  readonly #reasons = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(observer: Pick<Observer, "onItem">) {
    observer.onItem((collection, name, item) => {
      if (collection === "containers") this.#put(name, item as { readonly status?: ContainerStatus } | undefined);
    });
  }

  /** Containers with this reason of Ready. */
  count(reason: string): number {
    return this.#counts.get(reason) ?? 0;
  }

  /** Ready's reason; undefined before the first pass. */
  reason(name: string): string | undefined {
    return this.#reasons.get(name);
  }

  #put(name: string, object: { readonly status?: ContainerStatus } | undefined): void {
    const reason = object?.status?.conditions?.find((condition) => condition.type === "Ready")?.reason;
    const before = this.#reasons.get(name);
    if (before === reason) return;
    if (before !== undefined) this.#counts.set(before, this.count(before) - 1);
    if (reason === undefined) {
      this.#reasons.delete(name);
      return;
    }
    this.#reasons.set(name, reason);
    this.#counts.set(reason, this.count(reason) + 1);
  }
}
