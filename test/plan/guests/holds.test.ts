import { expect } from "chai";
import fc from "fast-check";
import { holdFirstStart, holdStart, holdStop, standsOnSickGround } from "../../../controller/plan/guests/holds.ts";
import type { Lab } from "../../../controller/plan/lab.ts";
import { inBoot, labOf, member, type GuestWish } from "../labs.ts";

const layers = { base: {}, apps: { needs: ["base"] } } as const;
const boot = { homelab: { status: inBoot() } } as const;
const stopped = { power: "Stopped" } as const;
const needs = (...names: string[]): Readonly<Record<string, unknown>> => ({
  dependsOn: names.map((name) => ({ kind: "Container", name })),
});

/** Why the first start of "app" waits; empty: it may go. */
function heldBecause(lab: Lab): string {
  return holdFirstStart(lab, member(lab, "app"))?.reason ?? "";
}

/** A random lab without cycles: layers above each other, guests in them, own dependsOn inside or below the layer. */
const anyLab = fc
  .record({
    layers: fc.array(fc.array(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 5 }),
    guests: fc.array(fc.record({ layer: fc.nat(), needs: fc.array(fc.nat(), { maxLength: 2 }) }), {
      minLength: 1,
      maxLength: 10,
    }),
  })
  .map((wish) => {
    const layer = (index: number): string => `l${String(index % wish.layers.length)}`;
    const guest = (index: number): string => `g${String(index)}`;
    const own = wish.guests.map(({ layer: index }) => index % wish.layers.length);
    return {
      layers: Object.fromEntries(
        wish.layers.map((row, index) => [
          layer(index),
          { needs: index === 0 ? [] : [...new Set(row.map((to) => layer(to % index)))] },
        ]),
      ),
      guests: wish.guests.map((one, index) => ({
        name: guest(index),
        layer: layer(own[index] ?? 0),
        needs: [...new Set(one.needs.map((to) => (index === 0 ? -1 : to % index)))]
          .filter((to) => to >= 0 && own[to] === own[index])
          .map(guest),
      })),
    };
  });

type AnyLab = typeof anyLab extends fc.Arbitrary<infer T> ? T : never;

/** That lab with these guests in that power. */
function stateOf(wish: AnyLab, running: ReadonlySet<string>, powerState: string): Lab {
  const guests = wish.guests.map(({ name, layer, needs: targets }): [string, GuestWish] => [
    name,
    { layer, spec: needs(...targets), ...(running.has(name) ? {} : stopped) },
  ]);
  return labOf({
    layers: wish.layers,
    homelab: { spec: { powerState }, status: inBoot() },
    guests: Object.fromEntries(guests),
  });
}

/** Whether `upper` has to be down before `lower` stops, and up after it. */
function standsOn(wish: AnyLab, lab: Lab, upper: string, lower: string): boolean {
  const of = (name: string): AnyLab["guests"][number] | undefined => wish.guests.find((guest) => guest.name === name);
  const above = lab.order.above(of(lower)?.layer ?? "").includes(of(upper)?.layer ?? "");
  return above || of(upper)?.needs.includes(lower) === true;
}

describe("holds", () => {
  it("L1: a first start waits for the gates below, and names them", () => {
    const lab = labOf({
      layers,
      ...boot,
      guests: { db: { layer: "base", health: "Starting" }, app: { layer: "apps", ...stopped } },
    });
    expect(holdFirstStart(lab, member(lab, "app"))).to.include({
      is: "waiting",
      reason: "LayerNotReady",
      message: "waits for layer base",
    });
    expect(standsOnSickGround(lab, member(lab, "app"))).to.equal(true);
  });

  it("L2, L4: what holds a first start, in turn", () => {
    const guests = { db: { layer: "base" }, app: { layer: "apps", ...stopped } };
    const up = labOf({ layers, ...boot, guests });
    expect(heldBecause(up)).to.equal("");
    expect(heldBecause({ ...up, warm: false })).to.equal("IntentSettling");
    expect(heldBecause({ ...up, quiet: false })).to.equal("IntentSettling");
    expect(heldBecause({ ...up, layers: new Map([...up.layers].filter(([name]) => name !== "apps")) })).to.equal(
      "LayerMissing",
    );
    const block = { name: "wan", onFailure: "Block", state: "Pending", message: "no answer" } as const;
    expect(heldBecause({ ...up, preflights: [block] })).to.equal("");
    const first = labOf({ layers: { base: {} }, ...boot, guests: { app: { layer: "base", ...stopped } } });
    expect(heldBecause({ ...first, preflights: [block] })).to.equal("PreflightFailing");
    expect(heldBecause({ ...first, preflights: [{ ...block, state: "GivenUp" }] })).to.equal("");
    expect(heldBecause({ ...first, preflights: [{ ...block, onFailure: "Warn" }] })).to.equal("");
  });

  const targets: readonly [string, Partial<GuestWish>, string][] = [
    ["healthy", {}, ""],
    ["unhealthy", { health: "Unhealthy" }, "DependencyNotReady"],
    ["held", { ...stopped, held: true }, "DependencyNotReady"],
    ["declared Stopped", { ...stopped, wanted: "Stopped" }, "DependencyNotReady"],
    ["being shut down", { stopping: true }, "DependencyNotReady"],
  ];
  for (const [what, target, reason] of targets)
    it(`L4: a target that is ${what} ${reason === "" ? "lets" : "holds"} the first start, and ${reason === "" ? "counts" : "keeps repairs from counting"}`, () => {
      const lab = labOf({
        layers: { base: { spec: { healthGate: { quorum: 0 } } } },
        ...boot,
        guests: { db: { layer: "base", ...target }, app: { layer: "base", ...stopped, spec: needs("db") } },
      });
      expect(heldBecause(lab)).to.equal(reason);
      expect(standsOnSickGround(lab, member(lab, "app"))).to.equal(reason !== "");
    });

  it("L4: a missing target is named; a cycle and a target above the own layer are Stalled with the path", () => {
    const missing = labOf({
      layers,
      ...boot,
      guests: { db: { layer: "base" }, app: { layer: "apps", ...stopped, spec: needs("gone") } },
    });
    expect(heldBecause(missing)).to.equal("DependencyMissing");
    const above = labOf({
      layers,
      ...boot,
      guests: { app: { layer: "base", spec: needs("tv") }, tv: { layer: "apps" } },
    });
    expect(holdFirstStart(above, member(above, "app"))).to.include({ is: "stalled", reason: "DependencyCycle" });
    expect(above.circles.get("Container/app")).to.deep.equal([
      "Container app",
      "Container tv",
      "HomelabLayer base",
      "Container app",
    ]);
  });

  it("L0: while a boot is about to begin nothing starts, not even a repair", () => {
    const guests = { db: { layer: "base", ...stopped }, app: { layer: "apps", ...stopped } };
    const lab = labOf({ layers, homelab: { status: {} }, guests });
    expect(holdStart(lab)).to.include({ reason: "Booting" });
    expect(holdStart(labOf({ layers, ...boot, guests }))).to.equal(undefined);
  });

  it("L6: a guest's own powerState stops it at once, whatever runs above", () => {
    const lab = labOf({
      layers,
      ...boot,
      guests: { app: { layer: "base", spec: { powerState: "Stopped" } }, tv: { layer: "apps" } },
    });
    expect(holdStop(lab, member(lab, "app"))).to.equal(undefined);
  });

  it("L6: what cannot be seen may run, so those below wait; what may not be stopped is not waited for", () => {
    const down = { homelab: { spec: { powerState: "Stopped" } } };
    const unseen = labOf({
      layers,
      ...down,
      guests: { app: { layer: "base" }, tv: { layer: "apps", power: "Unknown" } },
    });
    expect(holdStop(unseen, member(unseen, "app"))?.reason).to.equal("Stopping");
    const kept = labOf({
      layers,
      ...down,
      guests: { app: { layer: "base" }, tv: { layer: "apps", unstoppable: "protected" } },
    });
    expect(holdStop(kept, member(kept, "app"))).to.equal(undefined);
  });

  it("L6: those that depend on it and are to stop too go first, and are named", () => {
    const stop = (...others: readonly Omit<GuestWish, "layer">[]): string => {
      const guests = others.map(
        (guest, index) => [`g${index}`, { layer: "base", spec: needs("db"), ...guest }] as const,
      );
      const down = { homelab: { spec: { powerState: "Stopped" } } };
      const lab = labOf({ layers, ...down, guests: { db: { layer: "base" }, ...Object.fromEntries(guests) } });
      const held = holdStop(lab, member(lab, "db"));
      if (held !== undefined) expect(held).to.include({ is: "waiting", reason: "Stopping" });
      return held?.message ?? "";
    };
    expect(stop({})).to.equal("stops when what depends on it has stopped: g0");
    expect(stop({}, {})).to.equal("stops when what depends on it has stopped: g0, g1");
    expect(stop({ power: "Unknown" }), "it may run").to.include("g0");
    expect(stop(stopped)).to.equal("");
    expect(stop({ power: "Absent" })).to.equal("");
    expect(stop({ wanted: "Running" }), "it is not to stop").to.equal("");
    expect(stop({ unstoppable: "protected" })).to.equal("");
  });

  it("L4, L6: a circle of dependsOn keeps nobody from stopping", () => {
    const lab = labOf({
      layers,
      homelab: { spec: { powerState: "Stopped" } },
      guests: { app: { layer: "base", spec: needs("db") }, db: { layer: "base", spec: needs("app") } },
    });
    for (const name of ["app", "db"]) expect(holdStop(lab, member(lab, name)), name).to.equal(undefined);
  });

  it("L4, L6: what depends on a guest above its own layer keeps nobody from stopping: the layers' order stands", () => {
    const lab = labOf({
      layers,
      homelab: { spec: { powerState: "Stopped" } },
      guests: { app: { layer: "base", spec: needs("tv") }, tv: { layer: "apps" } },
    });
    expect(holdStop(lab, member(lab, "tv"))).to.equal(undefined);
    expect(holdStop(lab, member(lab, "app"))?.message).to.equal("stops when the layers above have stopped: apps");
  });

  it("L0, L2: what passes by itself is looked at again soon", () => {
    const guests = { app: { layer: "base", ...stopped } };
    const up = labOf({ layers: { base: {} }, ...boot, guests });
    expect(holdStart({ ...up, warm: false })).to.include({ is: "waiting", reason: "IntentSettling", afterMs: 200 });
    expect(holdFirstStart({ ...up, quiet: false }, member(up, "app"))).to.include({ is: "waiting", afterMs: 500 });
    const begins = labOf({ layers: { base: {} }, homelab: { status: {} }, guests });
    expect(holdStart(begins)).to.include({ is: "waiting", reason: "Booting", afterMs: 500 });
    const down = { layer: "base", ...stopped, status: { bootID: "boot-1" } };
    const unexplained = labOf({
      layers: { base: {} },
      homelab: { status: inBoot("boot-1", { finishTime: "2026-01-01T11:00:00Z" }) },
      guests: { app: down, db: down },
    });
    expect(holdStart(unexplained)).to.include({ is: "waiting", reason: "Booting", afterMs: 1000 });
    expect(holdStart(unexplained)?.message).to.include("looking for the reason");
  });

  it("L2: a blocking preflight is told by what it last said", () => {
    const check = { name: "wan", onFailure: "Block", state: "Pending", message: "" } as const;
    const said = (message: string): string | undefined => {
      const lab = labOf({ layers: { base: {} }, ...boot, guests: { app: { layer: "base", ...stopped } } });
      return holdFirstStart({ ...lab, preflights: [{ ...check, message }] }, member(lab, "app"))?.message;
    };
    expect(said("")).to.equal("preflight wan has not answered yet");
    expect(said("no route")).to.equal("preflight wan fails: no route");
  });

  it("L6: with a layer missing nobody knows the order, so the lab's word stops none of its guests", () => {
    const lab = labOf({
      layers: { base: {} },
      homelab: { spec: { powerState: "Stopped" } },
      guests: { tv: { layer: "gone" } },
    });
    expect(holdStop(lab, member(lab, "tv"))?.reason).to.equal("LayerMissing");
  });

  it("L6: going down in any lab ends, and whoever goes has nothing running that stands on it", () => {
    fc.assert(
      fc.property(anyLab, (wish) => {
        const running = new Set(wish.guests.map(({ name }) => name));
        while (running.size > 0) {
          const lab = stateOf(wish, running, "Stopped");
          const free = [...running].filter((name) => holdStop(lab, member(lab, name)) === undefined);
          expect(free).not.to.deep.equal([]);
          for (const name of free)
            for (const other of running) expect(standsOn(wish, lab, other, name)).to.equal(false);
          for (const name of free) running.delete(name);
        }
      }),
    );
  });

  it("L1, L4: coming up in any lab ends, and whoever goes has everything running that it stands on", () => {
    fc.assert(
      fc.property(anyLab, (wish) => {
        const running = new Set<string>();
        const empty = Object.values(wish.layers).some(
          (_, index) => !wish.guests.some(({ layer }) => layer === `l${String(index)}`),
        );
        fc.pre(!empty);
        while (running.size < wish.guests.length) {
          const lab = stateOf(wish, running, "Running");
          const down = wish.guests.filter(({ name }) => !running.has(name)).map(({ name }) => name);
          const free = down.filter((name) => holdFirstStart(lab, member(lab, name)) === undefined);
          expect(free).not.to.deep.equal([]);
          for (const name of free) for (const other of down) expect(standsOn(wish, lab, name, other)).to.equal(false);
          for (const name of free) running.add(name);
        }
      }),
      { numRuns: 50 },
    );
  });
});
