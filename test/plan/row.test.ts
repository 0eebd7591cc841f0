import { expect } from "chai";
import fc from "fast-check";
import { gateOf, isBlind, isDown, isGood } from "../../controller/plan/layers/gate.ts";
import type { Lab, Member } from "../../controller/plan/lab.ts";
import { MemberTable } from "../../controller/plan/layers/memberTable.ts";
import { perBlock, Row } from "../../controller/plan/row.ts";
import { inBoot, labOf, MONOTONIC } from "./labs.ts";

/** More than two blocks of them. */
const MANY = 150;

function crowd(minHealthySeconds: number): Lab {
  const guests = Array.from({ length: MANY }, (_, at) => [`g${String(at)}`, { layer: "base" }] as const);
  return labOf({
    layers: { base: { spec: { healthGate: { minHealthySeconds } } } },
    homelab: { status: inBoot() },
    guests: Object.fromEntries(guests),
  });
}

const anyChange: fc.Arbitrary<Partial<Member>> = fc.oneof(
  fc.constant({ health: "Unhealthy" } as const),
  fc.constant({ power: "Unknown" } as const),
  fc.constant({ power: "Stopped", held: true } as const),
  fc.constant({ leaving: true }),
  fc.integer({ min: 0, max: 60_000 }).map((ago) => ({ healthySince: MONOTONIC - ago })),
  fc.constant({ healthySince: undefined }),
);

describe("row", () => {
  it("L3: a gate that was counted on from change to change says what it says when counted anew", () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: MANY - 1 }), anyChange), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(0, 30), changes, (minHealthySeconds, all) => {
        const start = crowd(minHealthySeconds);
        let table = MemberTable.of(start.members.values());
        for (const [at, change] of all) {
          const before = table.get(`Container/g${String(at)}`);
          if (before === undefined) throw new Error("no such guest");
          table = table.with([{ ...before, ...change }]);
          const grown = { ...start, members: table, byLayer: table.byLayer };
          const anew = { ...start, byLayer: MemberTable.of([...table.values()]).byLayer };
          expect(gateOf(grown, "base")).to.deep.equal(gateOf(anew, "base"));
          expect(isBlind(grown, "base")).to.equal([...table.values()].some(({ power }) => power === "Unknown"));
          expect(isDown(grown, "base")).to.equal(isDown(anew, "base"));
          const [row, fresh] = [grown, anew].map((lab) => lab.byLayer.get("base") ?? Row.of([]));
          expect(row === undefined || isGood(row)).to.equal(fresh === undefined || isGood(fresh));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("looks at one block anew when one member changes, however many there are", () => {
    let looked = 0;
    const running = perBlock(
      (block: readonly Member[]) => {
        looked += block.length;
        return block.filter(({ power }) => power === "Running").length;
      },
      (parts) => parts.reduce((sum, part) => sum + part, 0),
    );
    const row = Row.of([...crowd(0).members.values()]);
    expect(running(row)).to.equal(MANY);
    expect(looked).to.equal(MANY);
    const [first] = row.members;
    if (first === undefined) throw new Error("nobody there");
    looked = 0;
    expect(running(row.with(new Map([[100, { ...first, power: "Stopped" }]])))).to.equal(MANY - 1);
    expect(looked, "one block").to.be.at.most(64);
    expect(running(row), "the row before is as it was").to.equal(MANY);
  });
});
