import type { ClientGroup } from "../../api/index.ts";
import type { Clock } from "../../base/clock.ts";
import type { Presence } from "../../plan/network/presence.ts";

/** Who is away has been so for this long, and so has a stranger who comes or goes: phones sleep (S1). */
const STEADY_MS = 60_000;

interface Watched {
  /** What is said now. */
  readonly said: Set<string>;
  /** What is seen otherwise, since when; monotonic. */
  readonly turning: Map<string, number>;
  online: number;
  /** Since when fewer are online than is said; monotonic. */
  fewerSince: number | undefined;
}

/** What is said of who is there: who comes back is there at once, who goes is missed a minute later. */
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
    const known = this.#groups.get(key) ?? watchedIn(group, now);
    this.#groups.set(key, known);
    const at = this.#clock.monotonic();
    const waits = [...turn(known, marksOf(now), at), ...count(known, now.online, at)];
    const afterMs = waits.length === 0 ? undefined : Math.min(...waits);
    return { presence: { ...now, ...namesIn(known.said), online: known.online }, afterMs };
  }

  forget(key: string): void {
    this.#groups.delete(key);
  }
}

/** What an earlier process wrote stands (L10); of a group that nobody has looked at, all that is seen is said. */
function watchedIn({ status }: ClientGroup, now: Presence): Watched {
  const since = { turning: new Map<string, number>(), fewerSince: undefined };
  if (status?.conditions === undefined) return { ...since, said: marksOf(now), online: now.online };
  const online = Number.parseInt(status.summary?.online ?? "", 10);
  return {
    ...since,
    said: marksOf({ missing: status.missing ?? [], unknown: status.unknown ?? [] }),
    online: Number.isNaN(online) ? now.online : online,
  };
}

type Names = Pick<Presence, "missing" | "unknown">;

function marksOf({ missing, unknown }: Names): Set<string> {
  return new Set([...missing.map((name) => `-${name}`), ...unknown.map((text) => `+${text}`)]);
}

function namesIn(said: ReadonlySet<string>): Names {
  const of = (sign: string): string[] =>
    [...said]
      .filter((one) => one.startsWith(sign))
      .map((one) => one.slice(1))
      .sort();
  return { missing: of("-"), unknown: of("+") };
}

/** Answers what is still waited for, in milliseconds. */
function turn({ said, turning }: Watched, seen: ReadonlySet<string>, at: number): readonly number[] {
  return [...new Set([...seen, ...said, ...turning.keys()])].flatMap((one) => {
    const isSeen = seen.has(one);
    const since = turning.get(one) ?? at;
    turning.delete(one);
    if (isSeen === said.has(one)) return [];
    const left = one.startsWith("-") && !isSeen ? 0 : since + STEADY_MS - at;
    if (left > 0) turning.set(one, since);
    else if (isSeen) said.add(one);
    else said.delete(one);
    return left > 0 ? [left] : [];
  });
}

function count(watched: Watched, online: number, at: number): readonly number[] {
  const since = online < watched.online ? (watched.fewerSince ?? at) : undefined;
  const left = since === undefined ? 0 : since + STEADY_MS - at;
  watched.fewerSince = left > 0 ? since : undefined;
  if (left > 0) return [left];
  watched.online = online;
  return [];
}
