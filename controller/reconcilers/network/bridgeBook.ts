import type { Clock } from "../../base/clock.ts";
import type { BridgeSeen, ProxmoxPort } from "../../providers/port.ts";

/** A little less than segments are looked at again, so that the first of them finds it old and the others new. */
const FRESH_MS = 240_000;

interface Look {
  readonly at: number;
  readonly bridges: readonly BridgeSeen[];
}

/** Who asks, and what for: another text than the last time is a new question, and the bridges are read for it. */
export interface BridgeQuestion {
  readonly asker: string;
  readonly text: string;
}

/**
 * The bridges of the nodes, read when a segment declares something new, when a person asks, when a node is there that was
 * not, and every few minutes: segments are passed over for each change of their guests, which moves no bridge (O1).
 */
export class BridgeBook {
  readonly #clock: Clock;
  readonly #looks = new WeakMap<ProxmoxPort, ReadonlyMap<string, Look>>();
  readonly #answered = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** By node, of those that are online. Rejects as the port does; the question is then still open. */
  async of(
    port: ProxmoxPort,
    { asker, text }: BridgeQuestion,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly BridgeSeen[]>> {
    const online = [...(port.seen()?.nodes.values() ?? [])]
      .filter((node) => node.online)
      .map((node) => node.name)
      .sort();
    const since = this.#answered.get(asker) === text ? this.#clock.monotonic() - FRESH_MS : Infinity;
    const before = this.#looks.get(port);
    const looks = new Map<string, Look>();
    for (const node of online) {
      const known = before?.get(node);
      const fresh = known !== undefined && known.at > since;
      looks.set(node, fresh ? known : { at: this.#clock.monotonic(), bridges: await port.bridges(node, signal) });
    }
    this.#looks.set(port, looks);
    this.#answered.set(asker, text);
    return new Map([...looks].map(([node, { bridges }]) => [node, bridges]));
  }

  forget(asker: string): void {
    this.#answered.delete(asker);
  }
}
