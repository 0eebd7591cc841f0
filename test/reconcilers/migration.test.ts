import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab } from "../fakes/lab.ts";
import { migrate } from "../fakes/proxmox.ts";
import { annotate, told, until } from "./oneGuest.ts";
import { declare, isOn, onThreeNodes } from "./threeNodes.ts";

const LOST = new ProviderError("outcomeUnknown", "socket hang up");

describe("migration", () => {
  it("A10, A9: a changed spec.node shuts a running container down, migrates it and starts it again, once", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("it runs there", () => isOn(lab, "pve2"));
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "start 101"]);
    expect(lab.status("Container", "db")).to.include({ node: "pve2", lastHandledNode: "pve2" });
    expect(lab.status("Container", "db")).to.not.have.any.keys("migration", "task", "lastIncident", "hold", "drift");
    expect(told(lab)).to.include("Migrating").and.not.include.members(["StoppedByHand", "Recovering"]);
  });

  it("A10: a container that is declared Stopped is migrated as it is, and stays stopped", async () => {
    const lab = await onThreeNodes({ power: "Stopped" }, { powerState: "Stopped" });
    declare(lab, "pve2", { powerState: "Stopped" });
    await lab.until("it is there", () => lab.proxmox.guest(101).node === "pve2");
    await until(lab, "Stopped");
    expect(lab.calls()).to.deep.equal(["migrate 101"]);
  });

  it("A10: what stands elsewhere at first sight is drift, and stays there", async () => {
    const lab = await onThreeNodes({ node: "pve2" });
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")["drift"]).to.deep.equal([{ field: "node", desired: "pve1", actual: "pve2" }]);
  });

  it("A10: a person who migrates it back by hand is not fought", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("it runs there", () => isOn(lab, "pve2"));
    lab.proxmox.mutations.length = 0;
    migrate(lab.proxmox, 101, "pve1");
    await lab.until("it is seen back", () => lab.status("Container", "db")["node"] === "pve1");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.proxmox.guest(101).node).to.equal("pve1");
  });

  it("A10: a migration that fails in its task is not tried again by itself; the container runs where it was", async () => {
    const lab = await onThreeNodes();
    lab.proxmox.failTask("vzmigrate", "migration aborted");
    declare(lab, "pve2");
    await until(lab, "NotMigrated");
    expect(lab.message("Container", "db")).to.include("migration aborted");
    await lab.seconds(900);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "start 101"]);
    lab.kill();
    lab.start();
    await lab.seconds(120);
    expect(lab.calls()).to.have.length(3);
    annotate(lab, "restartedAt", "again");
    await lab.until("it runs there", () => isOn(lab, "pve2"));
  });

  it("A10: a migration that Proxmox refuses at once is not tried again by itself either", async () => {
    const lab = await onThreeNodes();
    lab.fault("migrate", "before", new ProviderError("other", "no such volume", { status: 500 }));
    declare(lab, "pve2");
    await until(lab, "NotMigrated", 120);
    expect(lab.message("Container", "db")).to.include("no such volume");
    await lab.seconds(900);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
  });

  it("A9: a container that does not shut down is not killed and not moved", async () => {
    const lab = await onThreeNodes({ stopMs: Number.POSITIVE_INFINITY });
    declare(lab, "pve2");
    await until(lab, "NotMigrated", 180);
    await lab.seconds(600);
    expect(lab.calls()).to.deep.equal(["shutdown 101"]);
    expect(lab.proxmox.guest(101)).to.include({ node: "pve1", power: "Running" });
  });

  it("A2, A3: the answer to the call is lost: its task is found, and nothing is sent twice", async () => {
    const lab = await onThreeNodes();
    lab.fault("migrate", "after", LOST);
    declare(lab, "pve2");
    await lab.until("it runs there", () => isOn(lab, "pve2"));
    expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "start 101"]);
  });

  for (const call of ["shutdown 101", "migrate 101", "start 101"])
    it(`A3, O6: killed right after ${call}, the next process finishes, and takes it for no crash`, async () => {
      const lab = await onThreeNodes();
      declare(lab, "pve2");
      await lab.until("sent", () => lab.calls().includes(call));
      lab.kill();
      await lab.seconds(30);
      lab.start();
      await lab.until("it runs there", () => isOn(lab, "pve2"), 180);
      expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "start 101"]);
      expect(lab.status("Container", "db")).to.not.have.any.keys("lastIncident", "hold", "migration");
      expect(lab.status("Container", "db")["restarts"]).to.equal(undefined);
    });

  it("A3: killed right before the migration is sent, the next process sends it", async () => {
    const lab = await onThreeNodes();
    lab.proxmox.witness = ({ call, is }) => {
      if (call !== "migrate" || is !== "sent") return;
      lab.proxmox.witness = undefined;
      lab.kill();
    };
    declare(lab, "pve2");
    await lab.until("killed", () => lab.replicas === 0);
    lab.proxmox.mutations.length = 0;
    lab.start();
    await lab.until("it runs there", () => isOn(lab, "pve2"), 180);
    expect(lab.calls().at(-1)).to.equal("start 101");
  });

  it("A10: spec.node changed twice quickly ends where it says last, and back again is no move", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("on its way", () => lab.calls().includes("migrate 101"));
    declare(lab, "pve3");
    await lab.until("it runs there", () => isOn(lab, "pve3"), 180);
    expect(lab.calls().filter((call) => call === "migrate 101")).to.have.length(2);
    lab.proxmox.mutations.length = 0;
    declare(lab, "pve1");
    await lab.until("going down", () => lab.calls().includes("shutdown 101"));
    declare(lab, "pve3");
    await lab.until("it runs again", () => isOn(lab, "pve3"), 180);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
  });

  it("A10: spec.node changed back while the migration runs: it comes back too", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("on its way", () => lab.calls().includes("migrate 101"));
    declare(lab, "pve1");
    await lab.until("it runs again", () => isOn(lab, "pve1"), 180);
    await lab.seconds(120);
    const moves = lab.proxmox.mutations.filter(({ call }) => call === "migrate");
    expect(moves.map(({ detail }) => (detail as { target: string }).target)).to.deep.equal(["pve2", "pve1"]);
    expect(lab.status("Container", "db")).to.not.have.any.keys("migration", "drift", "lastIncident");
  });

  it("A10: a running VM is migrated online: it never stops", async () => {
    const lab = new FakeLab(["pve1", "pve2"]);
    const wish = (node: string): void => {
      lab.guest("vm", { vmid: 300, kind: "VirtualMachine", layer: "base", spec: { management: "Full", node } });
    };
    const vm = lab.proxmox.add({ vmid: 300, name: "vm", type: "qemu", node: "pve1", power: "Running" });
    lab.cluster();
    lab.layer("base");
    wish("pve1");
    lab.homelab();
    lab.start();
    await lab.until("at rest", () => lab.reason("VirtualMachine", "vm") === "Settled");
    lab.proxmox.mutations.length = 0;
    const { startedAt } = vm;
    wish("pve2");
    await lab.until("there", () => vm.node === "pve2" && lab.reason("VirtualMachine", "vm") === "Settled");
    await lab.seconds(60);
    expect(lab.proxmox.mutations.map(({ call, detail }) => [call, detail])).to.deep.equal([
      ["migrate", { target: "pve2", online: true }],
    ]);
    expect(vm.startedAt).to.equal(startedAt);
    expect(lab.status("VirtualMachine", "vm")).to.not.have.any.keys("migration", "lastIncident");
  });

  it("A10: two guests of one node are moved one after the other", async () => {
    const lab = await onThreeNodes();
    lab.proxmox.add({ vmid: 102, name: "web", node: "pve1", power: "Running", tags: ["hl.lab.web"] });
    lab.guest("web", { vmid: 102, layer: "base", spec: { node: "pve1" } });
    await until(lab, "Settled", 60, "web");
    lab.proxmox.mutations.length = 0;
    declare(lab, "pve2");
    lab.guest("web", { vmid: 102, layer: "base", spec: { node: "pve2" } });
    await lab.until("both are there", () => isOn(lab, "pve2") && lab.proxmox.guest(102).node === "pve2", 180);
    await until(lab, "Settled", 60, "web");
    const calls = lab.calls();
    const [first, second] = [calls.slice(0, 3), calls.slice(3)].map(
      (part) => new Set(part.map((one) => one.slice(-3))),
    );
    expect([first?.size, second?.size]).to.deep.equal([1, 1]);
  });
});
