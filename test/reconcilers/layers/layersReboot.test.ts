import { expect } from "chai";
import type { FakeLab } from "../../fakes/lab.ts";
import { rebootHost, stopall } from "../../fakes/proxmox.ts";
import { bootOf, guests, inOrder, settled, starts, told, untilBooted, untilSettled } from "./threeLayers.ts";

const all = guests.map(({ vmid }) => vmid);

/** Starts called since the last time this was asked. */
function newStarts(lab: FakeLab, before: number): number[] {
  return starts(lab).slice(before);
}

describe("layers: a host reboots", () => {
  for (const clean of [true, false])
    it(`L0, L7: a ${clean ? "clean" : "hard"} reboot is a HostReboot, and its guests come up layer by layer`, async () => {
      const lab = await settled();
      const before = starts(lab).length;
      rebootHost(lab.proxmox, "pve1", { clean, downMs: 60_000 });
      await untilBooted(lab, "HostReboot", 400);
      expect(newStarts(lab, before)).to.have.members(all);
      expect(inOrder(newStarts(lab, before))).to.equal(true);
      await untilSettled(lab);
    });

  it("L7, A4: a clean reboot is not five manual stops: nobody is held, and no stop is a person's", async () => {
    const lab = await settled();
    rebootHost(lab.proxmox, "pve1", { clean: true, downMs: 60_000 });
    await lab.until("the host goes down", () => lab.proxmox.nodes.get("pve1")?.online === false, 200);
    expect(lab.kube.events.map(({ reason }) => reason)).not.to.include("StoppedByHand");
    expect(guests.map(({ name }) => lab.status("Container", name)["hold"])).to.deep.equal(guests.map(() => undefined));
    await untilBooted(lab, "HostReboot", 400);
    expect(lab.kube.events.map(({ reason }) => reason)).not.to.include("StoppedByHand");
  });

  it("A4: a bulk shutdown without a reboot is, two minutes later, a stop by the person who asked for it", async () => {
    const lab = await settled();
    stopall(lab.proxmox, "pve1", "ops@pam");
    await lab.until("all down", () => [...lab.proxmox.guests.values()].every(({ power }) => power === "Stopped"));
    expect(lab.reason("Container", "db")).not.to.equal("StoppedByHand");
    const before = starts(lab).length;
    await lab.until("held", () => guests.every(({ name }) => lab.reason("Container", name) === "StoppedByHand"), 200);
    expect(lab.message("Container", "db")).to.contain("ops@pam");
    expect(newStarts(lab, before)).to.deep.equal([]);
    expect(bootOf(lab).cause).to.equal("FirstStart");
  });

  it("L7: a reboot is recorded step by step, with the time from last good to all validated", async () => {
    const lab = await settled({
      homelab: { preflight: [{ name: "wan", tcpSocket: { hosts: ["1.1.1.1"], port: 443 } }] },
    });
    const down = lab.clock.now();
    rebootHost(lab.proxmox, "pve1", { clean: false, downMs: 60_000 });
    await untilBooted(lab, "HostReboot", 400);
    const boot = bootOf(lab);
    expect(boot.steps?.map(({ name, state }) => `${name}: ${state}`)).to.deep.equal([
      "host pve1 reachable: Done",
      "preflight wan: Done",
      "base started: Done",
      "base healthy: Done",
      "apps started: Done",
      "apps healthy: Done",
      "media started: Done",
      "media healthy: Done",
      "all validated: Done",
    ]);
    const times = (boot.steps ?? []).map(({ finishTime }) => Date.parse(finishTime ?? ""));
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
    expect(Date.parse(boot.lastGoodTime ?? "")).to.be.within(down - 11_000, down);
    const seconds = (Date.parse(boot.finishTime ?? "") - Date.parse(boot.lastGoodTime ?? "")) / 1000;
    expect(boot.mttrSeconds).to.equal(seconds);
    expect(seconds).to.be.within(60, 120);
    expect(boot.criticalPath?.map((link) => link.split(":")[0])).to.deep.equal(["base", "apps", "media"]);
    expect(told(lab, "Homelab", "home")).to.include.members(["BootBegins", "BootFinished"]);
  });

  it("A4, L9: guests that Proxmox itself starts after a reboot are observed, and none is restarted for the order", async () => {
    const lab = await settled({ onboot: true });
    const before = lab.proxmox.mutations.length;
    rebootHost(lab.proxmox, "pve1", { clean: false, downMs: 60_000 });
    await untilBooted(lab, "HostReboot", 400);
    expect(lab.proxmox.mutations.slice(before)).to.deep.equal([]);
    await untilSettled(lab);
    expect(guests.map(({ name }) => lab.status("Container", name)["bootID"])).to.deep.equal(
      guests.map(() => bootOf(lab).id),
    );
  });

  it("L7: a reboot after which everything runs is an event only", async () => {
    const lab = await settled();
    const id = bootOf(lab).id;
    lab.kill();
    const node = lab.proxmox.nodes.get("pve1");
    if (node !== undefined) node.bootTime = lab.proxmox.time() - 1000;
    for (const guest of lab.proxmox.guests.values()) lab.proxmox.run(guest);
    lab.start();
    await lab.until("the reboot is told", () => told(lab, "ProxmoxCluster", "pve").includes("HostReboot"));
    await lab.seconds(30);
    expect(bootOf(lab).id).to.equal(id);
  });

  it("L7, L10: a host that rebooted while no controller was there is a HostReboot for the next one, in order", async () => {
    const lab = await settled();
    const before = starts(lab).length;
    lab.kill();
    rebootHost(lab.proxmox, "pve1", { clean: true, downMs: 60_000 });
    await lab.until(
      "the host is back",
      () =>
        (lab.proxmox.nodes.get("pve1")?.bootTime ?? 0) > lab.proxmox.time() - 5_000 &&
        lab.proxmox.nodes.get("pve1")?.online === true,
      400,
    );
    await lab.seconds(120);
    lab.start();
    await untilBooted(lab, "HostReboot");
    expect(newStarts(lab, before)).to.have.members(all);
    expect(inOrder(newStarts(lab, before))).to.equal(true);
  });

  it("L0: everything down at once without any task is AllDown, and comes up layer by layer", async () => {
    const lab = await settled();
    const before = starts(lab).length;
    for (const vmid of all) lab.proxmox.crash(vmid);
    await untilBooted(lab, "AllDown");
    expect(newStarts(lab, before)).to.have.members(all);
    expect(inOrder(newStarts(lab, before))).to.equal(true);
    expect(bootOf(lab).mttrSeconds).to.be.a("number");
  });

  it("L0: one guest after the other going down is no AllDown", async () => {
    const lab = await settled({
      guests: Object.fromEntries(guests.map(({ name }) => [name, { recovery: { onStopped: "None" } }])),
    });
    for (const vmid of all) {
      lab.proxmox.crash(vmid);
      await lab.seconds(40);
    }
    expect(bootOf(lab).cause).to.equal("FirstStart");
  });
});
