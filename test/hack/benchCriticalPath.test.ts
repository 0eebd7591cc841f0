import { expect } from "chai";
import { criticalPath, type PathGuest, type PathLayer } from "../../hack/bench/criticalPath.ts";

function guest(name: string, healthyMs: number, more: Partial<PathGuest> = {}): PathGuest {
  return { name, layer: "base", node: "pve1", dependsOn: [], taskMs: 1000, healthyMs, ...more };
}

function layer(name: string, dependsOn: readonly string[] = [], more: Partial<PathLayer> = {}): PathLayer {
  return { name, dependsOn, minHealthyMs: 0, ...more };
}

const base = layer("base");
const apps = layer("apps", ["base"]);

interface Case {
  readonly title: string;
  readonly layers: readonly PathLayer[];
  readonly guests: readonly PathGuest[];
  readonly tasksPerNode?: number;
  readonly ms: number;
  readonly path: readonly string[];
}

const cases: readonly Case[] = [
  { title: "no guests take no time", layers: [base], guests: [], ms: 0, path: [] },
  {
    title: "in one layer the slowest guest decides",
    layers: [base],
    guests: [guest("a", 3000), guest("b", 8000), guest("c", 5000)],
    ms: 8000,
    path: ["b"],
  },
  {
    title: "layers add up along their slowest guests",
    layers: [apps, base],
    guests: [guest("web", 2000, { layer: "apps" }), guest("a", 3000), guest("b", 8000)],
    ms: 10_000,
    path: ["b", "web"],
  },
  {
    title: "minHealthySeconds of a lower layer count, those of the last one don't",
    layers: [layer("base", [], { minHealthyMs: 500 }), layer("apps", ["base"], { minHealthyMs: 700 })],
    guests: [guest("a", 3000), guest("web", 2000, { layer: "apps" })],
    ms: 5500,
    path: ["a", "web"],
  },
  {
    title: "a quorum opens the gate before the slowest is healthy",
    layers: [layer("base", [], { needed: 2 }), apps],
    guests: [guest("a", 1000), guest("b", 2000), guest("c", 4000), guest("web", 1500, { layer: "apps" })],
    ms: 4000,
    path: ["c"],
  },
  {
    title: "a quorum above the number of members means all",
    layers: [layer("base", [], { needed: 9 }), apps],
    guests: [guest("a", 1000), guest("b", 2000), guest("web", 1500, { layer: "apps" })],
    ms: 3500,
    path: ["b", "web"],
  },
  {
    title: "a guest waits for its own dependency",
    layers: [base],
    guests: [guest("web", 1000, { dependsOn: ["db"] }), guest("db", 4000)],
    ms: 5000,
    path: ["db", "web"],
  },
  {
    title: "a full node makes the next guest wait for the first task that ends",
    layers: [base],
    guests: [guest("a", 9000, { taskMs: 3000 }), guest("b", 2000), guest("c", 8500)],
    tasksPerNode: 2,
    ms: 9500,
    path: ["b", "c"],
  },
  {
    title: "each node has task slots of its own",
    layers: [base],
    guests: [guest("a", 2000), guest("b", 2000, { node: "pve2" })],
    tasksPerNode: 1,
    ms: 2000,
    path: ["a"],
  },
  {
    title: "a layer waits for all below it, also past an empty one",
    layers: [base, layer("middle", ["base"]), layer("top", ["middle"])],
    guests: [guest("a", 3000), guest("web", 1000, { layer: "top" })],
    ms: 4000,
    path: ["a", "web"],
  },
  {
    title: "a guest that takes no time holds nobody up, in whatever order",
    layers: [base],
    guests: [guest("c", 1000, { dependsOn: ["b"] }), guest("b", 0, { dependsOn: ["a"] }), guest("a", 0)],
    ms: 1000,
    path: ["c"],
  },
];

describe("benchmark: critical path", () => {
  for (const { title, layers, guests, tasksPerNode = 4, ms, path } of cases)
    it(title, () => {
      const found = criticalPath({ layers, guests, tasksPerNode });
      expect(found.ms).to.equal(ms);
      expect(found.path).to.deep.equal(path);
    });

  it("tells for each guest when it would start and be healthy", () => {
    const { steps } = criticalPath({
      layers: [base, apps],
      guests: [guest("a", 3000), guest("web", 2000, { layer: "apps" })],
      tasksPerNode: 4,
    });
    expect([...steps.values()]).to.deep.equal([
      { name: "a", startMs: 0, healthyMs: 3000 },
      { name: "web", startMs: 3000, healthyMs: 5000 },
    ]);
  });

  it("names the guests that could never start", () => {
    const circle = [guest("a", 1, { dependsOn: ["b"] }), guest("b", 1, { dependsOn: ["a"] }), guest("c", 1)];
    expect(() => criticalPath({ layers: [base], guests: circle, tasksPerNode: 4 })).to.throw(
      "these can never start: a, b",
    );
  });
});
