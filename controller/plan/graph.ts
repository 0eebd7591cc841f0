/** A directed graph by name: `needs(a)` is what `a` depends on. Names that are needed but not there are allowed. */
export interface Graph {
  readonly names: readonly string[];
  needs(name: string): readonly string[];
}

/** A graph with everything the layers ask of it, computed once. */
export interface Order {
  /** Longest path from a root, from 1. Absent on a cycle and above one. */
  rank(name: string): number | undefined;
  /** Everything reachable through `needs`, nearest first; on a cycle the name itself is among it. */
  below(name: string): readonly string[];
  /** Everything that needs it, directly or not. */
  above(name: string): readonly string[];
  /** The cycle that `name` is on or leads into: ["a", "b", "a"]. */
  cycle(name: string): readonly string[] | undefined;
}

export function graphOf(entries: Iterable<readonly [string, readonly string[]]>): Graph {
  const map = new Map<string, readonly string[]>(entries);
  return { names: [...map.keys()], needs: (name) => map.get(name) ?? [] };
}

export function orderOf(graph: Graph): Order {
  const below = new Map(graph.names.map((name) => [name, reachable(graph, name)]));
  const above = new Map<string, string[]>();
  for (const [name, lower] of below) for (const other of lower) above.set(other, [...(above.get(other) ?? []), name]);
  const cycles = new Map<string, readonly string[]>();
  for (const [name, lower] of below) {
    const caught = [name, ...lower].find((other) => below.get(other)?.includes(other) === true);
    const circle = caught === undefined ? undefined : circleOf(graph, caught);
    if (circle !== undefined) cycles.set(name, circle);
  }
  const ranks = new Map<string, number>();
  const rank = (name: string): number => {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const computed = 1 + Math.max(0, ...graph.needs(name).map(rank));
    ranks.set(name, computed);
    return computed;
  };
  return {
    rank: (name) => (cycles.has(name) || !below.has(name) ? undefined : rank(name)),
    below: (name) => below.get(name) ?? [],
    above: (name) => above.get(name) ?? [],
    cycle: (name) => cycles.get(name),
  };
}

function reachable(graph: Graph, start: string): readonly string[] {
  const seen = new Set(graph.needs(start));
  // A Set hands out what is added while it is walked, in the order of adding.
  for (const name of seen) for (const need of graph.needs(name)) seen.add(need);
  return [...seen];
}

/** The shortest way from `start` back to it, both ends named; undefined when there is none. */
export function circleOf(graph: Graph, start: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue)
    for (const need of graph.needs(name)) {
      if (need === start) return [...wayTo(name, cameFrom), start];
      if (cameFrom.has(need)) continue;
      cameFrom.set(need, name);
      queue.push(need);
    }
  return undefined;
}

function wayTo(name: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const way = [name];
  for (let at = cameFrom.get(name); at !== undefined; at = cameFrom.get(at)) way.unshift(at);
  return way;
}
