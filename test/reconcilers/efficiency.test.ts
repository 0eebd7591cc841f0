import { expect } from "chai";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { CREATABLE } from "./oneGuest.ts";
import { guests, threeLayers, untilSettled } from "./layers/threeLayers.ts";

/** A settled lab of one guest, its reports and writes forgotten. */
async function atRest(cluster: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.cluster(cluster);
  lab.layer("base");
  lab.proxmox.add({ vmid: 100, name: "first", power: "Running" });
  lab.guest("first", { vmid: 100, layer: "base" });
  lab.homelab();
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
  lab.reports.length = 0;
  lab.kube.writes.length = 0;
  return lab;
}

interface Cost {
  readonly passes: readonly number[];
  readonly writes: readonly number[];
}

/** Applies so many guests at once; answers the passes and status writes of each. */
async function applied(lab: FakeLab, count: number, spec: Readonly<Record<string, unknown>>): Promise<Cost> {
  const names = Array.from({ length: count }, (_, at) => `g${String(at)}`);
  names.forEach((name, at) => {
    lab.guest(name, { vmid: 101 + at, layer: "base", spec });
  });
  const isSettled = (): boolean => names.every((name) => lab.reason("Container", name) === "Settled");
  await lab.until("all settled", isSettled, 600);
  await lab.seconds(30);
  return {
    passes: names.map((name) => lab.reports.filter(({ key }) => key.name === name).length),
    writes: names.map((name) => lab.kube.writes.filter(({ key }) => key.endsWith(`/${name}`)).length),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("what a guest costs", () => {
  for (const count of [1, 40])
    it(`S1: one of ${String(count)} created at once takes at most 8 passes and 7 status writes`, async () => {
      const lab = await atRest();
      const cost = await applied(lab, count, { adoption: "Refuse", ...CREATABLE });
      expect(lab.calls().filter((call) => call.startsWith("create")).length).to.equal(count);
      expect(Math.max(...cost.passes)).to.be.at.most(8);
      expect(Math.max(...cost.writes)).to.be.at.most(7);
    });

  it("S1: one of 40 that run and are adopted takes two passes and two status writes", async () => {
    const lab = await atRest();
    for (let at = 0; at < 40; at++) lab.proxmox.add({ vmid: 101 + at, name: `g${String(at)}`, power: "Running" });
    await lab.seconds(30);
    const { passes, writes } = await applied(lab, 40, {});
    // One of them is at work when the gate moves, and is looked at once more.
    expect(mean(passes)).to.be.within(2, 2.1);
    expect(mean(writes)).to.be.within(2, 2.1);
  });

  it("O5: a boot reads each configuration when it is first seen, marked and started; rest reads one a node and minute", async () => {
    const lab = threeLayers();
    for (const { vmid } of guests) {
      lab.bootSeconds.set(vmid, 20);
      lab.proxmox.guest(vmid).addresses = [];
    }
    const reads = (of: "readConfig" | "readAddresses"): number => lab.proxmox.calls.get(of) ?? 0;
    lab.start();
    // Those of the lowest layer run for long without one, and are asked for it again and again.
    lab.clock.after(30_000, () => {
      for (const { vmid } of guests) lab.proxmox.guest(vmid).addresses = [`10.0.0.${String(vmid - 100)}`];
    });
    await untilSettled(lab, 300);
    const minutes = Math.floor(lab.clock.monotonic() / 60_000);
    // First sight, right before the mark is written, after it, and after the start.
    expect(reads("readConfig")).to.be.within(4 * guests.length, 4 * guests.length + minutes);
    expect(reads("readAddresses")).to.be.above(guests.length);
    const [configs, addresses] = [reads("readConfig"), reads("readAddresses")];
    await lab.seconds(600);
    expect(reads("readConfig") - configs).to.equal(10);
    expect(reads("readAddresses")).to.equal(addresses);
  });

  it("A6: those who wait for a task slot are woken for a slot, not by each task that ends", async () => {
    const lab = await atRest({ maxConcurrentTasks: 1 });
    const cost = await applied(lab, 20, { adoption: "Refuse", ...CREATABLE });
    expect(Math.max(...cost.passes)).to.be.at.most(8);
  });

  it("S1: while a guest is created its status says what was asked for, not what is half done", async () => {
    const lab = await atRest();
    lab.proxmox.createMs = 60_000;
    lab.guest("g0", { vmid: 101, layer: "base", spec: { adoption: "Refuse", ...CREATABLE } });
    await lab.until("created", () => lab.calls().includes("create 101"));
    await lab.seconds(20);
    expect(lab.proxmox.guests.get(101)?.lock).to.equal("create");
    expect(lab.status("Container", "g0")).to.not.have.any.keys("drift", "seenVmid", "powerState");
    expect(lab.reason("Container", "g0")).to.equal("Creating");
  });

  it("O3: a host that goes away during a task is told all the same", async () => {
    const lab = await atRest();
    lab.proxmox.createMs = 120_000;
    lab.guest("g0", { vmid: 101, layer: "base", spec: { adoption: "Refuse", ...CREATABLE } });
    await lab.until("created", () => lab.calls().includes("create 101"));
    lab.proxmox.reachable = false;
    await lab.until("unknown", () => lab.reason("Container", "g0") === "HostUnreachable");
    lab.proxmox.reachable = true;
    await lab.until("settled", () => lab.reason("Container", "g0") === "Settled", 300);
    expect(lab.calls().filter((call) => call === "create 101").length).to.equal(1);
  });

  it("S1, L10: a restart of the controller rewrites no NetworkSegment", async () => {
    const lab = await atRest();
    const [cidr, bridge] = ["10.0.0.0/24", "vmbr0"];
    lab.kube.apply({
      kind: "NetworkSegment",
      metadata: { name: "lan", namespace: NAMESPACE },
      spec: { cidr, proxmox: { bridge } },
    });
    await lab.until("the segment is settled", () => lab.reason("NetworkSegment", "lan") === "Settled");
    lab.kube.writes.length = 0;
    lab.kill();
    lab.proxmox.latencyMs = 200;
    lab.start();
    await lab.seconds(60);
    expect(lab.kube.writes).to.deep.equal([]);
  });
});
