import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab } from "../fakes/lab.ts";

/** What a container is created from. */
const TEMPLATE = {
  template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
  rootfs: { storage: "local-zfs", size: "8Gi" },
};

/** `count` guests in one layer, all down. */
function labOf(count: number, cluster: Readonly<Record<string, unknown>> = {}): FakeLab {
  const lab = new FakeLab();
  lab.cluster(cluster);
  lab.layer("base");
  for (let index = 1; index <= count; index++) {
    lab.proxmox.add({ vmid: 100 + index, name: `g${String(index)}` });
    lab.guest(`g${String(index)}`, { vmid: 100 + index, layer: "base" });
  }
  lab.homelab();
  return lab;
}

const settled = (lab: FakeLab) => (): boolean => lab.reason("Homelab", "home") === "Settled";
const lost = (): ProviderError => new ProviderError("outcomeUnknown", "socket hang up");
const starts = (lab: FakeLab): string[] => lab.calls().filter((call) => call.startsWith("start"));

describe("acting", () => {
  it("A2: a start whose answer was lost is found in the task list and not sent again", async () => {
    const lab = labOf(1);
    lab.fault("start", "after", lost());
    lab.start();
    await lab.until("settled", settled(lab));
    expect(starts(lab)).to.deep.equal(["start 101"]);
  });

  it("A2: a start that never arrived is sent again after the list has disproved it", async () => {
    const lab = labOf(1);
    lab.fault("start", "before", lost());
    lab.start();
    await lab.until("settled", settled(lab));
    expect(starts(lab)).to.deep.equal(["start 101"]);
  });

  it("A2: a create whose answer was lost makes one guest", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("g1", {
      vmid: 101,
      layer: "base",
      spec: TEMPLATE,
    });
    lab.homelab();
    lab.fault("create", "after", lost());
    lab.start();
    await lab.until("settled", settled(lab));
    expect(lab.calls().filter((call) => call.startsWith("create"))).to.deep.equal(["create 101"]);
    expect(lab.status("Container", "g1")).to.include({ createdVmid: 101 });
  });

  for (const when of ["before", "after"] as const)
    it(`A2, A3: killed at the create call, ${when} its effect, the next process makes one guest`, async () => {
      const lab = new FakeLab();
      lab.cluster();
      lab.layer("base");
      lab.guest("g1", {
        vmid: 101,
        layer: "base",
        spec: TEMPLATE,
      });
      lab.homelab();
      lab.fault("create", when, lost());
      lab.start();
      await lab.until("the intent is written", () => JSON.stringify(lab.kube.writes).includes('"Create"'));
      lab.kill();
      lab.start();
      await lab.until("settled", settled(lab), 200);
      expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
    });

  it("A3: an intent is not taken for the create task of a guest that was there and went a minute before", async () => {
    const lab = new FakeLab();
    const apply = (): void => {
      lab.guest("g1", { vmid: 101, layer: "base", spec: TEMPLATE });
    };
    lab.cluster();
    lab.layer("base");
    apply();
    lab.homelab();
    lab.start();
    await lab.until("settled", settled(lab));
    lab.kill();
    lab.kube.delete(lab.key("Container", "g1"));
    lab.proxmox.guests.delete(101);
    apply();
    lab.fault("create", "before", lost());
    const writes = lab.kube.writes.length;
    lab.start();
    await lab.until("the intent is written", () => JSON.stringify(lab.kube.writes.slice(writes)).includes('"Create"'));
    lab.kill();
    lab.start();
    await lab.until("settled again", settled(lab), 200);
    expect(lab.calls().filter((call) => call.startsWith("create"))).to.deep.equal(["create 101", "create 101"]);
  });

  it("A3: the intent is in the status before the call, and a killed process's task is followed by the next", async () => {
    const lab = labOf(1);
    lab.start();
    await lab.until("the start is sent", () => starts(lab).length === 1);
    const intents = lab.kube.writes.filter((write) => JSON.stringify(write.operations).includes('"action":"Start"'));
    expect(intents.length).to.be.greaterThan(0);
    expect(intents[0]?.at).to.be.at.most(lab.clock.now());
    lab.kill();
    lab.start();
    await lab.until("settled", settled(lab));
    expect(starts(lab)).to.deep.equal(["start 101"]);
  });

  it("A3: a restart of the controller at any moment of a boot starts each guest once", async () => {
    for (let ms = 200; ms <= 12_000; ms += 900) {
      const lab = labOf(3);
      lab.start();
      await lab.clock.advance(ms);
      lab.kill();
      lab.start();
      await lab.until(`settled after a kill at ${String(ms)} ms`, settled(lab));
      expect(starts(lab).sort(), `killed at ${String(ms)} ms`).to.deep.equal(["start 101", "start 102", "start 103"]);
    }
  });

  it("A6: at most maxConcurrentTasks tasks are at work on a node", async () => {
    const lab = labOf(9, { maxConcurrentTasks: 2 });
    lab.start();
    let most = 0;
    await lab.until("settled", () => {
      most = Math.max(most, lab.proxmox.tasks.running("pve1").length);
      return settled(lab)();
    });
    expect(most).to.equal(2);
    expect(starts(lab).length).to.equal(9);
  });

  it("A6: on an empty host the lowest layer is created first", async () => {
    const lab = new FakeLab();
    lab.cluster({ maxConcurrentTasks: 1 });
    const spec = TEMPLATE;
    lab.layer("a-top", ["b-middle"]);
    lab.layer("b-middle", ["c-bottom"]);
    lab.layer("c-bottom");
    lab.guest("aa", { vmid: 103, layer: "a-top", spec });
    lab.guest("bb", { vmid: 102, layer: "b-middle", spec });
    lab.guest("cc", { vmid: 101, layer: "c-bottom", spec });
    lab.homelab();
    lab.start();
    await lab.until("settled", settled(lab), 300);
    expect(lab.calls().filter((call) => call.startsWith("create"))).to.deep.equal([
      "create 101",
      "create 102",
      "create 103",
    ]);
  });

  it("O3: a node that goes offline makes its guests Unknown; nothing is sent, and nothing is started twice afterwards", async () => {
    const lab = labOf(2);
    lab.start();
    await lab.until("settled", settled(lab));
    lab.proxmox.reachable = false;
    await lab.until("unknown", () => lab.reason("Container", "g1") === "HostUnreachable", 60);
    expect(lab.status("Container", "g1")).to.include({ powerState: "Unknown" });
    expect(lab.read("Container", "g1")?.status?.conditions?.find((c) => c.type === "Running")?.status).to.equal(
      "Unknown",
    );
    lab.proxmox.reachable = true;
    await lab.until("settled again", settled(lab), 60);
    expect(starts(lab).length).to.equal(2);
  });

  it("O3, H4: an unreachable host is told once, on the ProxmoxCluster, not by every guest", async () => {
    const lab = labOf(3);
    lab.start();
    await lab.until("settled", settled(lab));
    lab.kube.events.length = 0;
    lab.proxmox.reachable = false;
    await lab.until("unknown", () => lab.reason("Container", "g1") === "HostUnreachable", 60);
    await lab.seconds(5);
    expect(lab.kube.events.filter((event) => event.about.startsWith("Container/"))).to.deep.equal([]);
    expect(lab.kube.events.filter((event) => event.about.startsWith("ProxmoxCluster/")).length).to.equal(1);
  });

  it("S1: a settled lab writes nothing and sends nothing, also right after a restart", async () => {
    const lab = labOf(3);
    lab.start();
    await lab.until("settled", settled(lab));
    await lab.seconds(30);
    for (const phase of ["settled", "restarted"]) {
      lab.kube.writes.length = 0;
      lab.proxmox.mutations.length = 0;
      await lab.seconds(600);
      expect(
        lab.kube.writes.map((write) => `${write.key} ${JSON.stringify(write.operations)}`).join("\n"),
        phase,
      ).to.equal("");
      expect(lab.calls(), phase).to.deep.equal([]);
      lab.kill();
      lab.start();
    }
  });

  it("O1: a look costs the same whatever the number of guests", async () => {
    const looks = async (count: number): Promise<Record<string, number>> => {
      const lab = labOf(count);
      lab.start();
      await lab.until("settled", settled(lab), 300);
      await lab.seconds(60);
      lab.proxmox.calls.clear();
      await lab.seconds(300);
      return Object.fromEntries(lab.proxmox.calls);
    };
    const few = await looks(2);
    expect(await looks(20)).to.deep.equal(few);
    expect(few["look"]).to.be.within(28, 32);
  });

  it("A7: a start that fails is told with Proxmox's words, tried again with growing pauses, then a person is asked", async () => {
    const lab = labOf(1);
    for (let failure = 0; failure < 4; failure++) lab.proxmox.failTask("vzstart", "startup for container '101' failed");
    lab.start();
    await lab.until("stalled", () => lab.reason("Container", "g1") === "TaskFailed", 300);
    expect(lab.message("Container", "g1")).to.include("startup for container '101' failed");
    const before = starts(lab).length;
    await lab.seconds(10);
    expect(starts(lab).length).to.equal(before);
    await lab.until("settled at last", settled(lab), 900);
  });
});
