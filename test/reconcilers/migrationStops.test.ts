import { expect } from "chai";
import { FakeLab } from "../fakes/lab.ts";
import { migrate, stop } from "../fakes/proxmox.ts";
import { until } from "./oneGuest.ts";
import { declare, isOn, onThreeNodes } from "./threeNodes.ts";

describe("what a migration stops at, and comes back from", () => {
  it("A10: what HA manages is left to HA, and the command is named", async () => {
    const lab = await onThreeNodes({ ha: "started" });
    declare(lab, "pve2");
    await until(lab, "NotMigrated");
    expect(lab.message("Container", "db")).to.include("ha-manager migrate ct:101 pve2");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("A10: nothing is shut down for a node that is offline; when it is back, it goes on", async () => {
    const lab = await onThreeNodes();
    const target = lab.proxmox.nodes.get("pve2");
    if (target === undefined) throw new Error("no pve2");
    target.online = false;
    declare(lab, "pve2");
    await until(lab, "NotMigrated");
    expect(lab.message("Container", "db")).to.include("node pve2 is offline");
    expect(lab.calls()).to.deep.equal([]);
    target.online = true;
    await lab.until("it runs there", () => isOn(lab, "pve2"), 400);
  });

  it("O3, A10: of a lost node's guest nothing is known; it is not moved, and that is said", async () => {
    const lab = await onThreeNodes();
    const source = lab.proxmox.nodes.get("pve1");
    if (source === undefined) throw new Error("no pve1");
    source.online = false;
    await until(lab, "NodeOffline");
    declare(lab, "pve2");
    await lab.until("said", () => lab.message("Container", "db").includes("It is not moved to pve2"));
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")).to.include({ powerState: "Unknown" });
  });

  it("I6, A7: a protected guest and a token without VM.Migrate move nothing and stop nothing", async () => {
    const lab = await onThreeNodes();
    lab.proxmox.permissions = new Map([
      ["/", new Map(["VM.Audit", "VM.PowerMgmt", "Sys.Audit", "VM.Config.Options"].map((name) => [name, true]))],
    ]);
    lab.kill();
    lab.start();
    declare(lab, "pve2");
    await until(lab, "PermissionMissing");
    expect(lab.message("Container", "db")).to.include("VM.Migrate on /vms/101");
    lab.cluster({ protectedVmids: [101] });
    await until(lab, "Protected", 400);
    expect(lab.calls()).to.deep.equal([]);
  });

  const staying: readonly (readonly [string, (lab: FakeLab) => void, string, string])[] = [
    ["a node that does not exist", () => undefined, "pve9", "node pve9 is not in the cluster"],
    [
      "a storage that the target lacks",
      (lab) => {
        lab.proxmox.storages = new Set(["local"]);
      },
      "pve2",
      "storage 'local-zfs' is not available on node pve2",
    ],
    [
      "a directory of its node",
      (lab) => void lab.proxmox.guest(101).mounts.push({ key: "mp0", volume: "/srv/media", path: "/media" }),
      "pve2",
      "mp0 is /srv/media of its node, which stays there",
    ],
  ];
  for (const [what, prepare, target, said] of staying)
    it(`A10, A7: ${what} keeps it where it is, running, and the message says what to do`, async () => {
      const lab = await onThreeNodes();
      prepare(lab);
      declare(lab, target);
      await until(lab, "NotMigrated");
      expect(lab.message("Container", "db"))
        .to.include(`spec.node is ${target}, and the guest stays on pve1: ${said}`)
        .and.include("to leave it there write pve1 into spec.node");
      await lab.seconds(900);
      expect(lab.calls()).to.deep.equal([]);
      declare(lab, "pve1");
      await until(lab, "Settled");
      expect(lab.status("Container", "db")).to.not.have.any.keys("migration", "drift");
    });

  it("A10, A7: a VM that runs is not moved with snapshots; once they are gone it is", async () => {
    const lab = new FakeLab(["pve1", "pve2"]);
    const wish = (node: string): void => {
      lab.guest("vm", { vmid: 300, kind: "VirtualMachine", layer: "base", spec: { management: "Full", node } });
    };
    const vm = lab.proxmox.add({ vmid: 300, type: "qemu", power: "Running", tags: ["hl.lab.vm"], snapshots: ["old"] });
    lab.cluster();
    lab.layer("base");
    wish("pve1");
    lab.homelab();
    lab.start();
    await lab.until("at rest", () => lab.reason("VirtualMachine", "vm") === "Settled");
    wish("pve2");
    await lab.until("said", () => lab.reason("VirtualMachine", "vm") === "NotMigrated");
    expect(lab.message("VirtualMachine", "vm")).to.include("not moved with snapshots (old)");
    expect(lab.calls()).to.deep.equal([]);
    vm.snapshots = [];
    await lab.until("there", () => vm.node === "pve2" && lab.reason("VirtualMachine", "vm") === "Settled", 400);
    expect(lab.calls()).to.deep.equal(["migrate 300"]);
  });

  it("A4, A10: a person migrates it at the same moment: it is waited for, and the person's node stands", async () => {
    const lab = await onThreeNodes({ power: "Stopped" }, { powerState: "Stopped" });
    migrate(lab.proxmox, 101, "pve3");
    declare(lab, "pve2", { powerState: "Stopped" });
    await lab.until("moved by the person", () => lab.proxmox.guest(101).node === "pve3");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    const [drift] = lab.status("Container", "db")["drift"] as readonly object[];
    expect(drift).to.include({ field: "node", desired: "pve2", actual: "pve3", changedBy: "root@pam" });
  });

  it("A4, A10: a person takes it elsewhere between our shutdown and our migration: it is started there, not moved", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("down", () => lab.proxmox.guest(101).power === "Stopped");
    migrate(lab.proxmox, 101, "pve3");
    await lab.until("it runs there", () => isOn(lab, "pve3"), 120);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
    expect(lab.status("Container", "db")).to.not.have.any.keys("migration", "lastIncident", "hold");
  });

  it("A3: what was migrated while the controller was dead is started where it is", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("on its way", () => lab.calls().includes("migrate 101"));
    lab.kill();
    await lab.seconds(3_600);
    lab.start();
    await lab.until("it runs there", () => isOn(lab, "pve2"), 180);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "start 101"]);
    expect(lab.status("Container", "db")).to.not.have.any.keys("migration", "lastIncident", "hold");
  });

  it("A10: spec.node changed back while the controller was dead: it comes back", async () => {
    const lab = await onThreeNodes();
    declare(lab, "pve2");
    await lab.until("on its way", () => lab.calls().includes("migrate 101"));
    lab.kill();
    await lab.seconds(60);
    declare(lab, "pve1");
    lab.start();
    await lab.until("it runs again", () => isOn(lab, "pve1"), 180);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "migrate 101", "migrate 101", "start 101"]);
  });

  it("A10: Kubernetes rebuilt from Git with another spec.node moves nothing", async () => {
    const lab = await onThreeNodes();
    lab.kill();
    lab.kube.delete(lab.key("Container", "db"));
    await lab.seconds(5);
    declare(lab, "pve2");
    lab.start();
    await lab.seconds(300);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")["drift"]).to.deep.equal([{ field: "node", desired: "pve2", actual: "pve1" }]);
  });

  it("O7: at first sight a person's stop is found on the node where it happened, wherever the guest is now", async () => {
    const lab = await onThreeNodes();
    lab.kill();
    stop(lab.proxmox, 101);
    await lab.seconds(10);
    migrate(lab.proxmox, 101, "pve2");
    await lab.seconds(300);
    lab.kube.delete(lab.key("Container", "db"));
    declare(lab, "pve1");
    lab.start();
    await until(lab, "StoppedByHand");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
  });
});
