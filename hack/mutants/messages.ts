/** What the parent asks of a worker; each is answered by one message. */
export type Order =
  | { readonly is: "learn" }
  | {
      readonly is: "try";
      readonly mutant: number;
      /** Full titles; of all tests where it is missing. */
      readonly tests?: readonly string[];
      /** Longest time of one test, and CPU of all of them. */
      readonly testMs: number;
      readonly cpuMs: number;
    };

/** A test, how long it took, and the mutants whose place it came past. */
export interface Seen {
  readonly title: string;
  readonly ms: number;
  readonly mutants: readonly number[];
}

export type Answer =
  | { readonly is: "ready" }
  | {
      readonly is: "learnt";
      readonly tests: readonly Seen[];
      readonly failed: readonly string[];
      readonly atLoad: readonly number[];
    }
  | { readonly is: "tried"; readonly killedBy?: string; readonly why?: string };
