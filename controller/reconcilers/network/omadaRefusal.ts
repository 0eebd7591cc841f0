import { outcomeOf, ProviderError, Stalled, Waiting, type Outcome } from "../../base/outcome.ts";

/** Refusals that do not pass by themselves: not sent again before something is otherwise (A7). */
const LASTING: ReadonlySet<string> = new Set(["spec", "space", "permission"]);
const PASSING_MS = 5_000;

/** What Omada refused, and until when (monotonic; undefined: it does not pass by itself); undefined: it refused nothing. */
export function refusalOf(
  error: unknown,
  now: number,
): { readonly outcome: Outcome; readonly until: number | undefined } | undefined {
  if (!(error instanceof ProviderError) || error.kind === "outcomeUnknown" || error.kind === "unreachable")
    return undefined;
  return { outcome: outcomeOf(error), until: LASTING.has(error.kind) ? undefined : now + PASSING_MS };
}

/** The write has surely done nothing. */
export function isCertain(error: unknown): boolean {
  if (!(error instanceof ProviderError)) return error instanceof Stalled || error instanceof Waiting;
  return error.kind !== "outcomeUnknown" && error.kind !== "other";
}
