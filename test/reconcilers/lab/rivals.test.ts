import { expect } from "chai";
import type { ProxmoxPort, TaskSeen } from "../../../controller/providers/port.ts";
import type { Connection } from "../../../controller/reconcilers/shared/connections.ts";
import { Rivals } from "../../../controller/reconcilers/lab/rivals.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import { annotate, MARK, oneGuest, until } from "../oneGuest.ts";

const TOKEN = "controller@pve!lab";

/** Two guests that run and are ours. */
async function running(skewMs = 0): Promise<FakeLab> {
  const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
  lab.proxmox.skewMs = skewMs;
  lab.proxmox.add({ vmid: 102, name: "cache", power: "Running", tags: ["hl.lab.cache"] });
  lab.guest("cache", { vmid: 102, layer: "base" });
  lab.start();
  await until(lab, "Settled");
  await until(lab, "Settled", 60, "cache");
  return lab;
}

/** Another controller with the same token stops a guest. */
function strangerStops(lab: FakeLab, vmid: number): void {
  lab.proxmox.shutdown(vmid, { timeoutSeconds: 60, force: false }, TOKEN);
}

describe("whose tasks are a rival's", () => {
  const key = { kind: "ProxmoxCluster", namespace: "lab", name: "pve" };
  const START = Date.UTC(2026, 0, 1);

  /** A connection whose node shows this time, and a task of our token that began then. */
  function at(seconds: number): { connection: Connection; task: TaskSeen } {
    const time = START + seconds * 1000;
    const node = { name: "pve1", online: true, rebooted: false, time };
    const port = { identity: TOKEN, seen: () => ({ nodes: new Map([["pve1", node]]) }) } as unknown as ProxmoxPort;
    const task = {
      upid: `u${String(seconds)}`,
      node: "pve1",
      type: "vzstart",
      id: "101",
      user: TOKEN,
      startTime: time,
    };
    return { connection: { key, port, permissions: undefined, permissionsStale: false }, task };
  }

  function rivals(): { found: string[]; rivals: Rivals } {
    const found: string[] = [];
    const onChange = (_: string, what: string | undefined): void => {
      found.push(what ?? "cleared");
    };
    return { found, rivals: new Rivals({ isOurs: () => false, onChange }) };
  }

  it("A3: one that began while another led is an earlier leader's, also in the same process", () => {
    const { found, rivals: watch } = rivals();
    watch.lead();
    watch.look(at(0).connection);
    watch.lead();
    watch.look(at(500).connection);
    watch.meet(at(520).connection, [at(400).task, at(520).task]);
    expect(found).to.deep.equal([]);
    watch.meet(at(600).connection, [at(531).task]);
    expect(found).to.have.length(1);
  });

  it("A3: nothing is a rival's before we lead, nor what only reads", () => {
    const { found, rivals: watch } = rivals();
    watch.meet(at(600).connection, [at(500).task]);
    watch.lead();
    watch.look(at(0).connection);
    watch.meet(at(600).connection, [
      { ...at(500).task, type: "aptupdate" },
      { ...at(500).task, user: "root@pam" },
    ]);
    expect(found).to.deep.equal([]);
  });
});

describe("a second controller with our token", () => {
  for (const skew of [0, 3_600_000, -3_600_000])
    it(`A3: is noticed by its task, with the node's clock off by ${String(skew / 60_000)} min, and nothing is changed from then on`, async () => {
      const lab = await running(skew);
      await lab.seconds(60);
      strangerStops(lab, 102);
      await lab.until("noticed", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
      expect(lab.message("Homelab", "home")).to.include("vzshutdown of 102").and.include("take-over");
      lab.proxmox.crash(101);
      await lab.seconds(300);
      expect(lab.calls()).to.deep.equal([]);
      expect(lab.reason("Container", "db")).to.equal("AnotherControllerActs");
    });

  it("A3: a new value of take-over clears it, once; the next stranger's task asks again", async () => {
    const lab = await running();
    annotate(lab, "takeOver", "monday", "home");
    await lab.seconds(60);
    strangerStops(lab, 102);
    await lab.until("noticed", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
    lab.proxmox.crash(101);
    await lab.seconds(60);
    annotate(lab, "takeOver", "tuesday", "home");
    await lab.until("repaired", () => lab.calls().includes("start 101"), 30);
    await until(lab, "Settled");
    await lab.seconds(60);
    strangerStops(lab, 101);
    await lab.until("noticed again", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
  });

  it("A3: take-over said while nobody leads counts for whoever leads next", async () => {
    const lab = await running();
    await lab.seconds(60);
    strangerStops(lab, 102);
    await lab.until("noticed", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
    lab.loseLease();
    lab.proxmox.crash(101);
    annotate(lab, "takeOver", "monday", "home");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    lab.takeLease();
    await lab.until("repaired", () => lab.calls().includes("start 101"), 60);
    await until(lab, "Settled");
  });

  it("A3: what our token did before this process led is an earlier leader's", async () => {
    const lab = await running(600_000);
    strangerStops(lab, 102);
    lab.kill();
    await lab.seconds(10);
    lab.start();
    await lab.seconds(120);
    expect(lab.reason("Homelab", "home")).not.to.equal("AnotherControllerActs");
  });

  it("A3: our own tasks, also of objects that are gone, and a person's are no rival's", async () => {
    const lab = await running();
    await lab.seconds(60);
    lab.kube.delete(lab.key("Container", "cache"));
    lab.guest("store", { vmid: 102, layer: "base", spec: { powerState: "Stopped" } });
    await until(lab, "Stopped", 60, "store");
    lab.kube.delete(lab.key("Container", "store"));
    await lab.seconds(60);
    lab.proxmox.shutdown(101, { timeoutSeconds: 60, force: false });
    await until(lab, "StoppedByHand", 60);
    expect(lab.reason("Homelab", "home")).not.to.equal("AnotherControllerActs");
  });

  it("I7: a deletion waits until it is cleared", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] }, wish: { spec: { deletionPolicy: "Delete" } } });
    lab.proxmox.add({ vmid: 102, name: "cache", power: "Running", tags: ["hl.lab.cache"] });
    lab.guest("cache", { vmid: 102, layer: "base" });
    lab.start();
    await until(lab, "Settled", 60, "cache");
    await lab.seconds(60);
    strangerStops(lab, 102);
    await lab.until("noticed", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
    lab.kube.delete(lab.key("Container", "db"));
    await lab.seconds(120);
    expect(lab.reason("Container", "db")).to.equal("AnotherControllerActs");
    expect(lab.message("Container", "db")).to.include("force-delete");
    expect(lab.proxmox.guest(101).power).to.equal("Running");
  });
});
