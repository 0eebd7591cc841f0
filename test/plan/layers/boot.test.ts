import { expect } from "chai";
import type { HomelabStatus } from "../../../controller/api/index.ts";
import { bootTurn, isUnrecorded, startable } from "../../../controller/plan/layers/boot.ts";
import { beginBoot, continueBoot } from "../../../controller/plan/layers/bootRecord.ts";
import { concerns, hasRun, NO_BOOT, type Host, type Lab } from "../../../controller/plan/lab.ts";
import { inBoot, labOf, member, MONOTONIC, NOW, type GuestWish, type LabWish } from "../labs.ts";

const layers = { base: {}, apps: { needs: ["base"] } } as const;
const stopped = { power: "Stopped" } as const;
const BOOTED = NOW - 86_400_000;

function host(more: Partial<Host> = {}): Host {
  return { cluster: "pve", name: "pve1", online: true, bootTime: BOOTED, rebooted: false, ...more };
}

const known = { nodes: [{ cluster: "pve", name: "pve1", bootTime: new Date(BOOTED).toISOString() }] };
const over: Partial<HomelabStatus> = { ...known, ...inBoot("boot-1", { finishTime: new Date(NOW).toISOString() }) };
const ran = { status: { bootID: "boot-1" } } as const;

/** What begins with these guests; "" for nothing. */
function begins(
  guests: Readonly<Record<string, Partial<GuestWish>>>,
  status: Partial<HomelabStatus>,
  more: Partial<LabWish> = {},
): string {
  const lab = labOf({
    layers,
    hosts: [host()],
    ...more,
    homelab: { ...more.homelab, status },
    guests: Object.fromEntries(Object.entries(guests).map(([name, guest]) => [name, { layer: "base", ...guest }])),
  });
  const { beginning } = bootTurn(lab);
  if (beginning === undefined) return "";
  return [beginning.cause, beginning.node ?? "", beginning.layer ?? ""].filter((part) => part !== "").join(" ");
}

describe("boot: when one begins (L0, L7)", () => {
  it("L0: FirstStart needs the go switch, quiet, and everything seen down", () => {
    expect(begins({ a: stopped }, {})).to.equal("FirstStart");
    expect(begins({ a: { power: "Absent" } }, {})).to.equal("FirstStart");
    expect(begins({ a: stopped, b: {} }, {})).to.equal("");
    expect(begins({ a: stopped, b: { power: "Unknown" } }, {})).to.equal("");
    expect(begins({ a: stopped, b: { power: "Unknown", cluster: undefined } }, {})).to.equal("FirstStart");
    expect(begins({ a: stopped }, {}, { quiet: false })).to.equal("");
    expect(begins({ a: stopped }, inBoot())).to.equal("");
    expect(begins({ a: { ...stopped, suspended: true } }, {})).to.equal("");
    expect(begins({ a: { ...stopped, status: { bootID: NO_BOOT } } }, {})).to.equal("");
    expect(begins({ a: { ...stopped, status: { bootID: "boot-0" } } }, {})).to.equal("FirstStart");
  });

  const down = { ...stopped, ...ran };

  it("L7: HostReboot is a boot later than the recorded one by more than 60 s, or one that this process saw", () => {
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: BOOTED + 61_000 })] })).to.equal("HostReboot pve1");
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: BOOTED + 59_000 })] })).to.equal("");
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: BOOTED + 59_000, rebooted: true })] })).to.equal(
      "HostReboot pve1",
    );
    expect(begins({ a: down }, over, { hosts: [host({ rebooted: true })] })).to.equal("");
    expect(begins({ a: down }, inBoot(), { hosts: [host({ bootTime: NOW })] })).to.equal("");
  });

  const rebooted = { hosts: [host({ bootTime: NOW - 60_000 })] };

  it("L7: a reboot after which everything runs is accounted for and is no boot", () => {
    expect(begins({ a: ran }, over, rebooted)).to.equal("");
    const lab = labOf({ layers, ...rebooted, homelab: { status: over }, guests: { a: { layer: "base", ...ran } } });
    expect(bootTurn(lab).accounts.nodes).to.deep.equal([
      { cluster: "pve", name: "pve1", bootTime: new Date(NOW - 60_000).toISOString() },
    ]);
  });

  it("L7: a reboot concerns guests that are ours to start only", () => {
    expect(begins({ a: { ...down, wanted: "Stopped" } }, over, rebooted)).to.equal("");
    expect(begins({ a: { ...down, node: "pve2" } }, over, rebooted)).to.equal("");
  });

  it("L7: two hosts at once, or a boot that still goes on, make it a boot of the whole lab", () => {
    const two = { hosts: [host({ bootTime: NOW }), host({ name: "pve2", bootTime: NOW })] };
    const both = {
      ...over,
      nodes: [...known.nodes, { cluster: "pve", name: "pve2", bootTime: new Date(BOOTED).toISOString() }],
    };
    expect(begins({ a: down, b: { ...down, node: "pve2" } }, both, two)).to.equal("HostReboot");
    expect(begins({ a: down }, { ...known, ...inBoot() }, rebooted)).to.equal("HostReboot");
  });

  it("L0: AllDown is everything that ran, down at once, with no stop to explain it", () => {
    const crashed = { ...down, downCause: "Crashed", downSince: MONOTONIC - 2_000 };
    expect(begins({ a: crashed, b: crashed }, over)).to.equal("AllDown");
    expect(begins({ a: crashed, b: ran }, over)).to.equal("");
    expect(begins({ a: crashed }, over)).to.equal("");
    expect(begins({ a: crashed, b: { ...crashed, downCause: "StoppedByHand" } }, over)).to.equal("");
    expect(begins({ a: crashed, b: { ...crashed, downSince: MONOTONIC - 40_000 } }, over)).to.equal("");
    expect(begins({ a: crashed, b: crashed }, { ...known, ...inBoot() })).to.equal("");
    const unexplained = labOf({
      layers,
      homelab: { status: over },
      guests: { a: { layer: "base", ...crashed }, b: { layer: "base", ...crashed, downCause: undefined } },
    });
    expect(bootTurn(unexplained).pending).to.be.a("string");
  });

  it("L0: PowerOn is what was recorded Stopped and is declared Running: the lab, a layer, or the lowest of several", () => {
    const was = (...names: string[]): Partial<HomelabStatus> => ({ ...over, stopped: names });
    const wide = { layers: { base: {}, apps: { needs: ["base"] }, side: {} } };
    expect(begins({ a: stopped }, was("*"))).to.equal("PowerOn");
    expect(begins({ a: stopped }, was("apps"))).to.equal("PowerOn apps");
    expect(begins({ a: stopped }, was("base", "apps"))).to.equal("PowerOn base");
    expect(begins({ a: stopped }, was("apps", "side"), wide)).to.equal("PowerOn");
    expect(begins({ a: stopped }, was("*"), { homelab: { spec: { powerState: "Stopped" } } })).to.equal("");
    expect(
      begins({ a: stopped }, was("base", "apps"), {
        layers: { base: { spec: { powerState: "Stopped" } }, apps: { needs: ["base"] } },
      }),
    ).to.equal("");
    expect(begins({ a: stopped }, was("gone"))).to.equal("");
  });
});

describe("boot: its edges (L0, L7)", () => {
  const down = { ...stopped, ...ran };
  const crashed = { ...down, downCause: "Crashed", downSince: MONOTONIC - 2_000 };
  const rebooted = { hosts: [host({ bootTime: NOW - 60_000 })] };

  it("L7: 60 s are within what clocks may differ", () => {
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: BOOTED + 60_000 })] })).to.equal("");
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: BOOTED + 60_001 })] })).to.equal("HostReboot pve1");
  });

  it("L7: a host that is away, or never told its boot time, has not rebooted", () => {
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: NOW, online: false })] })).to.equal("");
    expect(begins({ a: down }, over, { hosts: [host({ bootTime: undefined, rebooted: true })] })).to.equal("");
  });

  it("L7: a host is its name and its cluster", () => {
    const other = (more: Partial<Host>): Partial<LabWish> => ({ hosts: [host({ bootTime: NOW, ...more })] });
    expect(begins({ a: { ...down, cluster: "two" } }, over, other({ cluster: "two" }))).to.equal("");
    expect(begins({ a: { ...down, node: "pve2" } }, over, other({ name: "pve2" }))).to.equal("");
    expect(begins({ a: { ...down, cluster: "two" } }, over, other({}))).to.equal("");
  });

  it("L0, L7: where two clusters have a node of that name, the boot says which and leaves the other's guests alone", () => {
    const twin = { hosts: [host({ bootTime: NOW }), host({ cluster: "two" })] };
    expect(begins({ a: down }, over, twin)).to.equal("HostReboot pve1");
    const guests = { a: { layer: "base" }, b: { layer: "base", cluster: "two" } };
    const concerned = (boot: object): readonly boolean[] => {
      const lab = labOf({ layers, ...twin, homelab: { status: inBoot("boot-2", boot) }, guests });
      return ["a", "b"].map((name) => concerns(lab, member(lab, name)));
    };
    expect(concerned({ node: "pve1", cluster: "pve" })).to.deep.equal([true, false]);
    expect(concerned({ node: "pve1", cluster: "two" })).to.deep.equal([false, true]);
    // As written before the field was there.
    expect(concerned({ node: "pve1" })).to.deep.equal([true, true]);
  });

  it("L7: the step about the host waits for the node of its cluster", () => {
    const away = { hosts: [host({ online: false }), host({ cluster: "two" })] };
    const status = inBoot("boot-2", { cause: "HostReboot", node: "pve1", cluster: "pve" });
    const lab = labOf({ layers, ...away, homelab: { status }, guests: { a: { layer: "base", ...down } } });
    if (status.lastBoot === undefined) throw new Error("no boot");
    expect(continueBoot(status.lastBoot, lab).steps?.[0]).to.include({ name: "host pve1 reachable", state: "Running" });
  });

  it("L0: one that ran when the switch was thrown is enough for no FirstStart; one that may start is enough for one", () => {
    const fresh = { ...stopped, status: { bootID: "boot-0" } };
    expect(begins({ a: fresh, b: { ...stopped, status: { bootID: NO_BOOT } } }, {})).to.equal("");
    expect(begins({ a: fresh, b: { ...stopped, suspended: true } }, {})).to.equal("FirstStart");
  });

  it("L2: without a Homelab no boot begins", () => {
    const lab = { ...labOf({ layers, guests: { a: { layer: "base", ...stopped } } }), homelab: undefined };
    expect(bootTurn(lab).beginning).to.equal(undefined);
    expect(isUnrecorded(lab, bootTurn(lab))).to.equal(false);
  });

  it("L7: those that went down within 30 s went down at once", () => {
    const at = (ms: number): Partial<GuestWish> => ({ ...crashed, downSince: MONOTONIC - ms });
    expect(begins({ a: at(0), b: at(30_000) }, over)).to.equal("AllDown");
    expect(begins({ a: at(0), b: at(30_001) }, over)).to.equal("");
    expect(begins({ a: at(1000), b: at(2000), c: at(31_001) }, over)).to.equal("");
    const now = { ...crashed, downSince: undefined };
    expect(begins({ a: now, b: at(30_000) }, over), "seen down just now").to.equal("AllDown");
    expect(begins({ a: now, b: at(30_001) }, over)).to.equal("");
  });

  it("L0: AllDown is about those that ran in this boot and are ours to start", () => {
    const both = { a: crashed, b: crashed };
    const aside: readonly Partial<GuestWish>[] = [
      { held: true },
      { held: true, ...stopped, ...ran },
      { wanted: "Stopped" },
      { suspended: true, ...ran },
      { leaving: true },
      { problem: "GuestNotOwned", ...ran },
      { spec: { management: "Observe" }, ...ran },
      { status: { bootID: "boot-0" } },
      {},
    ];
    for (const other of aside) expect(begins({ ...both, other }, over), JSON.stringify(other)).to.equal("AllDown");
    const elsewhere = { ...ran, node: "pve2" };
    const ofNode = inBoot("boot-1", { finishTime: new Date(NOW).toISOString(), node: "pve1" });
    expect(begins({ ...both, elsewhere }, { ...known, ...ofNode }), "a boot of the other node").to.equal("AllDown");
    for (const power of ["Running", "Unknown", "Absent"] as const) {
      const guests = { a: { layer: "base", ...crashed }, other: { layer: "base", power, ...ran } };
      const turn = bootTurn(labOf({ layers, hosts: [host()], homelab: { status: over }, guests }));
      expect(turn, power).to.include({ beginning: undefined, pending: undefined });
    }
  });

  it("L0: aside are also those that could not have been started", () => {
    for (const other of [{ held: true }, { suspended: true }, { wanted: "Stopped" }] as const)
      expect(begins({ a: crashed, b: { ...crashed, ...other } }, over), JSON.stringify(other)).to.equal("");
  });

  it("L1, L6: startable is what is to run and may be started", () => {
    const lab = labOf({ layers, guests: { a: { layer: "base" } } });
    const one = member(lab, "a");
    expect(startable(one)).to.equal(true);
    for (const other of [
      { wanted: "Stopped" },
      { leaving: true },
      { suspended: true },
      { problem: "GuestNotOwned" },
    ] as const)
      expect(startable({ ...one, ...other }), JSON.stringify(other)).to.equal(false);
    const observed = labOf({ layers, guests: { a: { layer: "base", spec: { management: "Observe" } } } });
    expect(startable(member(observed, "a"))).to.equal(false);
  });

  it("L0: a boot that begins, may begin, or a layer that is on again is written before anything starts", () => {
    const unrecorded = (
      guests: Readonly<Record<string, Partial<GuestWish>>>,
      status: Partial<HomelabStatus>,
    ): boolean => {
      const wishes = Object.entries(guests).map(([name, guest]) => [name, { layer: "base", ...guest }] as const);
      const lab = labOf({ layers, hosts: [host()], homelab: { status }, guests: Object.fromEntries(wishes) });
      return isUnrecorded(lab, bootTurn(lab));
    };
    expect(unrecorded({ a: ran }, over)).to.equal(false);
    expect(unrecorded({ a: stopped }, {})).to.equal(true);
    const unexplained = { ...crashed, downCause: undefined };
    expect(unrecorded({ a: unexplained, b: unexplained }, over)).to.equal(true);
    expect(unrecorded({ a: ran }, { ...over, stopped: ["gone"] }), "a layer that is no more").to.equal(true);
  });

  it("L6: what is still Stopped is no news", () => {
    const status = { ...over, stopped: ["apps", "base"] };
    const off = { spec: { powerState: "Stopped" } };
    const lab = labOf({ layers: { base: off, apps: { needs: ["base"] } }, hosts: [host()], homelab: { status } });
    expect(bootTurn(lab).accounts.stopped).to.deep.equal(["apps", "base"]);
    expect(isUnrecorded(lab, bootTurn(lab))).to.equal(false);
  });

  it("L6: a lab that is Stopped is accounted for beside its layers", () => {
    const stoppedOf = (spec: object): readonly string[] =>
      bootTurn(labOf({ layers, homelab: { spec: spec as Record<string, unknown>, status: over } })).accounts.stopped;
    expect(stoppedOf({ powerState: "Stopped" })).to.deep.equal(["*"]);
    expect(stoppedOf({})).to.deep.equal([]);
  });

  it("L7: accounts keep what is known of a host that did not reboot or is not seen, and take up a new one", () => {
    const nodes = (hosts: readonly Host[], status: Partial<HomelabStatus> = over): readonly unknown[] =>
      bootTurn(labOf({ layers, hosts, homelab: { status } })).accounts.nodes;
    expect(nodes([host({ bootTime: BOOTED + 20_000 })]), "clocks differ").to.deep.equal(known.nodes);
    expect(nodes([host({ bootTime: undefined })])).to.deep.equal(known.nodes);
    expect(nodes([])).to.deep.equal(known.nodes);
    expect(nodes([host({ bootTime: undefined })], {})).to.deep.equal([]);
    const second = { cluster: "pve", name: "pve2", bootTime: new Date(NOW).toISOString() };
    const pve2 = host({ name: "pve2", bootTime: NOW });
    expect(nodes([host(), pve2])).to.deep.equal([...known.nodes, second]);
    expect(nodes([pve2])).to.deep.equal([second, ...known.nodes]);
    expect(nodes([...rebooted.hosts])).to.deep.equal([
      { cluster: "pve", name: "pve1", bootTime: new Date(NOW - 60_000).toISOString() },
    ]);
  });
});

describe("boot: whom it concerns (L0)", () => {
  const guests = {
    db: { layer: "base", ...ran, node: "pve2" },
    app: { layer: "apps", status: { bootID: "boot-0" } },
    fresh: { layer: "apps" },
  };
  const boots = (more: object): Lab => labOf({ layers, homelab: { status: inBoot("boot-1", more) }, guests });

  it("L0: a guest has run when its bootID is the boot's", () => {
    const lab = boots({});
    expect(["db", "app", "fresh"].map((name) => hasRun(lab, member(lab, name)))).to.deep.equal([true, false, false]);
  });

  it("L0: a boot of one node or layer leaves the others as they were", () => {
    const node = boots({ node: "pve1" });
    expect(["db", "app"].map((name) => concerns(node, member(node, name)))).to.deep.equal([false, true]);
    expect(hasRun(node, member(node, "db"))).to.equal(true);
    const layer = boots({ layer: "apps" });
    expect(["db", "app"].map((name) => concerns(layer, member(layer, name)))).to.deep.equal([false, true]);
    const base = boots({ layer: "base" });
    expect(["db", "app"].map((name) => concerns(base, member(base, name)))).to.deep.equal([true, true]);
  });
});

describe("boot: its record (L7)", () => {
  const beginning = { cause: "HostReboot", node: "pve1", cluster: "pve", message: "host pve1 rebooted" } as const;
  const start = (seconds: number): object => ({
    bootID: "boot-1",
    requestTime: new Date(NOW - 50_000).toISOString(),
    healthyTime: new Date(NOW - 50_000 + seconds * 1000).toISOString(),
    slowestProbe: "web",
  });
  const status = inBoot("boot-1", {
    cause: "HostReboot",
    node: "pve1",
    lastGoodTime: new Date(NOW - 90_000).toISOString(),
  });
  const up = (health: "Healthy" | "Unhealthy", repairing = false): Lab =>
    labOf({
      layers,
      hosts: [host()],
      homelab: { status },
      releasedMs: new Map([
        ["base", 1],
        ["apps", 1],
      ]),
      guests: {
        db: { layer: "base", status: { bootID: "boot-1", lastStart: start(8) } },
        cache: { layer: "base", status: { bootID: "boot-1", lastStart: start(12) } },
        app: { layer: "apps", health, repairing, status: { bootID: "boot-1", lastStart: start(20) } },
      },
    });

  it("L7: it begins with its cause, its node and when the lab was last seen good", () => {
    const lab = labOf({ layers, lastGood: NOW - 90_000 });
    expect(beginBoot(beginning, lab)).to.deep.equal({
      id: "HostReboot-20260101T120000000Z",
      cause: "HostReboot",
      node: "pve1",
      cluster: "pve",
      startTime: "2026-01-01T12:00:00.000Z",
      lastGoodTime: "2026-01-01T11:58:30.000Z",
    });
    expect(beginBoot({ cause: "PowerOn", message: "" }, lab)).not.to.have.property("lastGoodTime");
  });

  it("L7: it is over with the last guest healthy; length, time to recovery, critical path and slowest probe are measured", () => {
    const boot = status.lastBoot;
    if (boot === undefined) throw new Error("no boot");
    const done = continueBoot(boot, up("Healthy"));
    expect(done.finishTime).to.equal(new Date(NOW - 30_000).toISOString());
    expect(done.durationSeconds).to.equal(30);
    expect(done.mttrSeconds).to.equal(60);
    expect(done.criticalPath).to.deep.equal(["base: cache 12.0s", "apps: app 20.0s"]);
    expect(done.slowestProbe).to.equal("app/web 20.0s");
    expect(continueBoot(done, up("Unhealthy"))).to.equal(done);
  });

  it("L7: a step that is done keeps its times; one that runs keeps its beginning", () => {
    const boot = status.lastBoot;
    if (boot === undefined) throw new Error("no boot");
    const first = continueBoot(boot, up("Unhealthy", true));
    const later = continueBoot(first, { ...up("Unhealthy", true), now: NOW + 5_000 });
    expect(later).to.deep.equal(first);
    expect(first.steps?.map(({ name, state }) => `${name}: ${state}`)).to.deep.equal([
      "host pve1 reachable: Done",
      "base started: Done",
      "base healthy: Done",
      "apps started: Done",
      "apps healthy: Running",
      "all validated: Pending",
    ]);
  });

  it("L7: where the gates are passed and someone can't be mended, the boot is over, and no recovery is claimed", () => {
    const boot = status.lastBoot;
    if (boot === undefined) throw new Error("no boot");
    const lab = up("Unhealthy");
    const loose = labOf({ layers: { base: {}, apps: { needs: ["base"], spec: { healthGate: { quorum: 0 } } } } });
    const done = continueBoot(boot, { ...lab, layers: loose.layers });
    expect(done.steps?.at(-1)).to.include({ name: "all validated", state: "Failed", message: "not healthy: app" });
    expect(done.finishTime).to.be.a("string");
    expect(done.mttrSeconds).to.equal(undefined);
  });
});
