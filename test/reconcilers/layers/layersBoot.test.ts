import { expect } from "chai";
import type { HomelabLayerStatus } from "../../../controller/api/index.ts";
import { stop } from "../../fakes/proxmox.ts";
import { FakeLab, NAMESPACE } from "../../fakes/lab.ts";
import { bootOf, guests, inOrder, settled, starts, stops, threeLayers, told, untilSettled } from "./threeLayers.ts";

function layer(lab: FakeLab, name: string): Partial<HomelabLayerStatus> {
  return lab.status("HomelabLayer", name);
}

describe("layers: a boot", () => {
  it("L0, L1: the go switch with nothing running is a FirstStart; layers come up in order, guests carry its id", async () => {
    const lab = await settled();
    expect(bootOf(lab).cause).to.equal("FirstStart");
    expect(inOrder(starts(lab))).to.equal(true);
    expect(starts(lab)).to.have.members(guests.map(({ vmid }) => vmid));
    expect(guests.map(({ name }) => lab.status("Container", name)["bootID"])).to.deep.equal(
      guests.map(() => bootOf(lab).id),
    );
    expect(["base", "apps", "media"].map((name) => layer(lab, name).order)).to.deep.equal([1, 2, 3]);
  });

  it("L0: with everything running no boot begins, and nothing is started", async () => {
    const lab = await settled({ running: true });
    expect(starts(lab)).to.deep.equal([]);
    expect(bootOf(lab)).to.deep.equal({});
  });

  it("L1: a guest that has run in this boot is repaired while a lower gate is closed, and that does not count", async () => {
    const lab = await settled();
    lab.hung.add(101);
    await lab.until("base is sick", () => lab.reason("HomelabLayer", "base") === "Degraded");
    for (let times = 1; times <= 5; times++) {
      lab.proxmox.crash(301);
      await lab.until(
        `repaired ${String(times)} times`,
        () => starts(lab).filter((vmid) => vmid === 301).length === times + 1,
        700,
      );
      await lab.until("tv is up again", () => lab.reason("Container", "tv") === "Settled");
    }
    expect(lab.status("Container", "tv")["restarts"]).to.equal(undefined);
    expect(lab.proxmox.guest(202).power).to.equal("Running");
  });

  it("L1: a new guest of an upper layer waits while a lower gate is closed, and nothing that runs is stopped", async () => {
    const lab = await settled();
    lab.hung.add(101);
    await lab.until("base is sick", () => lab.reason("HomelabLayer", "base") === "Degraded");
    lab.proxmox.add({ vmid: 302, name: "radio" });
    lab.guest("radio", { vmid: 302, layer: "media" });
    await lab.seconds(40);
    expect(lab.reason("Container", "radio")).to.equal("LayerNotReady");
    expect(lab.message("Container", "radio")).to.contain("base");
    expect(lab.calls().filter((call) => call.startsWith("shutdown"))).to.deep.equal([]);
    lab.hung.clear();
    await lab.until("radio starts", () => starts(lab).includes(302));
  });

  it("L2: without a Homelab nothing is changed, and applying it is the go switch", async () => {
    const lab = threeLayers();
    lab.kube.delete(lab.key("Homelab", "home"));
    lab.start();
    await lab.seconds(60);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("HomelabMissing");
    expect(lab.reason("HomelabLayer", "base")).to.equal("HomelabMissing");
    lab.homelab();
    await untilSettled(lab);
    expect(inOrder(starts(lab))).to.equal(true);
  });

  it("L2: with two Homelabs the older is in charge, and the other says so", async () => {
    const lab = await settled();
    await lab.seconds(5);
    lab.homelab({ powerState: "Stopped" }, "another");
    await lab.until("the other speaks", () => lab.reason("Homelab", "another") === "NotInCharge");
    await lab.seconds(30);
    expect(lab.calls().filter((call) => call.startsWith("shutdown"))).to.deep.equal([]);
    lab.kube.delete(lab.key("Homelab", "home"));
    await lab.until("it takes over", () => lab.reason("Homelab", "another") === "Stopped");
  });

  for (const order of ["up", "down"] as const)
    it(`L2: objects applied one by one, ${order === "up" ? "lowest first" : "topmost first"}, boot in order`, async () => {
      const lab = new FakeLab();
      lab.start();
      lab.homelab();
      const steps = [
        () => lab.cluster(),
        () => lab.layer("base"),
        () => lab.layer("apps", ["base"]),
        ...guests
          .filter(({ layer: name }) => name !== "media")
          .map(({ name, vmid, layer: of }) => () => {
            lab.proxmox.add({ vmid, name });
            lab.guest(name, { vmid, layer: of });
          }),
      ];
      for (const step of order === "up" ? steps : steps.toReversed()) {
        step();
        await lab.seconds(3);
      }
      await untilSettled(lab);
      expect(inOrder(starts(lab))).to.equal(true);
      expect(starts(lab)).to.have.members([101, 102, 201, 202]);
    });

  it("L2: no first start before what is declared has been quiet for 2 s", async () => {
    const lab = threeLayers();
    lab.start();
    for (let second = 0; second < 6; second++) {
      lab.guest("tv", { vmid: 301, layer: "media", spec: { startupTimeoutSeconds: 100 + second } });
      await lab.seconds(1.5);
    }
    expect(starts(lab)).to.deep.equal([]);
    expect(lab.reason("Container", "db")).to.equal("IntentSettling");
    await lab.seconds(2.5);
    expect(starts(lab)).to.have.members([101, 102]);
  });

  it("L2: 30 s after the Homelab appeared it goes, however busy people are", async () => {
    const lab = threeLayers();
    lab.start();
    for (let second = 0; second < 29; second++) {
      lab.guest("tv", { vmid: 301, layer: "media", spec: { startupTimeoutSeconds: 100 + second } });
      await lab.seconds(1);
    }
    expect(starts(lab)).to.deep.equal([]);
    for (let second = 0; second < 4; second++) {
      lab.guest("tv", { vmid: 301, layer: "media", spec: { startupTimeoutSeconds: 200 + second } });
      await lab.seconds(1);
    }
    expect(starts(lab)).to.have.members([101, 102]);
  });

  it("L2: a gate stays closed below minMembers, so an empty layer is no open door", async () => {
    const lab = new FakeLab();
    lab.proxmox.add({ vmid: 201, name: "app" });
    lab.cluster();
    lab.layer("base");
    lab.layer("apps", ["base"]);
    lab.guest("app", { vmid: 201, layer: "apps" });
    lab.homelab();
    lab.start();
    await lab.seconds(60);
    expect(starts(lab)).to.deep.equal([]);
    expect(lab.reason("HomelabLayer", "base")).to.equal("MembersMissing");
    lab.layer("base", [], { healthGate: { minMembers: 0 } });
    await lab.until("app starts", () => starts(lab).includes(201));
  });

  it("L3: held and Stopped members leave the total; a layer with nobody else is open", async () => {
    const lab = await settled({ guests: { cache: { powerState: "Stopped" } } });
    stop(lab.proxmox, 101);
    await lab.until("db is held", () => lab.reason("Container", "db") === "StoppedByHand");
    await lab.until("base is settled", () => lab.reason("HomelabLayer", "base") === "Settled");
    expect(lab.message("HomelabLayer", "base")).to.contain("db (StoppedByHand)").and.contain("cache (Stopped)");
    expect(layer(lab, "base").total).to.equal(0);
    expect(lab.reason("Homelab", "home")).to.equal("Settled");
  });

  it("L3: the gate opens only after the quorum has been healthy for minHealthySeconds", async () => {
    const lab = threeLayers({ layers: { base: { healthGate: { minHealthySeconds: 20 } } } });
    lab.start();
    await lab.until(
      "db is healthy",
      () => lab.reason("Container", "db") === "Settled" && lab.reason("Container", "cache") === "Settled",
    );
    const healthy = lab.clock.monotonic();
    await lab.until("app starts", () => starts(lab).includes(201));
    expect(lab.clock.monotonic() - healthy).to.be.within(19_000, 21_000);
  });

  it("L3: a layer that does not get ready is Halted, and the layers above stay down until it is", async () => {
    const lab = threeLayers({
      guests: { db: { startupTimeoutSeconds: 20 } },
      layers: { base: { healthGate: { timeoutSeconds: 40 } } },
    });
    lab.hung.add(101);
    lab.guest("cache", { vmid: 102, layer: "base", spec: { startupTimeoutSeconds: 20 } });
    lab.start();
    await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
    const released = lab.clock.monotonic();
    await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted");
    expect(lab.clock.monotonic() - released).to.be.within(49_000, 52_000);
    expect(lab.message("HomelabLayer", "base")).to.contain("not ready within 50 s").and.contain("db");
    expect(lab.reason("Homelab", "home")).to.equal("Halted");
    expect(lab.kube.events.find(({ reason, about }) => reason === "Halted" && about.includes("base"))?.type).to.equal(
      "Warning",
    );
    await lab.seconds(60);
    expect(starts(lab)).to.have.members([101, 102]);
    lab.hung.clear();
    await untilSettled(lab);
  });

  it("L3: with onTimeout: Proceed the layers above start, and the lab is Degraded", async () => {
    const lab = threeLayers({
      guests: { db: { startupTimeoutSeconds: 20 }, cache: { startupTimeoutSeconds: 20 } },
      layers: { base: { healthGate: { timeoutSeconds: 40, onTimeout: "Proceed" } } },
    });
    lab.hung.add(101);
    lab.start();
    await lab.until("tv is up", () => lab.reason("Container", "tv") === "Settled", 200);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Degraded");
    await lab.until("the lab says so", () => lab.reason("Homelab", "home") === "Degraded");
    expect(told(lab, "HomelabLayer", "base")).to.include("GateTimedOut");
    expect(bootOf(lab).steps?.at(-1)).to.include({ name: "all validated", state: "Failed" });
  });

  it("L3: time in which Proxmox is away does not count to the timeout", async () => {
    const lab = threeLayers({
      guests: { db: { startupTimeoutSeconds: 20 }, cache: { startupTimeoutSeconds: 20 } },
      layers: { base: { healthGate: { timeoutSeconds: 60 } } },
    });
    lab.hung.add(101);
    lab.start();
    await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
    await lab.seconds(10);
    lab.proxmox.reachable = false;
    await lab.seconds(120);
    expect(lab.reason("HomelabLayer", "base")).to.equal("HostUnreachable");
    lab.proxmox.reachable = true;
    await lab.seconds(20);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Gating");
    await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted", 60);
  });

  it("L3: the timeout begins anew when a member is changed", async () => {
    const spec = { startupTimeoutSeconds: 20 };
    const lab = threeLayers({
      guests: { db: spec, cache: spec },
      layers: { base: { healthGate: { timeoutSeconds: 60 } } },
    });
    lab.hung.add(101);
    lab.start();
    await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
    await lab.seconds(50);
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...spec, description: "mended" } });
    await lab.seconds(50);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Gating");
    await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted", 15);
  });

  it("L3: Unknown keeps the gate's last state: a new guest above an open gate starts while a lower host is away", async () => {
    const lab = new FakeLab(["pve1", "pve2"]);
    lab.proxmox.add({ vmid: 101, name: "db" });
    lab.proxmox.add({ vmid: 201, name: "app", node: "pve2" });
    lab.cluster();
    lab.layer("base");
    lab.layer("apps", ["base"]);
    lab.guest("db", { vmid: 101, layer: "base", spec: { node: "pve1" } });
    lab.guest("app", { vmid: 201, layer: "apps", spec: { node: "pve2" } });
    lab.homelab();
    lab.start();
    await untilSettled(lab);
    const node = lab.proxmox.nodes.get("pve1");
    if (node !== undefined) node.online = false;
    await lab.until("the layer is unknown", () => lab.reason("HomelabLayer", "base") === "NodeOffline");
    lab.proxmox.add({ vmid: 202, name: "web", node: "pve2" });
    lab.guest("web", { vmid: 202, layer: "apps", spec: { node: "pve2" } });
    await lab.until("web starts", () => starts(lab).includes(202));
  });

  it("L3: after its gate has opened a layer is Recovering while a repair is under way, and never Halted", async () => {
    const lab = await settled({
      guests: { db: { startupTimeoutSeconds: 5 }, cache: { startupTimeoutSeconds: 5 } },
      layers: { base: { healthGate: { timeoutSeconds: 30 } } },
    });
    lab.proxmox.crash(101);
    await lab.until("base is recovering", () => lab.reason("HomelabLayer", "base") === "Recovering");
    await untilSettled(lab);
    lab.hung.add(101);
    await lab.until("base is degraded", () => lab.reason("HomelabLayer", "base") === "Degraded");
    await lab.seconds(120);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Degraded");
  });

  it("L4: inside a layer everything starts at once, save a guest's own dependsOn", async () => {
    const lab = threeLayers({ guests: { cache: { dependsOn: [{ kind: "Container", name: "db" }] } } });
    lab.bootSeconds.set(101, 10);
    lab.start();
    await lab.until("db starts", () => starts(lab).includes(101));
    await lab.seconds(5);
    expect(starts(lab)).to.deep.equal([101]);
    expect(lab.reason("Container", "cache")).to.equal("DependencyNotReady");
    expect(lab.message("Container", "cache")).to.contain("Container db");
    await untilSettled(lab);
  });

  it("L4: a dependsOn that goes in a circle, or leads above the own layer, is Stalled with the way around", async () => {
    const lab = threeLayers({
      guests: {
        db: { dependsOn: [{ kind: "Container", name: "cache" }] },
        cache: { dependsOn: [{ kind: "Container", name: "db" }] },
        app: { dependsOn: [{ kind: "Container", name: "tv" }] },
      },
    });
    lab.start();
    await lab.until("db is stalled", () => lab.reason("Container", "db") === "DependencyCycle");
    await lab.until("app is stalled", () => lab.reason("Container", "app") === "DependencyCycle");
    expect(lab.message("Container", "db")).to.contain("Container db → Container cache → Container db");
    expect(lab.message("Container", "app")).to.contain(
      "Container app → Container tv → HomelabLayer apps → Container app",
    );
    await lab.seconds(20);
    expect(starts(lab)).to.deep.equal([]);
    lab.guest("cache", { vmid: 102, layer: "base" });
    lab.guest("app", { vmid: 201, layer: "apps" });
    await untilSettled(lab);
  });

  it("L4, L6: a guest whose target was moved to a layer above is Stalled, and a shutdown still ends, in the layers' order", async () => {
    const lab = await settled({ guests: { app: { dependsOn: [{ kind: "Container", name: "web" }] } } });
    lab.guest("web", { vmid: 202, layer: "media" });
    await lab.until("app is stalled", () => lab.reason("Container", "app") === "DependencyCycle");
    expect(lab.message("Container", "app")).to.contain("Container web → HomelabLayer apps → Container app");
    lab.homelab({ powerState: "Stopped" });
    await lab.until("the lab is stopped", () => lab.reason("Homelab", "home") === "Stopped");
    const order = stops(lab);
    expect(order).to.have.members(guests.map(({ vmid }) => vmid));
    expect(order.indexOf(202)).to.be.below(order.indexOf(201));
  });

  it("L4: layers that go in a circle are Stalled with the way around, and start nothing", async () => {
    const lab = threeLayers();
    lab.layer("base", ["media"]);
    lab.start();
    await lab.until("base is stalled", () => lab.reason("HomelabLayer", "base") === "DependencyCycle");
    expect(lab.message("HomelabLayer", "base")).to.contain("base → media → apps → base");
    expect(lab.reason("Homelab", "home")).to.equal("DependencyCycle");
    await lab.seconds(20);
    expect(starts(lab)).to.deep.equal([]);
    lab.layer("base");
    await untilSettled(lab);
  });

  it("L5: the next layer's starts are issued in the turn in which the last probe passes", async () => {
    const lab = threeLayers();
    lab.start();
    await lab.until("app starts", () => starts(lab).includes(201));
    const at = lab.proxmox.mutations.find(({ call, vmid }) => call === "start" && vmid === 201)?.at ?? 0;
    const opened = Date.parse(layer(lab, "base").gate?.openTime ?? "");
    expect(lab.clock.now() - (lab.clock.monotonic() - at) - opened).to.equal(0);
  });

  it("L11: a member added to a running lower layer starts at once, and closes no gate for what already runs", async () => {
    const lab = await settled();
    await lab.seconds(40);
    lab.proxmox.add({ vmid: 103, name: "queue" });
    lab.bootSeconds.set(103, 30);
    lab.guest("queue", { vmid: 103, layer: "base" });
    await lab.seconds(1);
    expect(starts(lab)).to.include(103);
    lab.proxmox.crash(301);
    await lab.until("tv is repaired meanwhile", () => starts(lab).filter((vmid) => vmid === 301).length === 2, 15);
    await untilSettled(lab);
  });

  it("I7: a layer that is deleted starts and stops nothing; applied again it heals", async () => {
    const lab = await settled();
    const calls = lab.calls().length;
    lab.kube.delete(lab.key("HomelabLayer", "apps"));
    await lab.until("media waits", () => lab.reason("HomelabLayer", "media") === "LayerMissing");
    await lab.seconds(30);
    expect(lab.calls().slice(calls)).to.deep.equal([]);
    lab.layer("apps", ["base"]);
    await untilSettled(lab);
    expect(lab.calls().slice(calls)).to.deep.equal([]);
    expect(lab.kube.all().every(({ metadata }) => metadata.namespace === NAMESPACE)).to.equal(true);
  });
});
