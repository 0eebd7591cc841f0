import { expect } from "chai";
import fc from "fast-check";
import {
  closedBelow,
  gateOf,
  gateTimeoutMs,
  holdingLayers,
  isBlind,
  isDown,
  isGood,
  isReleased,
  isTimedOut,
  neededOf,
} from "../../../controller/plan/layers/gate.ts";
import { isHealthy } from "../../../controller/plan/layers/memberCount.ts";
import { Row } from "../../../controller/plan/row.ts";
import { inBoot, labOf, member, MONOTONIC, type GuestWish, type LabWish } from "../labs.ts";

/** One layer "base" with these members, and a lab in a boot. */
function base(
  healthGate: object,
  guests: Readonly<Record<string, Omit<GuestWish, "layer">>>,
  more: Partial<LabWish> = {},
): ReturnType<typeof labOf> {
  const members = Object.fromEntries(
    Object.entries(guests).map(([name, guest]) => [name, { ...guest, layer: "base" }]),
  );
  return labOf({ layers: { base: { spec: { healthGate } } }, homelab: { status: inBoot() }, ...more, guests: members });
}

const sick = { health: "Unhealthy" } as const;
const unseen = { power: "Unknown" } as const;

describe("gate", () => {
  const rounding: readonly [number | string, number, number][] = [
    ["100%", 3, 3],
    ["50%", 3, 2],
    ["1%", 3, 1],
    ["0%", 3, 0],
    ["34%", 3, 2],
    ["100%", 0, 0],
    [2, 3, 2],
    [5, 3, 3],
    [0, 3, 0],
    ["2", 3, 2],
  ];
  for (const [quorum, total, needed] of rounding)
    it(`L3: a quorum of ${String(quorum)} of ${String(total)} needs ${String(needed)}`, () => {
      expect(neededOf(quorum, total)).to.equal(needed);
    });

  it("L3: the needed number never exceeds the members, is never below the percentage, and grows with it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 50 }), (percent, total) => {
        const needed = neededOf(`${String(percent)}%`, total);
        expect(needed).to.be.at.most(total);
        expect(needed * 100).to.be.at.least(percent * total);
        expect((needed - 1) * 100).to.be.lessThan(Math.max(percent * total, 1));
      }),
    );
  });

  it("L2: it stays closed below minMembers, whatever the members' state", () => {
    expect(gateOf(base({ minMembers: 2 }, { a: {} }), "base")).to.include({
      open: false,
      passable: false,
      why: "MembersMissing",
    });
    expect(gateOf(base({ minMembers: 2 }, { a: {}, b: { held: true, power: "Stopped" } }), "base").open).to.equal(true);
    expect(gateOf(base({ minMembers: 1 }, {}), "base").why).to.equal("MembersMissing");
    expect(gateOf(base({ minMembers: 0 }, {}), "base").open).to.equal(true);
  });

  it("L2: a total of 0 with members present is open", () => {
    const gate = gateOf(
      base({}, { a: { wanted: "Stopped", power: "Stopped" }, b: { held: true, power: "Stopped" } }),
      "base",
    );
    expect(gate).to.include({ open: true, total: 0, needed: 0 });
    expect(gate.aside.map(({ name, reason }) => `${name} ${reason}`)).to.deep.equal(["a Stopped", "b StoppedByHand"]);
  });

  it("L3: suspended, observed and protected members count by their health; not owned and invalid ones as unhealthy; leaving ones not", () => {
    const gate = gateOf(
      base(
        {},
        {
          suspended: { suspended: true, unstoppable: "suspended" },
          observed: { spec: { management: "Observe" } },
          foreign: { problem: "GuestNotOwned" },
          leaving: { leaving: true, ...sick },
        },
        { invalid: new Map([["base", [{ kind: "Container", name: "broken" }]]]) },
      ),
      "base",
    );
    expect(gate).to.include({ present: 4, total: 4, healthy: 2, needed: 4, open: false });
    expect(gate.notReady.map(({ name, reason }) => `${name} ${reason}`)).to.deep.equal([
      "foreign GuestNotOwned",
      "broken SpecInvalid",
    ]);
  });

  it("L3: a guest that we are shutting down is as good as down", () => {
    expect(gateOf(base({}, { a: { stopping: true } }), "base")).to.include({ open: false, healthy: 0 });
  });

  it("L3: healthy counts only after minHealthySeconds, and says when to look again", () => {
    const since = (ms: number): number => MONOTONIC - ms;
    const lab = base(
      { minHealthySeconds: 30 },
      { a: { healthySince: since(40_000) }, b: { healthySince: since(12_000) }, c: { healthySince: since(20_000) } },
    );
    expect(gateOf(lab, "base")).to.include({ open: false, healthy: 1, retryMs: 10_000 });
    const later = base({ minHealthySeconds: 30 }, { a: { healthySince: since(30_000) } });
    expect(gateOf(later, "base")).to.include({ open: true, retryMs: undefined });
  });

  const gate = (open: boolean, bootID = "boot-1"): LabWish["layers"] => ({
    base: { status: { gate: { open, bootID, ...(open ? { openTime: "2026-01-01T00:00:00Z" } : {}) } } },
  });
  const lastStates: readonly [string, Partial<LabWish>, string][] = [
    ["open stays open", { layers: gate(true) }, "KeptOpen"],
    ["closed stays closed", { layers: gate(false) }, "KeptClosed"],
    ["open in an earlier boot counts as closed", { layers: gate(true, "boot-0") }, "KeptClosed"],
  ];
  for (const [what, layers, why] of lastStates)
    it(`L3: Unknown keeps the gate's last state: ${what}`, () => {
      expect(gateOf(base({}, { a: {}, b: unseen }, layers), "base").why).to.equal(why);
    });

  it("L3: Unknown keeps nothing open that enough others decide", () => {
    expect(
      gateOf(
        base({ quorum: 1 }, { a: {}, b: unseen }, { layers: { base: { spec: { healthGate: { quorum: 1 } } } } }),
        "base",
      ).why,
    ).to.equal("Open");
    expect(gateOf(base({}, { a: sick, b: unseen }, { layers: gate(true) }), "base").why).to.equal("Gating");
  });

  it("L3: the timeout is at least the longest start-up + minHealthySeconds + 30 s", () => {
    const short = base(
      { timeoutSeconds: 60, minHealthySeconds: 5 },
      { a: { spec: { startupTimeoutSeconds: 100 } }, b: { spec: { startupTimeoutSeconds: 200 } } },
    );
    expect(gateTimeoutMs(short, "base")).to.equal(235_000);
    const long = base({ timeoutSeconds: 600 }, { a: { spec: { startupTimeoutSeconds: 100 } } });
    expect(gateTimeoutMs(long, "base")).to.equal(600_000);
  });

  const late = (onTimeout: string, releasedMs: number, layers?: LabWish["layers"]): ReturnType<typeof labOf> =>
    base(
      {},
      { a: sick },
      {
        layers: layers ?? { base: { spec: { healthGate: { onTimeout, timeoutSeconds: 400 } } } },
        releasedMs: new Map([["base", releasedMs]]),
      },
    );

  it("L3: after the timeout Halt keeps it closed and Proceed lets the upper layers pass; before, neither", () => {
    expect(gateOf(late("Halt", 400_000), "base")).to.include({ why: "TimedOut", open: false, passable: false });
    expect(gateOf(late("Proceed", 400_000), "base")).to.include({ why: "TimedOut", open: false, passable: true });
    expect(gateOf(late("Proceed", 399_999), "base")).to.include({ why: "Gating", passable: false });
  });

  it("L3: a gate that has opened in this boot never times out", () => {
    const opened = { ...gate(true) };
    expect(isTimedOut(late("Halt", 10_000_000, opened), "base")).to.equal(false);
    expect(isTimedOut(late("Halt", 10_000_000, gate(true, "boot-0")), "base")).to.equal(true);
  });

  it("L3: a layer is released when every gate below is passable, and lab and layer are Running", () => {
    const lab = labOf({
      layers: { a: {}, b: { needs: ["a"] }, c: { needs: ["b"] }, lonely: { needs: ["gone"] } },
      guests: { one: { layer: "a", ...sick }, two: { layer: "b" }, three: { layer: "c" }, four: { layer: "lonely" } },
    });
    expect(["a", "b", "c", "lonely"].map((name) => isReleased(lab, name))).to.deep.equal([true, false, false, false]);
    expect(closedBelow(lab, "c")).to.deep.equal(["a"]);
    expect(holdingLayers(lab, "b")).to.deep.equal(["a"]);
    expect(closedBelow(lab, "lonely")).to.deep.equal(["gone"]);
    expect(isReleased(labOf({ layers: { a: {} }, homelab: undefined }), "a")).to.equal(false);
    expect(
      isReleased(labOf({ layers: { a: { spec: { powerState: "Stopped" } }, b: { needs: ["a"] } } }), "b"),
    ).to.equal(false);
  });

  it("L3: a layer that does not exist is closed, and counts nobody", () => {
    expect(gateOf(base({}, {}), "gone")).to.deep.equal({
      open: false,
      passable: false,
      why: "LayerMissing",
      present: 0,
      total: 0,
      healthy: 0,
      needed: 0,
      notReady: [],
      aside: [],
      retryMs: undefined,
    });
    expect(gateTimeoutMs(base({}, {}), "gone")).to.equal(0);
  });

  it("L3: a layer without members has the time of its own settings", () => {
    expect(gateTimeoutMs(base({ timeoutSeconds: 10, minHealthySeconds: 0 }, {}), "base")).to.equal(30_000);
  });

  it("L3: without minHealthySeconds whoever is healthy counts at once", () => {
    const lab = base({ minHealthySeconds: 0 }, { a: { healthySince: MONOTONIC }, b: { healthySince: MONOTONIC - 1 } });
    expect(gateOf(lab, "base")).to.include({ open: true, healthy: 2, retryMs: undefined });
  });

  it("L3: one millisecond short of minHealthySeconds is short", () => {
    const lab = base({ minHealthySeconds: 30 }, { a: { healthySince: MONOTONIC - 29_999 } });
    expect(gateOf(lab, "base")).to.include({ open: false, healthy: 0, retryMs: 1 });
    const now = base({ minHealthySeconds: 30 }, { a: { health: "Healthy", healthySince: undefined } });
    expect(gateOf(now, "base")).to.include({ open: false, retryMs: 30_000 });
  });

  it("L3: a boot of another layer leaves a gate's last state", () => {
    const homelab = { status: inBoot("boot-1", { layer: "apps" }) };
    const layers = { ...gate(true, "boot-0"), apps: { needs: ["base"] } };
    expect(gateOf(base({}, { a: {}, b: unseen }, { layers, homelab }), "base").why).to.equal("KeptOpen");
  });

  it("L3: each member that is not ready says why", () => {
    const guests = {
      a: { power: "Stopped" },
      b: { power: "Unknown" },
      c: { power: "Absent" },
      d: { stopping: true },
      e: { healthySince: MONOTONIC },
      f: { health: "Starting" },
      g: { health: "Unhealthy" },
      h: { problem: "GuestNotOwned" },
    } as const;
    const { notReady } = gateOf(base({ minHealthySeconds: 30 }, guests), "base");
    expect(notReady.map(({ kind, name, reason }) => `${kind} ${name} ${reason}`)).to.deep.equal([
      "Container a Stopped",
      "Container b Unknown",
      "Container c Absent",
      "Container d Stopping",
      "Container e Settling",
      "Container f Starting",
      "Container g Unhealthy",
      "Container h GuestNotOwned",
    ]);
  });

  it("O3: only a guest that is seen running, healthy, ours and not on its way down is healthy", () => {
    const of = (guest: Omit<GuestWish, "layer">): boolean => isHealthy(member(base({}, { a: guest }), "a"));
    expect(of({})).to.equal(true);
    for (const power of ["Unknown", "Stopped", "Absent"] as const)
      expect(of({ power, health: "Healthy" }), power).to.equal(false);
    expect(of({ health: "Unhealthy" })).to.equal(false);
    expect(of({ stopping: true })).to.equal(false);
    expect(of({ problem: "GuestNotOwned" })).to.equal(false);
  });

  it("L6: a lab or layer that is declared Stopped releases nobody", () => {
    const stopped = { homelab: { spec: { powerState: "Stopped" }, status: inBoot() } };
    expect(isReleased(base({}, { a: {} }, stopped), "base")).to.equal(false);
    expect(isReleased(base({}, { a: {} }), "base")).to.equal(true);
  });

  it("L4: layers in a circle are never released", () => {
    const lab = labOf({
      layers: { a: { needs: ["b"] }, b: { needs: ["a"] } },
      guests: { one: { layer: "a" }, two: { layer: "b" } },
    });
    expect(isReleased(lab, "a")).to.equal(false);
    expect(isReleased(lab, "b")).to.equal(false);
  });

  it("S1: of the closed layers below, those are named that the layer itself names, else all", () => {
    const layers = { a: {}, b: { needs: ["a"] }, c: { needs: ["b"] } };
    const both = labOf({ layers, guests: { one: { layer: "a", ...sick }, two: { layer: "b", ...sick } } });
    expect(closedBelow(both, "c")).to.have.members(["a", "b"]);
    expect(holdingLayers(both, "c")).to.deep.equal(["b"]);
    const lowest = labOf({ layers, guests: { one: { layer: "a", ...sick }, two: { layer: "b" } } });
    expect(holdingLayers(lowest, "c")).to.deep.equal(["a"]);
  });

  it("L6: a layer is down when all in it are stopped, proven absent, or may not be stopped", () => {
    const down = (guest: Omit<GuestWish, "layer">): boolean =>
      isDown(base({}, { a: { power: "Stopped" }, b: guest }), "base");
    expect(down({ power: "Stopped" })).to.equal(true);
    expect(down({ power: "Absent" })).to.equal(true);
    expect(down({ unstoppable: "protected" })).to.equal(true);
    expect(down({})).to.equal(false);
    expect(down(unseen), "it may run").to.equal(false);
    expect(isDown(base({}, {}), "base"), "nobody there").to.equal(true);
  });

  it("L3: one that cannot be seen makes a layer blind", () => {
    const blind = (b: Omit<GuestWish, "layer">): boolean => isBlind(base({}, { a: {}, b }), "base");
    expect(blind({})).to.equal(false);
    expect(blind({ power: "Stopped" })).to.equal(false);
    expect(blind(unseen)).to.equal(true);
  });

  it("L10: all is good where everything that should run is healthy", () => {
    const good = (b: Omit<GuestWish, "layer">): boolean => isGood(Row.of([...base({}, { a: {}, b }).members.values()]));
    expect(good({})).to.equal(true);
    expect(good({ wanted: "Stopped", power: "Stopped" })).to.equal(true);
    expect(good({ held: true, power: "Stopped" })).to.equal(true);
    expect(good({ power: "Stopped" })).to.equal(false);
    expect(good(sick)).to.equal(false);
    expect(good(unseen)).to.equal(false);
  });

  const anyGuest = fc.record({
    power: fc.constantFrom("Running" as const, "Stopped" as const, "Unknown" as const, "Absent" as const),
    health: fc.constantFrom("Healthy" as const, "Unhealthy" as const, "Starting" as const),
    held: fc.boolean(),
    wanted: fc.constantFrom("Running" as const, "Stopped" as const),
    leaving: fc.boolean(),
  });

  it("L3: members are counted once: healthy, not ready, aside or leaving; and an open gate has its quorum or its past", () => {
    fc.assert(
      fc.property(fc.array(anyGuest, { maxLength: 8 }), fc.integer({ min: 0, max: 100 }), (members, percent) => {
        const guests = Object.fromEntries(members.map((guest, index) => [`g${String(index)}`, guest]));
        const gate = gateOf(base({ quorum: `${String(percent)}%`, minMembers: 0 }, guests), "base");
        const staying = members.filter(({ leaving }) => !leaving).length;
        expect(gate.healthy + gate.notReady.length).to.equal(gate.total);
        expect(gate.total + gate.aside.length).to.equal(staying);
        expect(gate.open).to.equal(gate.healthy >= gate.needed);
      }),
    );
  });
});
