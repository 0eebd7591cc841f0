import type { ProviderError } from "../../controller/base/outcome.ts";

/** The next call of this name fails: `before` without, `after` with its effect (the answer was lost). */
export interface Fault<On extends string> {
  readonly on: On;
  readonly when: "before" | "after";
  readonly error: ProviderError;
}

/** Counts the calls of a fake by name, and what shall go wrong or happen at the next call of a name. */
export class Calls<On extends string> {
  readonly counts = new Map<On, number>();
  readonly faults: Fault<On>[] = [];
  readonly #meanwhile: { readonly on: On; readonly run: () => void }[] = [];

  /** Loses the answer of, or refuses, the next call of this name. */
  fault(on: On, when: Fault<On>["when"], error: ProviderError): void {
    this.faults.push({ on, when, error });
  }

  /** Runs right before the next call of this name is answered: what people do at the worst moment. */
  meanwhile(on: On, run: () => void): void {
    this.#meanwhile.push({ on, run });
  }

  /** Counts a call and takes the fault meant for it. */
  enter(on: On): Fault<On> | undefined {
    this.counts.set(on, (this.counts.get(on) ?? 0) + 1);
    const met = this.#meanwhile.findIndex((one) => one.on === on);
    if (met >= 0) this.#meanwhile.splice(met, 1)[0]?.run();
    const at = this.faults.findIndex((fault) => fault.on === on);
    return at < 0 ? undefined : this.faults.splice(at, 1)[0];
  }
}
