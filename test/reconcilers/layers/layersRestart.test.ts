import { expect } from "chai";
import type { HomelabLayerStatus } from "../../../controller/api/index.ts";
import { rebootHost, stop } from "../../fakes/proxmox.ts";
import type { FakeLab } from "../../fakes/lab.ts";
import {
  bootOf,
  guests,
  inOrder,
  settled,
  starts,
  stops,
  threeLayers,
  untilBooted,
  untilSettled,
} from "./threeLayers.ts";

function layer(lab: FakeLab, name: string): Partial<HomelabLayerStatus> {
  return lab.status("HomelabLayer", name);
}

function restart(lab: FakeLab): void {
  lab.kill();
  lab.start();
}

describe("layers: the controller is restarted", () => {
  it("L10: in the middle of a boot it goes on where it was: the same boot, each guest started once", async () => {
    const lab = threeLayers();
    lab.start();
    await lab.until("base is up and app was asked", () => starts(lab).includes(201));
    const { id } = bootOf(lab);
    lab.kill();
    await lab.seconds(20);
    lab.start();
    await untilSettled(lab);
    expect(bootOf(lab).id).to.equal(id);
    expect(starts(lab)).to.have.members(guests.map(({ vmid }) => vmid));
    expect(inOrder(starts(lab))).to.equal(true);
    const steps = bootOf(lab).steps ?? [];
    expect(steps.map(({ finishTime }) => finishTime !== undefined)).to.deep.equal(steps.map(() => true));
  });

  it("L3, L10: a gate's timeout goes on where it was", async () => {
    const spec = { startupTimeoutSeconds: 20 };
    const lab = threeLayers({
      guests: { db: spec, cache: spec },
      layers: { base: { healthGate: { timeoutSeconds: 100 } } },
    });
    lab.hung.add(101);
    lab.start();
    await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
    const released = lab.clock.monotonic();
    await lab.seconds(60);
    restart(lab);
    await lab.seconds(25);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Gating");
    await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted", 60);
    expect((lab.clock.monotonic() - released) / 1000).to.be.within(98, 106);
  });

  it("L3, L10: a timeout that began anew with a changed member goes on from there", async () => {
    const spec = { startupTimeoutSeconds: 20 };
    const lab = threeLayers({
      guests: { db: spec, cache: spec },
      layers: { base: { healthGate: { timeoutSeconds: 100 } } },
    });
    lab.hung.add(101);
    lab.start();
    await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
    await lab.seconds(80);
    lab.guest("db", { vmid: 101, layer: "base", spec: { ...spec, description: "mended" } });
    await lab.seconds(10);
    restart(lab);
    await lab.seconds(60);
    expect(lab.reason("HomelabLayer", "base")).to.equal("Gating");
    await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted", 45);
  });

  it("L10: a wall clock that was set back or forward across the restart does not break a timeout", async () => {
    const spec = { startupTimeoutSeconds: 20 };
    for (const jump of [-3_600_000, 30_000]) {
      const lab = threeLayers({
        guests: { db: spec, cache: spec },
        layers: { base: { healthGate: { timeoutSeconds: 100 } } },
      });
      lab.hung.add(101);
      lab.start();
      await lab.until("base is released", () => layer(lab, "base").lastStart !== undefined);
      lab.kill();
      lab.clock.jump(jump);
      lab.start();
      await lab.until("base is halted", () => lab.reason("HomelabLayer", "base") === "Halted", 115);
      lab.kill();
    }
  });

  it("L10, S1: in a settled lab it writes nothing and sends nothing, also with minHealthySeconds and a person's hold", async () => {
    const lab = await settled({
      onboot: true,
      homelab: { preflight: [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 } }] },
      layers: { base: { healthGate: { minHealthySeconds: 30 } } },
      guests: { tv: { powerState: "Stopped" }, cache: { probes: [] } },
    });
    stop(lab.proxmox, 202);
    await lab.until("web is held", () => lab.reason("Container", "web") === "StoppedByHand");
    await lab.seconds(120);
    const writes = lab.kube.writes.length;
    const calls = lab.calls().length;
    const events = lab.kube.events.length;
    restart(lab);
    await lab.seconds(600);
    expect(lab.kube.writes.slice(writes)).to.deep.equal([]);
    expect(lab.calls().slice(calls)).to.deep.equal([]);
    expect(lab.kube.events.slice(events)).to.deep.equal([]);
  });

  it("L10: after hours away no stale stop or start is sent: what is declared now counts", async () => {
    const lab = await settled();
    lab.homelab({ powerState: "Stopped" });
    await lab.until("media goes down", () => stops(lab).includes(301));
    lab.kill();
    await lab.seconds(60);
    lab.homelab({ powerState: "Running" });
    const calls = lab.calls().length;
    await lab.seconds(600);
    lab.start();
    await untilSettled(lab);
    expect(lab.calls().slice(calls)).to.deep.equal(["start 301"]);
  });

  it("L10: in the middle of a shutdown it goes on where it was", async () => {
    const lab = await settled();
    lab.homelab({ powerState: "Stopped" });
    await lab.until("apps go down", () => stops(lab).includes(201));
    restart(lab);
    await lab.until("the lab is stopped", () => lab.reason("Homelab", "home") === "Stopped");
    expect(inOrder(stops(lab).toReversed())).to.equal(true);
    expect(stops(lab)).to.have.length(5);
  });

  it("L7, L10: in the middle of a recovery it goes on with the same record, and the time to recovery is measured", async () => {
    const lab = await settled();
    rebootHost(lab.proxmox, "pve1", { clean: false, downMs: 60_000 });
    await lab.until("the recovery has begun", () => bootOf(lab).cause === "HostReboot", 200);
    const { id, lastGoodTime } = bootOf(lab);
    await lab.seconds(3);
    restart(lab);
    await untilBooted(lab, "HostReboot");
    expect(bootOf(lab)).to.include({ id, lastGoodTime });
    expect(bootOf(lab).mttrSeconds).to.be.greaterThan(60);
    await untilSettled(lab);
  });
});
