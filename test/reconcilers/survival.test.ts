import { expect } from "chai";
import { FakeLab, NAMESPACE } from "../fakes/lab.ts";
import { migrate, stop } from "../fakes/proxmox.ts";

function declare(lab: FakeLab): void {
  lab.cluster();
  lab.layer("base");
  lab.layer("apps", ["base"]);
  lab.guest("db", { vmid: 101, layer: "base" });
  lab.guest("app", { vmid: 201, layer: "apps" });
  lab.homelab();
}

async function settledLab(nodes: readonly string[] = ["pve1"]): Promise<FakeLab> {
  const lab = new FakeLab(nodes);
  lab.proxmox.add({ vmid: 101, name: "db" });
  lab.proxmox.add({ vmid: 201, name: "app" });
  declare(lab);
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
  lab.proxmox.mutations.length = 0;
  return lab;
}

describe("survival", () => {
  it("I2: Kubernetes rebuilt from Git finds its guests running, and changes nothing", async () => {
    const lab = await settledLab();
    lab.kill();
    lab.rebuildKubernetes();
    declare(lab);
    lab.start();
    await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.read("Container", "db")?.status?.conditions?.find((c) => c.type === "Owned")?.status).to.equal("True");
  });

  it("O7: after a rebuild a person's stop is still respected", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 201, "root@pam");
    await lab.until("held", () => lab.reason("Container", "app") === "StoppedByHand", 30);
    lab.kill();
    lab.rebuildKubernetes();
    declare(lab);
    lab.start();
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "app")).to.equal("StoppedByHand");
  });

  it("O7: after a rebuild into a lab that is declared Stopped too, and when the lab runs again", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 201, "root@pam");
    await lab.until("held", () => lab.reason("Container", "app") === "StoppedByHand", 30);
    lab.homelab({ powerState: "Stopped" });
    await lab.until("down", () => lab.reason("Container", "db") === "Stopped", 120);
    lab.kube.delete({ kind: "Container", namespace: NAMESPACE, name: "app" });
    lab.guest("app", { vmid: 201, layer: "apps" });
    await lab.until("seen", () => lab.reason("Container", "app") === "Stopped", 60);
    lab.homelab({ powerState: "Running" });
    await lab.until("db is up", () => lab.reason("Container", "db") === "Settled", 120);
    await lab.seconds(60);
    expect(lab.reason("Container", "app")).to.equal("StoppedByHand");
    expect(lab.calls().filter((call) => call.includes("201"))).to.deep.equal([]);
  });

  it("A10: a guest that was migrated by hand is followed, reported where it is, and left there", async () => {
    const lab = await settledLab(["pve1", "pve2"]);
    migrate(lab.proxmox, 101, "pve2");
    await lab.until("seen there", () => lab.status("Container", "db")["node"] === "pve2", 120);
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 120);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("P5: an object that cannot be parsed is SpecInvalid alone; the rest of the lab boots", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db" });
    lab.proxmox.add({ vmid: 201, name: "app" });
    declare(lab);
    lab.kube.apply({
      kind: "Container",
      metadata: { name: "broken", namespace: "lab" },
      spec: { vmid: "many", layerRef: { name: "apps" } },
    });
    lab.start();
    await lab.until("the others are up", () => lab.reason("Container", "app") === "Settled");
    expect(lab.reason("Container", "broken")).to.equal("SpecInvalid");
    expect(lab.message("Container", "broken")).to.include("vmid");
  });

  it("P2: the API server away in the middle of a boot delays it and loses nothing", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db" });
    lab.proxmox.add({ vmid: 201, name: "app" });
    declare(lab);
    lab.start();
    await lab.until("the first start", () => lab.calls().includes("start 101"));
    lab.kube.away();
    await lab.seconds(60);
    expect(lab.calls()).to.not.include("start 201");
    lab.kube.back();
    await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
    expect(lab.calls().filter((call) => call.startsWith("start"))).to.deep.equal(["start 101", "start 201"]);
  });

  it("I2, I7: an object deleted with Retain leaves guest and mark, and applied again it takes it over as it is", async () => {
    const lab = await settledLab();
    lab.kube.delete(lab.key("Container", "db"));
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    lab.guest("db", { vmid: 101, layer: "base" });
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled");
    expect(lab.calls()).to.deep.equal([]);
  });

  it("S1: a layer that was deleted and applied again while the watch told nothing has a status again", async () => {
    const lab = await settledLab();
    lab.kube.stall();
    lab.kube.delete(lab.key("HomelabLayer", "apps"));
    lab.layer("apps", ["base"]);
    await lab.until("it is told", () => lab.reason("HomelabLayer", "apps") === "Settled", 900);
    expect(lab.calls()).to.deep.equal([]);
  });
});
