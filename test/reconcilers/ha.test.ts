import { expect } from "chai";
import type { FakeLab } from "../fakes/lab.ts";
import { stop } from "../fakes/proxmox.ts";
import { annotate, MARK, oneGuest, until } from "./oneGuest.ts";

/** A guest that HA manages, as it is at rest. */
function managed(power: "Running" | "Stopped"): FakeLab {
  return oneGuest({ is: { power, tags: [MARK], ha: power === "Running" ? "started" : "stopped" } });
}

describe("guests that Proxmox HA manages", () => {
  it("A8: a start is requested once, and what is seen is the outcome", async () => {
    const lab = managed("Stopped");
    lab.start();
    await lab.until("asked", () => lab.calls().includes("start 101"));
    await lab.seconds(5);
    expect(lab.reason("Container", "db")).to.equal("Starting");
    expect(lab.message("Container", "db")).to.include("HA");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("A8: a start that HA does not carry out is requested again after a minute", async () => {
    const lab = managed("Stopped");
    lab.start();
    await lab.until("asked", () => lab.calls().includes("start 101"));
    await lab.seconds(2);
    lab.proxmox.guest(101).ha = "error";
    await lab.seconds(50);
    expect(lab.calls()).to.deep.equal(["start 101"]);
    await lab.until("asked again", () => lab.calls().length === 2, 30);
  });

  it("A8, L6: a declared stop is requested once", async () => {
    const lab = managed("Running");
    lab.start();
    await until(lab, "Settled");
    lab.guest("db", { vmid: 101, layer: "base", spec: { powerState: "Stopped" } });
    await until(lab, "Stopped");
    expect(lab.calls()).to.deep.equal(["shutdown 101"]);
  });

  it("A8, O6: what HA stops as root for our own restart is no person's stop", async () => {
    const lab = managed("Running");
    lab.start();
    await until(lab, "Settled");
    annotate(lab, "restartedAt", "monday");
    await lab.until("started again", () => lab.calls().includes("start 101"));
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
  });

  it("A8, O7: a person's stop of it is respected, and has the person's name", async () => {
    const lab = managed("Running");
    lab.start();
    await until(lab, "Settled");
    stop(lab.proxmox, 101, "ann@pve");
    await until(lab, "StoppedByHand");
    await lab.seconds(300);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")["hold"]).to.include({ by: "ann@pve" });
  });

  it("A8: after a crash HA has a minute to bring it up by itself", async () => {
    const lab = managed("Running");
    lab.start();
    await until(lab, "Settled");
    lab.proxmox.crash(101);
    await until(lab, "Recovering");
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal([]);
    lab.proxmox.guest(101).ha = "error";
    lab.proxmox.crash(101);
    await until(lab, "Recovering");
    await lab.seconds(55);
    expect(lab.calls()).to.deep.equal([]);
    await lab.until("started by us", () => lab.calls().includes("start 101"), 30);
  });
});
