import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { Permissions } from "../../controller/providers/port.ts";
import { FakeLab } from "../fakes/lab.ts";
import { migrate, stop } from "../fakes/proxmox.ts";
import { TOKEN } from "../fakes/replica.ts";
import { everyPrivilege } from "../fakes/privileges.ts";
import { annotate, MARK, oneGuest, remove, until } from "./oneGuest.ts";

const created = {
  template: "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
  rootfs: { storage: "local-zfs", size: "8Gi" },
};

/** Stories that random histories (test/sim) found to go wrong once. */
describe("regressions", () => {
  it("O4: a guest whose absence could not be proven without quorum is created when the quorum is back", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: created });
    lab.homelab();
    lab.proxmox.quorate = false;
    lab.start();
    await lab.until("unproven", () => lab.reason("Container", "db") === "HostUnreachable");
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.quorate = true;
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 90);
    expect(lab.calls()).to.deep.equal(["create 101", "start 101"]);
  });

  it("I5: what was created and removed before anybody looked is not created a second time", async () => {
    const lab = new FakeLab();
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: created });
    lab.homelab();
    lab.start();
    await lab.until("created", () => lab.calls().includes("create 101"));
    await lab.seconds(1);
    lab.kill();
    await lab.seconds(30);
    lab.proxmox.guests.delete(101);
    lab.start();
    await lab.until("said", () => lab.reason("Container", "db") === "GuestVanished", 60);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal(["create 101"]);
  });

  it("L3: minHealthySeconds runs in a suspended layer too, and its gate then says open", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: ["hl.lab.db"] });
    lab.cluster();
    lab.layer("base", [], { suspend: true, healthGate: { minHealthySeconds: 20 } });
    lab.guest("db", { vmid: 101, layer: "base" });
    lab.homelab();
    lab.start();
    const gate = (): unknown => (lab.status("HomelabLayer", "base")["gate"] as { open?: boolean } | undefined)?.open;
    await lab.until("told closed", () => gate() === false);
    await lab.until("told open", () => gate() === true, 40);
  });

  it("O6: a guest that could not be explained without Sys.Audit is explained when the privilege is given", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: ["hl.lab.db"] });
    lab.proxmox.permissions = without("Sys.Audit");
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base" });
    lab.homelab();
    lab.start();
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 30);
    lab.proxmox.crash(101);
    await lab.until("unexplained", () => lab.reason("Container", "db") === "PermissionMissing", 30);
    lab.proxmox.permissions = everyPrivilege;
    await lab.until("started", () => lab.calls().includes("start 101"), 660);
  });

  it("I5, O4: a deletion whose end could not be proven for a moment goes on by itself", async () => {
    const lab = oneGuest({ wish: { spec: { ...created, deletionPolicy: "Delete" } } });
    lab.start();
    await until(lab, "Settled");
    remove(lab);
    await lab.until("destroyed", () => lab.calls().includes("destroy 101"), 90);
    lab.fault("proveAbsence", "before", new ProviderError("unreachable", "connection refused"));
    await lab.until("gone", () => lab.read("Container", "db") === undefined, 60);
  });

  it("I5, P4: a clock that is set ahead does not shorten the 60 s before a deleted object's guest is stopped", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] }, wish: { spec: { deletionPolicy: "Delete" } } });
    lab.start();
    await until(lab, "Settled");
    remove(lab);
    await until(lab, "DeletionPending");
    lab.clock.jump(3_600_000);
    await lab.seconds(50);
    expect(lab.calls()).to.deep.equal([]);
    await lab.until("stopped", () => lab.calls().includes("shutdown 101"), 30);
  });

  it("O7, P4: a person's stop is respected although our clock is ahead of the node's", async () => {
    const lab = oneGuest({ is: { tags: [MARK] } });
    lab.clock.jump(3_600_000);
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
    await lab.seconds(30);
    stop(lab.proxmox, 101);
    await until(lab, "StoppedByHand");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("I3: two namespaces that both adopt a guest do not take it from each other for ever", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: ["hl.other.db"] } });
    lab.start();
    await until(lab, "Settled");
    expect(lab.proxmox.guest(101).tags).to.deep.equal([MARK]);
    lab.proxmox.guest(101).tags = ["hl.other.db"];
    await until(lab, "GuestNotOwned");
    expect(lab.message("Container", "db")).to.include("other/db").and.include("took it over");
    await lab.seconds(600);
    expect(lab.calls()).to.deep.equal(["configure 101"]);
    for (const adoption of ["Refuse", "Adopt"]) {
      lab.guest("db", { vmid: 101, layer: "base", spec: { adoption } });
      await lab.seconds(30);
    }
    expect(lab.proxmox.guest(101).tags).to.deep.equal([MARK]);
  });

  it("O7: a restart that was asked for before a person's stop does not release it", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
    lab.start();
    await until(lab, "Settled");
    lab.guest("db", { vmid: 101, layer: "base", spec: { suspend: true } });
    annotate(lab, "restartedAt", "monday");
    await lab.seconds(30);
    stop(lab.proxmox, 101);
    await lab.seconds(30);
    lab.kill();
    lab.start();
    lab.guest("db", { vmid: 101, layer: "base", spec: { suspend: false } });
    await until(lab, "StoppedByHand");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    annotate(lab, "restartedAt", "tuesday");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("A9: a restart that was asked for while it was down is answered by whoever starts it", async () => {
    const lab = oneGuest({ is: { tags: [MARK] }, wish: { spec: { suspend: true } } });
    lab.start();
    await until(lab, "Suspended");
    annotate(lab, "restartedAt", "monday");
    await lab.seconds(10);
    lab.proxmox.start(101);
    await lab.seconds(30);
    lab.guest("db", { vmid: 101, layer: "base", spec: { suspend: false } });
    await until(lab, "Settled");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("O7: a guest that a person stopped and moved to another node is left alone there too", async () => {
    const lab = new FakeLab(["pve1", "pve2"]);
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running", tags: [MARK] });
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base" });
    lab.homelab();
    lab.start();
    await until(lab, "Settled");
    await lab.seconds(30);
    lab.kill();
    stop(lab.proxmox, 101);
    await lab.seconds(2);
    migrate(lab.proxmox, 101, "pve2");
    await lab.seconds(6);
    lab.start();
    await until(lab, "StoppedByHand", 90);
    await lab.seconds(300);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("H3: restarted-at starts a guest that is left alone after its restarts", async () => {
    const lab = oneGuest({
      is: { power: "Running", tags: [MARK] },
      wish: { spec: { recovery: { onStopped: "None" } } },
    });
    lab.start();
    await until(lab, "Settled");
    lab.proxmox.crash(101);
    await until(lab, "RestartLimit");
    expect(lab.message("Container", "db")).to.include("set restarted-at");
    annotate(lab, "restartedAt", "monday");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("A3: another controller that was noticed is not forgotten by the next process", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
    annotate(lab, "takeOver", "monday", "home");
    lab.start();
    await until(lab, "Settled");
    await lab.seconds(60);
    lab.proxmox.shutdown(101, { timeoutSeconds: 60, force: false }, TOKEN);
    await lab.until("noticed", () => lab.reason("Homelab", "home") === "AnotherControllerActs", 60);
    const said = lab.message("Homelab", "home");
    lab.kill();
    lab.start();
    await lab.seconds(120);
    expect(lab.message("Homelab", "home")).to.equal(said);
    expect(lab.calls()).to.deep.equal([]);
    annotate(lab, "takeOver", "tuesday", "home");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
    expect(lab.status("Homelab", "home")).not.to.have.property("anotherController");
  });

  it("L2: a blocking preflight holds first starts also where something ran at the go switch", async () => {
    const lab = oneGuest({ is: { tags: [MARK] }, go: false });
    lab.proxmox.add({ vmid: 102, name: "dns", power: "Running", tags: ["hl.lab.dns"] });
    lab.guest("dns", { vmid: 102, layer: "base" });
    lab.homelab({
      preflight: [
        { name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, onFailure: "Block", timeoutSeconds: 600 },
      ],
    });
    lab.wan = false;
    lab.start();
    await until(lab, "PreflightFailing");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    lab.wan = true;
    await until(lab, "Settled");
  });
});

function without(privilege: string): Permissions {
  const rest = [...(everyPrivilege.get("/") ?? [])].filter(([name]) => name !== privilege);
  return new Map([["/", new Map(rest)]]);
}
