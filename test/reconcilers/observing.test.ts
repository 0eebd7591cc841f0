import { expect } from "chai";
import { FakeLab } from "../fakes/lab.ts";

async function settledLab(count: number): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.cluster();
  lab.layer("base");
  for (let index = 1; index <= count; index++) {
    lab.proxmox.add({ vmid: 100 + index, name: `g${String(index)}` });
    lab.guest(`g${String(index)}`, {
      vmid: 100 + index,
      layer: "base",
      spec: { resources: { memory: "512Mi" } },
    });
  }
  lab.homelab();
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled", 300);
  return lab;
}

describe("observing", () => {
  it("O5: a change that no list shows is found in time, reported as drift and not corrected", async () => {
    const lab = await settledLab(3);
    lab.proxmox.guest(102).memoryMiB = 1024;
    await lab.until("drift is shown", () => lab.status("Container", "g2")["drift"] !== undefined, 300);
    expect(lab.status("Container", "g2")["drift"]).to.deep.equal([
      { field: "resources.memory", desired: "512Mi", actual: "1Gi" },
    ]);
    expect(lab.reason("Container", "g2")).to.equal("Settled");
    expect(lab.calls().filter((call) => call.startsWith("configure 102"))).to.have.length(1);
  });

  it("O5: rereading costs the same whatever the number of guests, and writes nothing", async () => {
    const reads = async (count: number): Promise<number> => {
      const lab = await settledLab(count);
      await lab.seconds(120);
      lab.proxmox.calls.clear();
      lab.kube.writes.length = 0;
      await lab.seconds(600);
      expect(lab.kube.writes).to.deep.equal([]);
      return lab.proxmox.calls.get("readConfig") ?? 0;
    };
    const few = await reads(3);
    expect(few).to.be.within(9, 10);
    expect(await reads(15)).to.equal(few);
  });

  it("O1: at rest it looks every pollIntervalSeconds, in flight about once a second", async () => {
    const lab = await settledLab(2);
    await lab.seconds(60);
    lab.proxmox.calls.clear();
    await lab.seconds(100);
    expect(lab.proxmox.calls.get("look")).to.be.within(9, 11);
    lab.proxmox.calls.clear();
    lab.bootSeconds.set(101, 60);
    lab.proxmox.crash(101);
    await lab.until("it starts", () => lab.calls().includes("start 101"), 15);
    lab.proxmox.calls.clear();
    await lab.seconds(30);
    expect(lab.proxmox.calls.get("look")).to.be.within(25, 60);
  });

  it("H1: a refused probe makes the poller look at once", async () => {
    const lab = await settledLab(1);
    await lab.seconds(60);
    const before = lab.clock.monotonic();
    lab.proxmox.crash(101);
    await lab.until("it is started again", () => lab.calls().filter((call) => call === "start 101").length === 2, 30);
    expect(lab.clock.monotonic() - before).to.be.below(7_000);
  });

  it("O3: two failed looks and ten seconds, not less, make Proxmox unreachable", async () => {
    const lab = await settledLab(1);
    lab.kube.events.length = 0;
    lab.proxmox.reachable = false;
    await lab.seconds(8);
    expect(lab.reason("Container", "g1")).to.equal("Settled");
    lab.proxmox.reachable = true;
    await lab.seconds(60);
    expect(lab.kube.events.filter((event) => event.reason === "HostUnreachable")).to.deep.equal([]);
  });

  it("O3: a lab that has not been looked at yet is not called unreachable", async () => {
    const lab = await settledLab(1);
    expect(lab.kube.events.filter((event) => event.reason === "HostUnreachable")).to.deep.equal([]);
  });
});
