import { expect } from "chai";
import { FakeLab } from "../fakes/lab.ts";

/** Two layers, three guests, all down. */
function smallLab(): FakeLab {
  const lab = new FakeLab();
  lab.proxmox.add({ vmid: 101, name: "db" });
  lab.proxmox.add({ vmid: 102, name: "cache" });
  lab.proxmox.add({ vmid: 201, name: "app" });
  lab.cluster();
  lab.layer("base");
  lab.layer("apps", ["base"]);
  lab.guest("db", { vmid: 101, layer: "base" });
  lab.guest("cache", { vmid: 102, layer: "base" });
  lab.guest("app", { vmid: 201, layer: "apps" });
  lab.homelab();
  return lab;
}

describe("boot", () => {
  it("L1, L5: the upper layer starts when the last member of the lower one is healthy, and not before", async () => {
    const lab = smallLab();
    lab.bootSeconds.set(101, 8);
    lab.start();
    await lab.until("db starts", () => lab.calls().includes("start 101"));
    await lab.until("app starts", () => lab.calls().includes("start 201"));
    expect(lab.reason("Container", "db")).to.equal("Settled");
    await lab.until("all settled", () => lab.reason("Homelab", "home") === "Settled");
    expect(lab.calls().filter((call) => call.startsWith("start"))).to.have.members([
      "start 101",
      "start 102",
      "start 201",
    ]);
  });
});
