import { expect } from "chai";
import type { Container, HomelabLayer } from "../../controller/api/index.ts";
import { lossesOf } from "../../hack/bench/bootLosses.ts";
import { guestBoots, pathGuest, pathLayer, type HostRecord } from "../../hack/bench/bootTruth.ts";

function container(name: string, vmid: number, probes: readonly string[] = []): Container {
  const spec = { vmid, layerRef: { name: "base" }, probes: probes.map((probe) => ({ name: probe })) };
  // Only what the benchmark reads.
  return { kind: "Container", metadata: { name }, spec } as unknown as Container;
}

function call(time: number, path: string, method = "POST"): HostRecord["calls"][number] {
  return { sequence: time, time, user: "u", method, path, status: 200 };
}

const start = (vmid: number): string => `/nodes/pve1/lxc/${String(vmid)}/status/start`;
const web = container("web", 101, ["http"]);
const gateway = container("gateway", 102);
const record: HostRecord = {
  calls: [call(50, start(101)), call(110, start(102)), call(120, start(101), "GET"), call(130, start(101))],
  insides: [
    { time: 60, vmid: 101, what: "serves" },
    { time: 400, vmid: 102, what: "started" },
    { time: 500, vmid: 101, what: "started" },
    { time: 2500, vmid: 101, what: "serves" },
    { time: 3000, vmid: 102, what: "serves" },
  ],
  tasks: [
    { type: "vzstart", id: "101", node: "pve1", endedAt: 70 },
    { type: "vzstart", id: "101", node: "pve1", endedAt: 1100 },
    { type: "vzstart", id: "102", node: "pve1", endedAt: 1000 },
  ],
};

describe("benchmark: what the simulated host knows of a boot", () => {
  it("takes the first start call after the release, its task, and the service that listens", () => {
    const [, found] = guestBoots([web, gateway], record, 100);
    expect(found).to.deep.equal({
      ...{ name: "web", layer: "base", node: "pve1", dependsOn: [] },
      ...{ asked: 130, taskEnded: 1100, serves: 2500 },
    });
  });

  it("takes a guest without probes for healthy when it runs", () => {
    expect(guestBoots([gateway], record, 100).map(({ serves }) => serves)).to.deep.equal([400]);
  });

  it("keeps the order of the calls", () => {
    expect(guestBoots([web, gateway], record, 100).map(({ name }) => name)).to.deep.equal(["gateway", "web"]);
  });

  it("measures durations from the call", () => {
    const [boot] = guestBoots([gateway], record, 100);
    expect(boot && pathGuest(boot)).to.include({ taskMs: 890, healthyMs: 290 });
  });

  const gaps: readonly (readonly [string, HostRecord, string])[] = [
    ["no call", { ...record, calls: [] }, "nobody asked for the start of web"],
    ["no service", { ...record, insides: [] }, "web was started and its host does not know that it serves"],
    ["no end of its task", { ...record, tasks: [] }, "no task of web has ended"],
  ];
  for (const [what, given, message] of gaps)
    it(`says what is missing: ${what}`, () => {
      expect(() => guestBoots([web], given, 100)).to.throw(message);
    });

  const quorums: readonly (readonly [number | string, number])[] = [
    [2, 2],
    ["100%", 3],
    ["50%", 2],
    ["0%", 0],
  ];
  for (const [quorum, needed] of quorums)
    it(`reads quorum ${String(quorum)} of three members as ${String(needed)}`, () => {
      const healthGate = { quorum, minHealthySeconds: 5 };
      const spec = { dependsOn: [{ name: "base" }], healthGate };
      const found = pathLayer({ metadata: { name: "apps" }, spec } as unknown as HomelabLayer, 3);
      expect(found).to.deep.equal({ name: "apps", dependsOn: ["base"], minHealthyMs: 5000, needed });
    });
});

describe("benchmark: single delays of a boot", () => {
  const boot = { node: "pve1", dependsOn: [], taskEnded: 0 };
  const losses = lossesOf({
    releasedAt: 1000,
    boots: [
      { ...boot, name: "a", layer: "base", asked: 1100, serves: 3000 },
      { ...boot, name: "b", layer: "base", asked: 1150, serves: 4000 },
      { ...boot, name: "c", layer: "apps", asked: 4700, serves: 6000 },
    ],
    below: new Map([
      ["base", []],
      ["apps", ["base"]],
    ]),
    healthyAt: new Map([
      ["a", 3400],
      ["b", 4500],
    ]),
    seenAt: new Map([["a", 3450]]),
  });

  it("from the release to the first call", () => {
    expect(losses.releaseToCall).to.deep.equal([100]);
  });

  it("from a listening service to healthy, where that was reached", () => {
    expect(losses.servingToHealthy).to.deep.equal([400, 500]);
  });

  it("from the last of a layer healthy to the calls above", () => {
    expect(losses.gateToCall).to.deep.equal([200]);
  });

  it("from healthy to what the API server shows", () => {
    expect(losses.healthyToSeen).to.deep.equal([50]);
  });
});
