import type { ClientGroup } from "../api/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Presence } from "../plan/network/presence.ts";

/** A client is missing, or back, when it has been so for this long: phones sleep (S1). */
const STEADY_MS = 60_000;
const SHORT = "(fewer than expected)";

interface Watched {
  /** What is said now. */
  readonly said: Set<string>;
  /** What is seen otherwise, since when; monotonic. */
  readonly turning: Map<string, number>;
}

/** What is said of who is there follows what is seen of it, a minute late. */
export class ClientWatch {
  readonly #clock: Clock;
  readonly #groups = new Map<string, Watched>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to say, and when something may change by time alone. */
  steady(
    key: string,
    group: ClientGroup,
    now: Presence,
  ): { readonly presence: Presence; readonly afterMs: number | undefined } {
    const known = this.#groups.get(key) ?? { said: saidIn(group), turning: new Map<string, number>() };
    this.#groups.set(key, known);
    const seen = new Set([
      ...now.missing.map((name) => `-${name}`),
      ...now.unknown.map((text) => `+${text}`),
      ...(now.short ? [SHORT] : []),
    ]);
    const at = this.#clock.monotonic();
    let soonest: number | undefined;
    for (const one of new Set([...seen, ...known.said, ...known.turning.keys()])) {
      if (seen.has(one) === known.said.has(one)) {
        known.turning.delete(one);
        continue;
      }
      const since = known.turning.get(one) ?? at;
      known.turning.set(one, since);
      const left = since + STEADY_MS - at;
      if (left > 0) soonest = Math.min(soonest ?? left, left);
      else {
        known.turning.delete(one);
        if (seen.has(one)) known.said.add(one);
        else known.said.delete(one);
      }
    }
    return { presence: presenceIn(known.said), afterMs: soonest };
  }

  forget(key: string): void {
    this.#groups.delete(key);
  }
}

/** What an earlier process wrote stands (L10). */
function saidIn({ status }: ClientGroup): Set<string> {
  const claim = status?.conditions?.find(({ type }) => type === "MembersOnline");
  return new Set([
    ...(status?.missing ?? []).map((name) => `-${name}`),
    ...(status?.unknown ?? []).map((text) => `+${text}`),
    ...(claim?.reason === "FewerThanExpected" ? [SHORT] : []),
  ]);
}

function presenceIn(said: ReadonlySet<string>): Presence {
  const of = (sign: string): string[] =>
    [...said]
      .filter((one) => one.startsWith(sign))
      .map((one) => one.slice(1))
      .sort();
  return { missing: of("-"), unknown: of("+"), short: said.has(SHORT) };
}
