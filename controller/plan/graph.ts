/** A directed graph by name: `needs.get(a)` holds what `a` depends on. Names that are needed but not there are allowed. */
export interface Graph {
  readonly names: readonly string[];
  needs(name: string): readonly string[];
}

/** A graph with everything the layers ask of it, computed once. */
export interface Order {
  /** Longest path from a root, from 1. Absent on a cycle. */
  rank(name: string): number | undefined;
  /** Everything reachable through `needs`, nearest first. */
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
  const cycles = new Map<string, readonly string[]>();
  const ranks = new Map<string, number>();
  for (const name of graph.names) visit(name, graph, { path: [], ranks, cycles });
  const belows = new Map(graph.names.map((name) => [name, reach(name, (at) => graph.needs(at))]));
  const aboves = new Map<string, string[]>();
  for (const [name, below] of belows) for (const lower of below) append(aboves, lower, name);
  return {
    rank: (name) => (cycles.has(name) ? undefined : ranks.get(name)),
    below: (name) => belows.get(name) ?? [],
    above: (name) => aboves.get(name) ?? [],
    cycle: (name) => cycles.get(name),
  };
}

interface Visit {
  readonly path: readonly string[];
  readonly ranks: Map<string, number>;
  readonly cycles: Map<string, readonly string[]>;
}

/** Depth first; answers the rank, 0 on a cycle. */
function visit(name: string, graph: Graph, state: Visit): number {
  const known = state.ranks.get(name);
  if (known !== undefined) return known;
  const at = state.path.indexOf(name);
  if (at >= 0) {
    const cycle = [...state.path.slice(at), name];
    for (const member of cycle) state.cycles.set(member, cycle);
    return 0;
  }
  let rank = 1;
  for (const need of graph.needs(name)) {
    rank = Math.max(rank, visit(need, graph, { ...state, path: [...state.path, name] }) + 1);
    const cycle = state.cycles.get(need);
    if (cycle !== undefined && !state.cycles.has(name)) state.cycles.set(name, cycle);
  }
  state.ranks.set(name, rank);
  return rank;
}

function reach(start: string, next: (name: string) => readonly string[]): string[] {
  const seen = new Set<string>();
  const queue = [...next(start)];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    queue.push(...next(name));
  }
  return [...seen];
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
