import { expect } from "chai";
import type { HomelabStatus } from "../../../controller/api/index.ts";
import { planHomelab } from "../../../controller/plan/layers/homelab.ts";
import { autostartOf } from "../../../controller/plan/layers/autostart.ts";
import type { Lab, SelfGuest } from "../../../controller/plan/lab.ts";
import { inBoot, labOf, member, NOW, type LabWish } from "../labs.ts";

const layers = { base: {}, apps: { needs: ["base"] } } as const;
const over = inBoot("boot-1", { finishTime: new Date(NOW).toISOString() });
const sick = { health: "Unhealthy" } as const;

function plan(lab: Lab): ReturnType<typeof planHomelab> {
  if (lab.homelab === undefined) throw new Error("no homelab");
  return planHomelab(lab.homelab, lab);
}

function outcome(
  wish: Partial<LabWish>,
  spec: Readonly<Record<string, unknown>> = {},
  status: Partial<HomelabStatus> = over,
): string {
  const { is, reason } = plan(labOf({ layers, homelab: { spec, status }, ...wish })).outcome;
  return `${is} ${reason}`;
}

describe("homelab", () => {
  const two = { db: { layer: "base" }, app: { layer: "apps" } };
  const cases: readonly [string, string, string][] = [
    ["everything healthy is Settled", outcome({ guests: two }), "settled Settled"],
    ["no layers are waited for", outcome({ layers: {} }), "waiting MembersMissing"],
    [
      "a boot that goes on is Booting",
      outcome({ guests: { ...two, app: { layer: "apps", ...sick, repairing: true } } }, {}, inBoot()),
      "progressing Booting",
    ],
    [
      "and Recovering after a reboot",
      outcome(
        { guests: { ...two, app: { layer: "apps", ...sick, repairing: true } } },
        {},
        inBoot("boot-1", { cause: "HostReboot" }),
      ),
      "progressing Recovering",
    ],
    [
      "someone sick is Degraded",
      outcome({ guests: { ...two, app: { layer: "apps", ...sick } } }),
      "progressing Degraded",
    ],
    [
      "and Recovering while it is repaired",
      outcome({ guests: { ...two, app: { layer: "apps", ...sick, repairing: true } } }),
      "progressing Recovering",
    ],
    [
      "sick within a quorum is Degraded too",
      outcome({
        layers: { base: { spec: { healthGate: { quorum: 1 } } } },
        guests: { db: { layer: "base" }, cache: { layer: "base", ...sick } },
      }),
      "progressing Degraded",
    ],
    [
      "what a person stopped is as that person wants it",
      outcome({ guests: { ...two, cache: { layer: "base", power: "Stopped", held: true } } }),
      "settled Settled",
    ],
    [
      "suspended it is Suspended",
      outcome({ guests: { db: { layer: "base", ...sick } } }, { suspend: true }),
      "settled Suspended",
    ],
    ["L6: going down it is Stopping", outcome({ guests: two }, { powerState: "Stopped" }), "progressing Stopping"],
    [
      "L6: and Stopped when all is down",
      outcome(
        { guests: { db: { layer: "base", power: "Stopped" }, app: { layer: "apps", power: "Absent" } } },
        { powerState: "Stopped" },
      ),
      "settled Stopped",
    ],
    [
      "L3: a halted layer halts it",
      outcome({ guests: { db: { layer: "base", ...sick } }, releasedMs: new Map([["base", 400_000]]) }, {}, inBoot()),
      "stalled Halted",
    ],
    [
      "L4: a cycle is told",
      outcome({ layers: { a: { needs: ["b"] }, b: { needs: ["a"] } } }),
      "stalled DependencyCycle",
    ],
    [
      "A3: another controller stops everything",
      outcome({ guests: two, another: "another controller acts" }),
      "stalled AnotherControllerActs",
    ],
    [
      "O3: unseen guests make it unknown",
      outcome({ guests: { ...two, app: { layer: "apps", power: "Unknown" } } }),
      "unknown HostUnreachable",
    ],
  ];
  for (const [what, is, expected] of cases)
    it(what, () => {
      expect(is).to.equal(expected);
    });

  it("L2: a Homelab that is not in charge says who is, and claims nothing", () => {
    const lab = labOf({ layers });
    const other = labOf({ layers }).homelab;
    if (other === undefined) throw new Error("no homelab");
    const decision = planHomelab({ ...other, metadata: { ...other.metadata, uid: "another", name: "other" } }, lab);
    expect(decision.outcome).to.include({ is: "stalled", reason: "NotInCharge" });
    expect(decision.outcome.message).to.contain("home");
    expect(decision.report).to.deep.equal({});
  });

  it("L0: a boot begins and is accounted for in one report, with an event", () => {
    const lab = labOf({
      layers,
      hosts: [{ cluster: "pve", name: "pve1", online: true, bootTime: NOW - 1000, rebooted: false }],
      guests: { db: { layer: "base", power: "Stopped" } },
    });
    const { report, events } = plan(lab);
    expect(report.lastBoot).to.include({ cause: "FirstStart" });
    expect(report.nodes).to.have.length(1);
    expect(events?.map(({ reason, type }) => `${type} ${reason}`)).to.deep.equal(["Normal BootBegins"]);
  });

  it("counts layers and guests, leaving ones aside", () => {
    const lab = labOf({
      layers,
      guests: { ...two, cache: { layer: "base", ...sick }, old: { layer: "base", leaving: true } },
    });
    expect(plan(lab).report).to.deep.include({
      guests: { total: 3, running: 3, healthy: 2 },
      summary: { layers: "1/2", guests: "2/3" },
    });
  });
});

describe("boot order (L9)", () => {
  const claimOf = (lab: Lab): string => {
    const claim = plan(lab).conditions.find(({ type }) => type === "BootOrderHonoured");
    return `${claim?.status ?? ""} ${claim?.reason ?? ""}`;
  };
  const lab = (mode: string, onboot: boolean | undefined, self?: Partial<SelfGuest>): Lab =>
    labOf({
      layers,
      homelab: { spec: { proxmoxStartup: mode }, status: over },
      guests: { db: { layer: "base", onboot }, app: { layer: "apps", onboot } },
      ...(self === undefined
        ? {}
        : { self: { cluster: "pve", vmid: 900, others: [], onboot: true, order: 1, ...self } }),
    });
  const cases: readonly [string, Lab, string][] = [
    ["Unmanaged with onboot=0", lab("Unmanaged", false), "True ControllerStarts"],
    ["Unmanaged with onboot=1", lab("Unmanaged", true), "False ProxmoxStartsGuests"],
    ["NoAutostart with onboot=0", lab("NoAutostart", false), "True ControllerStarts"],
    ["NoAutostart with onboot=1 that may not be written", lab("NoAutostart", true), "False ProxmoxStartsGuests"],
    ["Mirror with onboot=1", lab("Mirror", true), "True Mirrored"],
    ["Mirror with onboot=0 that may not be written", lab("Mirror", false), "False NotMirrored"],
    ["not read yet", lab("Unmanaged", undefined), "Unknown Unknown"],
    ["own guest with onboot=0", lab("Unmanaged", false, { onboot: false }), "False ControllerNotStarted"],
    ["own guest in order", lab("Mirror", true, {}), "True Mirrored"],
    [
      "own guest with the order of a layer, under Mirror",
      lab("Mirror", true, { order: 10 }),
      "False ControllerNotStarted",
    ],
    ["own guest without order, under Mirror", lab("Mirror", true, { order: undefined }), "False ControllerNotStarted"],
    [
      "own guest without order, under NoAutostart",
      lab("NoAutostart", false, { order: undefined }),
      "True ControllerStarts",
    ],
    ["the only onboot=1 is our own guest's", lab("Unmanaged", false, { vmid: 101 }), "True ControllerStarts"],
  ];
  for (const [what, of, expected] of cases)
    it(`L9: ${what}: ${expected}`, () => {
      expect(claimOf(of)).to.equal(expected);
    });

  it("L9: Mirror: order is ten times the layer's, 30 s after the largest vmid of a layer, the shutdown's timeout, onboot only where it should run", () => {
    const mirror = labOf({
      layers,
      homelab: { spec: { proxmoxStartup: "Mirror" } },
      guests: {
        a: { layer: "base" },
        b: { layer: "base", spec: { shutdown: { timeoutSeconds: 90 } } },
        c: { layer: "apps", held: true, power: "Stopped" },
        d: { layer: "apps", spec: { powerState: "Stopped" }, power: "Stopped" },
      },
    });
    expect(["a", "b", "c", "d"].map((name) => autostartOf(mirror, member(mirror, name)))).to.deep.equal([
      { onboot: true, startup: { order: 10, downSeconds: 60 } },
      { onboot: true, startup: { order: 10, upSeconds: 30, downSeconds: 90 } },
      { onboot: false, startup: { order: 20, downSeconds: 60 } },
      { onboot: false, startup: { order: 20, upSeconds: 30, downSeconds: 60 } },
    ]);
  });

  it("L9: NoAutostart wants onboot off and says nothing of the order; Unmanaged says nothing", () => {
    const wanted = (mode: string): unknown => {
      const of = lab(mode, true);
      return autostartOf(of, member(of, "db"));
    };
    expect(wanted("NoAutostart")).to.deep.equal({ onboot: false, startup: undefined });
    expect(wanted("Unmanaged")).to.equal(undefined);
  });
});
