import { expect } from "chai";
import fc from "fast-check";
import { circleOf, graphOf, orderOf } from "../../controller/plan/graph.ts";

/** Edges only from later to earlier names: no cycle. */
const acyclic = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .map((rows) =>
    rows.map((row, index): [string, string[]] => [
      `n${String(index)}`,
      index === 0 ? [] : [...new Set(row.map((to) => `n${String(to % index)}`))],
    ]),
  );
const any = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 10 })
  .map((rows) =>
    rows.map((row, index): [string, string[]] => [
      `n${String(index)}`,
      [...new Set(row.map((to) => `n${String(to % rows.length)}`))],
    ]),
  );

describe("graph", () => {
  it("L1: the order of a layer is the longest path from a root, from 1", () => {
    const order = orderOf(
      graphOf([
        ["a", []],
        ["b", ["a"]],
        ["c", ["a", "b"]],
        ["d", []],
      ]),
    );
    expect(["a", "b", "c", "d"].map((name) => order.rank(name))).to.deep.equal([1, 2, 3, 1]);
    expect(order.below("c")).to.deep.equal(["a", "b"]);
    expect(order.above("a")).to.have.members(["b", "c"]);
  });

  it("L1: a need that does not exist is below, and counts as a root", () => {
    const order = orderOf(graphOf([["b", ["missing"]]]));
    expect(order.below("b")).to.deep.equal(["missing"]);
    expect(order.rank("b")).to.equal(2);
    expect(order.rank("missing")).to.equal(undefined);
  });

  it("L4: a cycle is told with its path, also by those that lead into it; they have no order", () => {
    const order = orderOf(
      graphOf([
        ["a", ["c"]],
        ["b", ["a"]],
        ["c", ["b"]],
        ["above", ["b"]],
        ["aside", []],
      ]),
    );
    expect(order.cycle("a")).to.deep.equal(["a", "c", "b", "a"]);
    expect(order.cycle("above")).to.deep.equal(["b", "a", "c", "b"]);
    expect(order.cycle("aside")).to.equal(undefined);
    expect(["a", "above", "aside"].map((name) => order.rank(name))).to.deep.equal([undefined, undefined, 1]);
  });

  it("L4: something that needs itself is a cycle of one", () => {
    expect(orderOf(graphOf([["a", ["a"]]])).cycle("a")).to.deep.equal(["a", "a"]);
  });

  it("without a cycle every rank is above all ranks below, and above is below seen from the other side", () => {
    fc.assert(
      fc.property(acyclic, (edges) => {
        const order = orderOf(graphOf(edges));
        for (const [name] of edges) {
          expect(order.cycle(name)).to.equal(undefined);
          for (const lower of order.below(name)) {
            expect(order.rank(name) ?? 0).to.be.greaterThan(order.rank(lower) ?? 0);
            expect(order.above(lower)).to.include(name);
          }
          for (const upper of order.above(name)) expect(order.below(upper)).to.include(name);
        }
      }),
    );
  });

  it("a cycle is told exactly where a way leads back, and each of its links is a declared one", () => {
    fc.assert(
      fc.property(any, (edges) => {
        const graph = graphOf(edges);
        const order = orderOf(graph);
        for (const [name] of edges) {
          const caught = [name, ...order.below(name)].some((other) => order.below(other).includes(other));
          const cycle = order.cycle(name);
          expect(cycle !== undefined).to.equal(caught);
          expect(order.rank(name) === undefined).to.equal(caught);
          expect(circleOf(graph, name) !== undefined).to.equal(order.below(name).includes(name));
          if (cycle === undefined) continue;
          expect(cycle[0]).to.equal(cycle.at(-1));
          for (const [index, from] of cycle.slice(0, -1).entries())
            expect(graph.needs(from)).to.include(cycle[index + 1]);
        }
      }),
    );
  });
});
