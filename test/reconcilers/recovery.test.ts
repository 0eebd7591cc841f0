import { expect } from "chai";
import { annotation } from "../../controller/api/meta.ts";
import { ProviderError } from "../../controller/base/outcome.ts";
import { FakeLab } from "../fakes/lab.ts";
import { backup, reboot, stop } from "../fakes/proxmox.ts";

/** One layer, two guests, settled. */
async function settledLab(spec: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = new FakeLab();
  lab.proxmox.add({ vmid: 101, name: "db" });
  lab.proxmox.add({ vmid: 102, name: "app" });
  lab.cluster();
  lab.layer("base");
  lab.guest("db", { vmid: 101, layer: "base", spec });
  lab.guest("app", { vmid: 102, layer: "base" });
  lab.homelab();
  lab.start();
  await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
  lab.proxmox.mutations.length = 0;
  lab.kube.events.length = 0;
  return lab;
}

function reasons(lab: FakeLab): string[] {
  return lab.kube.events.filter((event) => event.about.includes("/db")).map((event) => event.reason);
}

describe("recovery", () => {
  it("H3: a crashed guest is started in the turn that sees it, without a word from anybody", async () => {
    const lab = await settledLab();
    lab.proxmox.crash(101);
    await lab.until("db is started again", () => lab.calls().includes("start 101"), 15);
    await lab.until("db is healthy", () => lab.reason("Container", "db") === "Settled", 30);
    expect(lab.calls()).to.deep.equal(["start 101"]);
    expect(lab.status("Container", "db")["restarts"]).to.include({ count: 1 });
    expect(reasons(lab)).to.include("Crashed").and.to.include("Recovered");
  });

  it("H4: the incident has its times in order, and its cause", async () => {
    const lab = await settledLab();
    lab.proxmox.crash(101);
    await lab.until(
      "recovered",
      () =>
        (lab.status("Container", "db")["lastIncident"] as { recoverTime?: string } | undefined)?.recoverTime !==
        undefined,
      40,
    );
    const incident = lab.status("Container", "db")["lastIncident"] as Record<string, string>;
    expect(incident["cause"]).to.equal("Crashed");
    const times = ["startTime", "detectTime", "actTime", "recoverTime"].map((name) => Date.parse(incident[name] ?? ""));
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
  });

  it("H4: an outage after long rest is measured from the last look that showed it good, so never too short", async () => {
    const lab = await settledLab();
    await lab.seconds(600);
    const crash = lab.clock.now();
    lab.proxmox.crash(101);
    await lab.until("recovered", () => reasons(lab).includes("Recovered"), 40);
    const { startTime = "" } = lab.status("Container", "db")["lastIncident"] as Record<string, string>;
    expect(Date.parse(startTime)).to.be.within(crash - 10_500, crash);
  });

  it("O7: a guest that a person stopped is left alone, with the name of who did it", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 30);
    await lab.seconds(300);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")["hold"]).to.include({ by: "root@pam" });
    expect(lab.message("Container", "db")).to.include("root@pam");
    expect(lab.reason("HomelabLayer", "base")).to.equal("Settled");
  });

  it("O7, S2: a person's stop is told once, by the guest, and worries neither its layer nor the Homelab", async () => {
    const lab = await settledLab();
    await lab.seconds(60);
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 30);
    await lab.seconds(60);
    const told = lab.kube.events.map(({ about, reason }) => `${about} ${reason}`);
    expect(told).to.deep.equal(["Container/lab/db StoppedByHand"]);
  });

  it("O7: a hold ends with a new value of restarted-at", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 30);
    lab.kube.annotate(lab.key("Container", "db"), { [annotation.restartedAt]: "now" });
    await lab.until("started", () => lab.reason("Container", "db") === "Settled", 30);
    expect(lab.calls()).to.deep.equal(["start 101"]);
    expect(lab.status("Container", "db")["hold"]).to.equal(undefined);
  });

  it("O7: a hold ends when the person starts the guest", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 30);
    lab.proxmox.start(101);
    await lab.until("settled", () => lab.reason("Container", "db") === "Settled", 40);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.status("Container", "db")["hold"]).to.equal(undefined);
  });

  it("O7: a hold survives a restart of the controller and a change of the spec", async () => {
    const lab = await settledLab();
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 30);
    lab.kill();
    lab.start();
    await lab.seconds(30);
    lab.guest("db", { vmid: 101, layer: "base", spec: { shutdown: { timeoutSeconds: 90 } } });
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("StoppedByHand");
  });

  it("O7: a stop while the controller was away is a person's all the same", async () => {
    const lab = await settledLab();
    lab.kill();
    stop(lab.proxmox, 101, "root@pam");
    await lab.seconds(600);
    lab.start();
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("StoppedByHand");
  });

  it("O7: at first sight a guest without our mark is started, whoever stopped it before: applying it is the newest word", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 101, name: "db", power: "Running" });
    stop(lab.proxmox, 101, "root@pam");
    await lab.clock.advance(20_000);
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: { management: "Power" } });
    lab.homelab();
    lab.start();
    await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("O6: nobody's stop is overlooked while the token's privileges are not read yet", async () => {
    const lab = await settledLab();
    lab.kill();
    stop(lab.proxmox, 101, "root@pam");
    await lab.seconds(60);
    lab.fault("permissions", "before", new ProviderError("other", "internal error"));
    lab.start();
    await lab.until("held", () => lab.reason("Container", "db") === "StoppedByHand", 60);
    expect(lab.calls()).to.deep.equal([]);
  });

  it("O7: respectManualStop: false starts it again", async () => {
    const lab = await settledLab({ recovery: { respectManualStop: false } });
    stop(lab.proxmox, 101, "root@pam");
    await lab.until("started again", () => lab.reason("Container", "db") === "Settled" && lab.calls().length > 0, 60);
    expect(lab.calls()).to.deep.equal(["start 101"]);
  });

  it("H3: after maxRestarts within the window it is left alone, and says so", async () => {
    const lab = await settledLab({ recovery: { maxRestarts: 2, windowSeconds: 900 } });
    for (let crash = 0; crash < 3; crash++) {
      lab.proxmox.crash(101);
      await lab.until(
        "it is up or given up",
        () =>
          ["Settled", "RestartLimit"].includes(lab.reason("Container", "db")) &&
          (lab.proxmox.guest(101).power === "Running" || lab.reason("Container", "db") === "RestartLimit"),
        120,
      );
      await lab.seconds(5);
    }
    expect(lab.calls()).to.deep.equal(["start 101", "start 101"]);
    expect(lab.reason("Container", "db")).to.equal("RestartLimit");
    expect(lab.message("Container", "db")).to.match(/restarted 2 times within 900 s/);
  });

  it("H3: recovery.onStopped: None leaves a crashed guest down", async () => {
    const lab = await settledLab({ recovery: { onStopped: "None" } });
    lab.proxmox.crash(101);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.message("Container", "db")).to.include("onStopped is None");
  });

  it("H3: failing probes restart nothing unless opted in", async () => {
    const lab = await settledLab();
    lab.hung.add(101);
    await lab.until("said", () => lab.reason("Container", "db") === "ProbeFailing", 60);
    await lab.seconds(600);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.message("Container", "db")).to.include("connection refused");
  });

  it("H3, A9: with onUnhealthy: Restart it is shut down, seen stopped, started", async () => {
    const lab = new FakeLab();
    for (const vmid of [101, 102, 103]) lab.proxmox.add({ vmid, name: `guest-${String(vmid)}` });
    lab.cluster();
    lab.layer("base");
    lab.guest("db", { vmid: 101, layer: "base", spec: { recovery: { onUnhealthy: "Restart" } } });
    lab.guest("app", { vmid: 102, layer: "base" });
    lab.guest("web", { vmid: 103, layer: "base" });
    lab.homelab();
    lab.start();
    await lab.until("settled", () => lab.reason("Homelab", "home") === "Settled");
    lab.proxmox.mutations.length = 0;
    lab.hung.add(101);
    await lab.until("shut down", () => lab.calls().includes("shutdown 101"), 60);
    lab.hung.delete(101);
    await lab.until("settled again", () => lab.reason("Container", "db") === "Settled" && lab.calls().length === 2, 60);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
  });

  it("H3, H4: guests that fail together are not restarted: the path to them is broken, one incident on the cluster", async () => {
    const lab = await settledLab({ recovery: { onUnhealthy: "Restart" } });
    lab.hung.add(101).add(102);
    await lab.until(
      "both fail",
      () => lab.reason("Container", "db") === "ProbeFailing" && lab.reason("Container", "app") === "ProbeFailing",
      60,
    );
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.message("ProxmoxCluster", "pve")).to.include("ProbePathBroken");
    const incident = (): Record<string, string> => lab.status("ProxmoxCluster", "pve")["lastIncident"] as never;
    expect(incident()).to.include({ cause: "ProbePathBroken" }).and.not.have.property("recoverTime");
    for (const name of ["db", "app"]) expect(lab.status("Container", name)["lastIncident"]).to.equal(undefined);
    lab.hung.clear();
    await lab.until("it is over", () => incident()["recoverTime"] !== undefined, 60);
    const { startTime = "", detectTime = "", recoverTime = "" } = incident();
    expect(Date.parse(detectTime)).to.be.within(Date.parse(startTime) + 1, Date.parse(recoverTime) - 120_000);
    const events = lab.kube.events
      .filter(({ about }) => about.startsWith("ProxmoxCluster/"))
      .map(({ reason }) => reason);
    expect(events).to.deep.equal(["ProbePathBroken", "Recovered"]);
  });

  it("A9: restarted-at restarts once, gracefully", async () => {
    const lab = await settledLab();
    lab.kube.annotate(lab.key("Container", "db"), { [annotation.restartedAt]: "1" });
    await lab.until("restarted", () => lab.calls().length === 2 && lab.reason("Container", "db") === "Settled", 60);
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal(["shutdown 101", "start 101"]);
    expect(lab.status("Container", "db")["lastHandledRestartAt"]).to.equal("1");
    expect(lab.status("Container", "db")["lastIncident"]).to.equal(undefined);
  });

  it("A4: a guest that another's task is at work on is left alone until it ends", async () => {
    const lab = await settledLab();
    backup(lab.proxmox, 101, 60_000);
    await lab.seconds(15);
    lab.kube.annotate(lab.key("Container", "db"), { [annotation.restartedAt]: "1" });
    await lab.seconds(20);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("GuestBusy");
    await lab.until("restarted afterwards", () => lab.calls().length === 2, 120);
  });

  it("A4: a person's reboot is given a minute to come back", async () => {
    const lab = await settledLab();
    reboot(lab.proxmox, 101);
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("Settled");
  });

  it("A4: a lock without any task for a minute is a person's to clear", async () => {
    const lab = await settledLab();
    lab.proxmox.guest(101).lock = "snapshot";
    await lab.seconds(12);
    lab.kube.annotate(lab.key("Container", "db"), { [annotation.restartedAt]: "1" });
    await lab.until("said", () => lab.reason("Container", "db") === "LeftoverLock", 120);
    expect(lab.message("Container", "db")).to.include("pct unlock 101");
    lab.proxmox.guest(101).lock = undefined;
    await lab.until("goes on", () => lab.calls().includes("shutdown 101"), 60);
  });
});
