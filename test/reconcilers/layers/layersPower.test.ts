import { expect } from "chai";
import {
  bootOf,
  guests,
  inOrder,
  settled,
  starts,
  stops,
  threeLayers,
  told,
  untilBooted,
  untilSettled,
} from "./threeLayers.ts";
import { stop } from "../../fakes/proxmox.ts";
import { annotate } from "../oneGuest.ts";
import type { FakeLab } from "../../fakes/lab.ts";

const homelab = { kind: "Homelab", name: "home" } as const;

function untilStopped(lab: FakeLab, seconds?: number): Promise<void> {
  return lab.until("the lab is stopped", () => lab.reason(homelab.kind, homelab.name) === "Stopped", seconds);
}

/** vmids that ran when `vmid` was asked to stop. */
function rankOf(vmid: number): number {
  return Math.floor(vmid / 100);
}

describe("layers: power", () => {
  it("L6: a declared shutdown walks the graph backwards, each layer after all above it are down", async () => {
    const lab = await settled();
    lab.proxmox.guest(301).stopMs = 8_000;
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    expect(inOrder(stops(lab).toReversed())).to.equal(true);
    expect(stops(lab)).to.have.members(guests.map(({ vmid }) => vmid));
    const [, firstApp] = lab.proxmox.mutations.filter(({ call }) => call === "shutdown");
    const [media] = lab.proxmox.mutations.filter(({ call, vmid }) => call === "shutdown" && vmid === 301);
    expect((firstApp?.at ?? 0) - (media?.at ?? 0)).to.be.at.least(6_000);
    expect(guests.map(({ name }) => lab.reason("Container", name))).to.deep.equal(guests.map(() => "Stopped"));
    expect(guests.map(({ name }) => lab.status("Container", name)["bootID"])).to.deep.equal(
      guests.map(() => undefined),
    );
  });

  it("L1, O7: restarted-at ends a hold, not the order: the first start in a boot waits for the gates all the same", async () => {
    const lab = await settled();
    stop(lab.proxmox, 301, "root@pam");
    await lab.until("held", () => lab.reason("Container", "tv") === "StoppedByHand", 30);
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    lab.proxmox.mutations.length = 0;
    lab.homelab({ powerState: "Running" });
    annotate(lab, "restartedAt", "now", "tv");
    await untilBooted(lab, "PowerOn");
    await lab.until("tv runs again", () => lab.reason("Container", "tv") === "Settled", 60);
    expect(starts(lab)).to.have.members(guests.map(({ vmid }) => vmid));
    expect(inOrder(starts(lab))).to.equal(true);
  });

  it("L6: a layer declared Stopped takes the layers above it along, and nothing below", async () => {
    const lab = await settled();
    lab.layer("apps", ["base"], { powerState: "Stopped" });
    await lab.until("apps is stopped", () => lab.reason("HomelabLayer", "apps") === "Stopped");
    expect(stops(lab).map(rankOf)).to.deep.equal([3, 2, 2]);
    expect(lab.reason("HomelabLayer", "media")).to.equal("Stopped");
    expect(lab.reason("HomelabLayer", "base")).to.equal("Settled");
  });

  it("L6: own dependsOn is walked backwards too", async () => {
    const lab = await settled({ guests: { web: { dependsOn: [{ kind: "Container", name: "app" }] } } });
    lab.proxmox.guest(202).stopMs = 8_000;
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    expect(stops(lab).indexOf(202)).to.be.lessThan(stops(lab).indexOf(201));
    const times = new Map(
      lab.proxmox.mutations.filter(({ call }) => call === "shutdown").map(({ vmid, at }) => [vmid, at]),
    );
    expect((times.get(201) ?? 0) - (times.get(202) ?? 0)).to.be.at.least(6_000);
  });

  it("L6: a guest that ignores three shutdowns halts its layer by name; those below stay up; it is tried every 5 min", async () => {
    const lab = await settled({ guests: { tv: { shutdown: { timeoutSeconds: 5 } } } });
    lab.proxmox.guest(301).stopMs = Infinity;
    lab.homelab({ powerState: "Stopped" });
    await lab.until("media is halted", () => lab.reason("HomelabLayer", "media") === "Halted", 300);
    expect(lab.message("HomelabLayer", "media")).to.contain("tv");
    expect(lab.reason(homelab.kind, homelab.name)).to.equal("Halted");
    expect(stops(lab)).to.deep.equal([301, 301, 301]);
    await lab.seconds(200);
    expect(stops(lab)).to.deep.equal([301, 301, 301]);
    lab.proxmox.guest(301).stopMs = 1_000;
    await untilStopped(lab, 300);
    expect(inOrder(stops(lab).toReversed())).to.equal(true);
  });

  it("L6: members that may not be stopped are named as left running, and hold nothing up", async () => {
    const lab = await settled({ running: true, guests: { app: { management: "Observe" }, tv: { suspend: true } } });
    lab.cluster({ protectedVmids: [202] });
    await lab.seconds(3);
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    expect(stops(lab)).to.have.members([101, 102]);
    expect(lab.message(homelab.kind, homelab.name)).to.contain("left running").and.contain("web (protected)");
    expect(lab.message("HomelabLayer", "apps")).to.contain("app (only observed)");
    expect(lab.message("HomelabLayer", "media")).to.contain("tv (suspended)");
  });

  it("L6: what is declared Stopped is not started by anybody here, also before its turn", async () => {
    const lab = await settled();
    lab.proxmox.guest(301).stopMs = 30_000;
    lab.homelab({ powerState: "Stopped" });
    await lab.until("media goes down", () => stops(lab).includes(301));
    const before = starts(lab).length;
    lab.proxmox.crash(101);
    await untilStopped(lab);
    expect(starts(lab).length).to.equal(before);
  });

  it("L6: a flip back to Running in the middle takes effect at the next step, and what went down comes up in order", async () => {
    const lab = await settled();
    lab.homelab({ powerState: "Stopped" });
    await lab.until("apps go down", () => stops(lab).some((vmid) => rankOf(vmid) === 2));
    const before = starts(lab).length;
    lab.homelab({ powerState: "Running" });
    await untilBooted(lab, "PowerOn");
    await untilSettled(lab);
    expect(stops(lab).filter((vmid) => rankOf(vmid) === 1)).to.deep.equal([]);
    const again = starts(lab).slice(before);
    expect(again).to.have.members([201, 202, 301]);
    expect(inOrder(again)).to.equal(true);
  });

  it("L0: powerState of the lab going back to Running is a PowerOn of all, in order", async () => {
    const lab = await settled();
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    const before = starts(lab).length;
    lab.homelab({ powerState: "Running" });
    await untilBooted(lab, "PowerOn");
    expect(bootOf(lab).layer).to.equal(undefined);
    expect(starts(lab).slice(before)).to.have.members(guests.map(({ vmid }) => vmid));
    expect(inOrder(starts(lab).slice(before))).to.equal(true);
  });

  it("L0: powerState of a layer going back to Running is a PowerOn of that layer and those above; others keep theirs", async () => {
    const lab = await settled();
    const first = bootOf(lab).id;
    lab.layer("apps", ["base"], { powerState: "Stopped" });
    await lab.until("apps is stopped", () => lab.reason("HomelabLayer", "apps") === "Stopped");
    const opens = told(lab, "HomelabLayer", "base").filter((reason) => reason === "GateOpen").length;
    const before = starts(lab).length;
    lab.layer("apps", ["base"]);
    await untilBooted(lab, "PowerOn");
    expect(bootOf(lab)).to.include({ layer: "apps" });
    expect(starts(lab).slice(before).map(rankOf)).to.deep.equal([2, 2, 3]);
    expect(bootOf(lab).steps?.map(({ name }) => name)).to.deep.equal([
      "apps started",
      "apps healthy",
      "media started",
      "media healthy",
      "all validated",
    ]);
    expect(lab.status("Container", "db")["bootID"]).to.equal(first);
    expect(lab.status("Container", "tv")["bootID"]).to.equal(bootOf(lab).id);
    expect(told(lab, "HomelabLayer", "base").filter((reason) => reason === "GateOpen").length).to.equal(opens);
  });

  it("L0, L6: a person's hold is not ended by the lab going down and up", async () => {
    const lab = await settled();
    const { stop } = await import("../../fakes/proxmox.ts");
    stop(lab.proxmox, 201);
    await lab.until("app is held", () => lab.reason("Container", "app") === "StoppedByHand");
    lab.homelab({ powerState: "Stopped" });
    await untilStopped(lab);
    const before = starts(lab).length;
    lab.homelab({ powerState: "Running" });
    await untilBooted(lab, "PowerOn");
    expect(starts(lab).slice(before)).not.to.include(201);
    expect(lab.reason("Container", "app")).to.equal("StoppedByHand");
  });

  it("L2: a preflight that warns is waited for by nobody, and tells why it fails and that it is given up", async () => {
    const lab = threeLayers({
      homelab: { preflight: [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, timeoutSeconds: 60 }] },
    });
    lab.wan = false;
    lab.start();
    await lab.until("the lab is up", () => lab.reason("Container", "tv") === "Settled");
    expect(lab.kube.events.find(({ reason }) => reason === "PreflightFailing")).to.include({
      type: "Warning",
      about: "Homelab/lab/home",
    });
    expect(lab.kube.events.find(({ reason }) => reason === "PreflightFailing")?.message).to.contain(
      "1.1.1.1:443 does not answer",
    );
    await untilBooted(lab, "FirstStart");
    expect(bootOf(lab).steps?.find(({ name }) => name === "preflight wan")?.state).to.equal("Skipped");
  });

  it("L2: a preflight that blocks holds the first layer until it passes", async () => {
    const lab = threeLayers({
      homelab: { preflight: [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, onFailure: "Block" }] },
    });
    lab.wan = false;
    lab.start();
    await lab.seconds(120);
    expect(starts(lab)).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("PreflightFailing");
    expect(lab.message("Container", "db")).to.contain("1.1.1.1:443 does not answer");
    lab.wan = true;
    await untilSettled(lab);
  });

  it("L2: a blocking preflight is given up at its timeout, with a Warning, also when the controller was restarted meanwhile", async () => {
    const lab = threeLayers({
      homelab: {
        preflight: [
          { name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, onFailure: "Block", timeoutSeconds: 60 },
        ],
      },
    });
    lab.wan = false;
    lab.start();
    await lab.seconds(40);
    lab.kill();
    lab.start();
    await lab.seconds(15);
    expect(starts(lab)).to.deep.equal([]);
    await lab.until("it is given up", () => starts(lab).length > 0, 15);
    expect(
      lab.kube.events.filter(({ reason, message }) => reason === "PreflightFailing" && message.includes("given up")),
    ).to.have.length(1);
    await untilSettled(lab);
    expect(bootOf(lab).steps?.[0]).to.include({ name: "preflight wan", state: "Skipped" });
  });

  it("L2: a blocking preflight of a boot long over holds nothing, also not for a new guest after a restart", async () => {
    const lab = await settled({
      homelab: { preflight: [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 }, onFailure: "Block" }] },
    });
    lab.wan = false;
    lab.kill();
    lab.start();
    lab.proxmox.add({ vmid: 103, name: "queue" });
    lab.guest("queue", { vmid: 103, layer: "base" });
    await lab.until("queue starts", () => starts(lab).includes(103));
  });
});
