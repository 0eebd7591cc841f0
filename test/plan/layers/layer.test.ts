import { expect } from "chai";
import type { HomelabLayerStatus } from "../../../controller/api/index.ts";
import { layerState, planLayer } from "../../../controller/plan/layers/layer.ts";
import type { Lab } from "../../../controller/plan/lab.ts";
import { inBoot, labOf, NOW, type LabWish } from "../labs.ts";

const opened: Partial<HomelabLayerStatus> = {
  gate: { open: true, bootID: "boot-1", openTime: "2026-01-01T11:00:00.000Z" },
};
const sick = { health: "Unhealthy" } as const;
const stopped = { homelab: { spec: { powerState: "Stopped" } } } as const;

function plan(lab: Lab, name: string): ReturnType<typeof planLayer> {
  const layer = lab.layers.get(name);
  if (layer === undefined) throw new Error(`no layer ${name}`);
  return planLayer(layer, lab);
}

/** "is reason" of one layer "base" with these guests. */
function base(
  wish: Partial<LabWish>,
  spec: Readonly<Record<string, unknown>> = {},
  status?: Partial<HomelabLayerStatus>,
): string {
  const lab = labOf({
    homelab: { status: inBoot() },
    ...wish,
    layers: { base: { spec, ...(status === undefined ? {} : { status }) } },
  });
  const { outcome } = layerState(lab, "base");
  return `${outcome.is} ${outcome.reason}`;
}

describe("layer", () => {
  const stalledGuest = {
    layer: "base",
    status: { conditions: [{ type: "Stalled", status: "True", reason: "StopRefused" }] },
  };
  const released = (ms: number): Partial<LabWish> => ({ releasedMs: new Map([["base", ms]]) });
  const cases: readonly [string, string, string][] = [
    ["L3: healthy members are Settled", base({ guests: { a: { layer: "base" } } }), "settled Settled"],
    ["L2: too few members are waited for", base({}), "waiting MembersMissing"],
    [
      "L3: a released layer that is not ready yet is Gating",
      base({ guests: { a: { layer: "base", ...sick } }, ...released(0) }),
      "progressing Gating",
    ],
    [
      "L3: and Halted after its timeout",
      base({ guests: { a: { layer: "base", ...sick } }, ...released(331_000) }),
      "stalled Halted",
    ],
    [
      "L3: or Degraded with Proceed",
      base(
        { guests: { a: { layer: "base", ...sick } }, ...released(331_000) },
        { healthGate: { onTimeout: "Proceed" } },
      ),
      "progressing Degraded",
    ],
    [
      "L3: once opened it is Degraded, never Halted",
      base({ guests: { a: { layer: "base", ...sick } }, ...released(331_000) }, {}, opened),
      "progressing Degraded",
    ],
    [
      "L3: and Recovering while a repair is under way",
      base({ guests: { a: { layer: "base", ...sick, repairing: true } } }, {}, opened),
      "progressing Recovering",
    ],
    [
      "L2: without a Homelab it waits",
      base({ homelab: undefined, guests: { a: { layer: "base" } } }),
      "waiting HomelabMissing",
    ],
    [
      "suspended it is Suspended, ready or not",
      base({ guests: { a: { layer: "base", ...sick } }, ...released(331_000) }, { suspend: true }),
      "settled Suspended",
    ],
    [
      "O3: with members unseen it is unknown",
      base({ guests: { a: { layer: "base", power: "Unknown" } } }),
      "unknown HostUnreachable",
    ],
    [
      "with members of no cluster it waits for that",
      base({ guests: { a: { layer: "base", power: "Unknown", cluster: undefined } } }),
      "waiting ClusterMissing",
    ],
    [
      "L6: declared Stopped it is Stopping while a member runs",
      base({ ...stopped, guests: { a: { layer: "base" } } }),
      "progressing Stopping",
    ],
    [
      "L6: Stopped when none does, or none may be stopped",
      base({
        ...stopped,
        guests: { a: { layer: "base", power: "Stopped" }, b: { layer: "base", unstoppable: "protected" } },
      }),
      "settled Stopped",
    ],
    ["L6: and Halted when one refuses", base({ ...stopped, guests: { a: stalledGuest } }), "stalled Halted"],
  ];
  for (const [what, is, expected] of cases)
    it(what, () => {
      expect(is).to.equal(expected);
    });

  it("L4: a cycle and a missing layer below are told before anything else", () => {
    const lab = labOf({ layers: { a: { needs: ["b"] }, b: { needs: ["a"] }, c: { needs: ["gone"] } }, ...stopped });
    expect(layerState(lab, "a").outcome).to.include({ is: "stalled", reason: "DependencyCycle" });
    expect(layerState(lab, "a").outcome.message).to.contain("a → b → a");
    expect(layerState(lab, "c").outcome).to.include({ is: "waiting", reason: "LayerMissing" });
  });

  it("H4: waiting for a parent is not told by the layer itself", () => {
    const lab = labOf({
      layers: { a: {}, b: { needs: ["a"] } },
      homelab: { status: inBoot() },
      guests: { one: { layer: "a", ...sick }, two: { layer: "b", ...sick } },
    });
    expect(plan(lab, "b")).to.include({ quiet: true });
    expect(plan(lab, "b").outcome).to.include({ reason: "LayerNotReady", message: "waits for layer a" });
    expect(plan(lab, "a").quiet).to.equal(undefined);
  });

  it("L3, S1: release, readiness and opening are written once, with the time they took", () => {
    const wish = (status: Partial<HomelabLayerStatus>, healthy: boolean): Lab =>
      labOf({
        layers: { base: { status } },
        homelab: { status: inBoot() },
        releasedMs: new Map([["base", 0]]),
        guests: { a: { layer: "base", ...(healthy ? {} : sick) } },
      });
    const first = plan(wish({}, false), "base").report;
    expect(first.lastStart).to.deep.equal({ bootID: "boot-1", releaseTime: new Date(NOW).toISOString() });
    const lastStart = { bootID: "boot-1", releaseTime: new Date(NOW - 19_000).toISOString() };
    const ready = plan(wish({ lastStart }, true), "base");
    expect(ready.report.lastStart).to.include({ readyTime: new Date(NOW).toISOString(), durationSeconds: 19 });
    expect(ready.report.gate).to.deep.equal({ open: true, bootID: "boot-1", openTime: new Date(NOW).toISOString() });
    expect(ready.report.summary).to.include({ members: "1/1", boot: "19s" });
    expect(ready.events?.map(({ reason }) => reason)).to.deep.equal(["GateOpen"]);
    const later = plan({ ...wish(ready.report, true), now: NOW + 60_000 }, "base");
    expect(later.report).to.deep.equal(ready.report);
    expect(later.events).to.deep.equal([]);
  });

  it("L0: a boot of another layer or node leaves what the last one wrote", () => {
    const lastStart = {
      bootID: "boot-0",
      releaseTime: "2026-01-01T10:00:00.000Z",
      readyTime: "2026-01-01T10:00:19.000Z",
      durationSeconds: 19,
    };
    const gate = { open: true, bootID: "boot-0", openTime: "2026-01-01T10:00:19.000Z" };
    for (const part of [{ layer: "apps" }, { node: "pve2" }]) {
      const lab = labOf({
        layers: { base: { status: { gate, lastStart } }, apps: { needs: ["base"] } },
        homelab: { status: inBoot("boot-1", part) },
        guests: { a: { layer: "base" } },
      });
      expect(plan(lab, "base").report).to.deep.include({ gate, lastStart });
    }
  });

  it("L3, L10: where the timeout counts from is written when it moved by more than clocks may differ", () => {
    const lastStart = { bootID: "boot-1", releaseTime: new Date(NOW - 100_000).toISOString() };
    const counting = (elapsed: number): unknown =>
      plan(
        labOf({
          layers: { base: { status: { lastStart } } },
          homelab: { status: inBoot() },
          releasedMs: new Map([["base", elapsed]]),
          guests: { a: { layer: "base", ...sick } },
        }),
        "base",
      ).report.lastStart?.countTime;
    expect(counting(100_000)).to.equal(undefined);
    expect(counting(96_000)).to.equal(undefined);
    expect(counting(10_000)).to.equal(new Date(NOW - 10_000).toISOString());
  });

  it("S1: at most 20 members that are not ready are listed", () => {
    const guests = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`g${String(index)}`, { layer: "base", ...sick }]),
    );
    expect(plan(labOf({ layers: { base: {} }, guests }), "base").report.notReady).to.have.length(20);
  });
});
