import { expect } from "chai";
import { TaskSlots } from "../../../controller/reconcilers/shared/taskSlots.ts";

function scene(max = 1): { readonly slots: TaskSlots; ask: (key: string, rank?: number) => boolean } {
  const slots = new TaskSlots();
  return { slots, ask: (key, rank = 1) => slots.take("pve1", { key, rank, max }) };
}

describe("task slots", () => {
  it("A6: go to starts before creates, and to lower layers first", () => {
    const { slots, ask } = scene();
    expect(ask("first", 9)).to.equal(true);
    expect(ask("create low", 1_000_001)).to.equal(false);
    expect(ask("start high", 4)).to.equal(false);
    expect(ask("start low", 1)).to.equal(false);
    const called: string[] = [];
    for (let next = slots.free("first"); next[0] !== undefined; next = slots.free(next[0])) called.push(...next);
    expect(called).to.deep.equal(["start low", "start high", "create low"]);
  });

  it("A6: a slot that gets free calls one, however many wait", () => {
    const { slots, ask } = scene(2);
    for (const key of ["a", "b", "c", "d", "e"]) ask(key);
    expect(slots.free("a")).to.deep.equal(["c"]);
    expect(slots.free("b")).to.deep.equal(["d"]);
    expect(ask("c")).to.equal(true);
    expect(ask("d")).to.equal(true);
    expect(ask("e")).to.equal(false);
  });

  it("A6: whoever was called and wants it no more lets the next one go", () => {
    const { slots, ask } = scene();
    for (const key of ["a", "b", "c"]) ask(key);
    expect(slots.awaited).to.equal(true);
    expect(slots.free("a")).to.deep.equal(["b"]);
    expect(slots.free("b")).to.deep.equal(["c"]);
    expect(ask("c")).to.equal(true);
    expect(slots.awaited).to.equal(false);
  });

  it("A6: whoever was called and could not look lets the next one go, and keeps a slot it has", () => {
    const { slots, ask } = scene();
    for (const key of ["a", "b", "c"]) ask(key);
    expect(slots.pass("a")).to.deep.equal([]);
    expect(ask("c")).to.equal(false);
    expect(slots.free("a")).to.deep.equal(["b"]);
    expect(slots.pass("b")).to.deep.equal(["c"]);
  });

  it("A6: a slot that another took meanwhile is waited for again", () => {
    const { slots, ask } = scene();
    for (const key of ["a", "b"]) ask(key);
    expect(slots.free("a")).to.deep.equal(["b"]);
    slots.note("pve1", "found at work");
    expect(ask("b")).to.equal(false);
    expect(slots.free("found at work")).to.deep.equal(["b"]);
  });

  it("A6: nodes do not wait for each other", () => {
    const { slots, ask } = scene();
    ask("a");
    expect(slots.take("pve2", { key: "b", rank: 1, max: 1 })).to.equal(true);
    expect(slots.take("pve2", { key: "c", rank: 1, max: 1 })).to.equal(false);
    expect(slots.free("a")).to.deep.equal([]);
    expect(slots.free("b")).to.deep.equal(["c"]);
  });
});
