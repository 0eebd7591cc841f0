import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import type { ProviderErrorKind } from "../../base/outcome.ts";
import { ProviderError } from "../../base/outcome.ts";

const BREAK_AFTER = 5;
const HALF_OPEN_MS = 10_000;
const blind: ReadonlySet<ProviderErrorKind> = new Set(["unreachable", "outcomeUnknown"]);

/** After five calls in a row that got no answer nothing is sent for ten seconds, then one call tries (A7). */
export class Breaker {
  readonly #product: string;
  readonly #breaker = circuitBreaker(
    handleWhen((error) => error instanceof ProviderError && error.status === 0 && blind.has(error.kind)),
    { breaker: new ConsecutiveBreaker(BREAK_AFTER), halfOpenAfter: HALF_OPEN_MS },
  );

  constructor(product: string) {
    this.#product = product;
  }

  /** Runs it unless nothing is sent for a moment, which is an `unreachable` error. `call` names it for people. */
  async execute<T>(call: string, run: () => Promise<T>): Promise<T> {
    try {
      return await this.#breaker.execute(run);
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error;
      const message = `${this.#product} did not answer the last calls; nothing is sent for a moment`;
      throw new ProviderError("unreachable", message, { call });
    }
  }

  /** Something answered: calls may go again. */
  answered(): void {
    if (this.#breaker.state !== CircuitState.Closed) this.#breaker.isolate().dispose();
  }
}
