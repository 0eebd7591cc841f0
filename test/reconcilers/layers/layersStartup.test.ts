import { expect } from "chai";
import type { FakeLab } from "../../fakes/lab.ts";
import { rebootHost, stop } from "../../fakes/proxmox.ts";
import { guests, inOrder, settled, starts, threeLayers, untilBooted } from "./threeLayers.ts";

function bootOrder(lab: FakeLab): { readonly status: string; readonly reason: string; readonly message: string } {
  const claim = lab.read("Homelab", "home")?.status?.conditions?.find(({ type }) => type === "BootOrderHonoured");
  return { status: claim?.status ?? "", reason: claim?.reason ?? "", message: claim?.message ?? "" };
}

function untilHonoured(lab: FakeLab, status: string): Promise<void> {
  return lab.until(`BootOrderHonoured is ${status}`, () => bootOrder(lab).status === status);
}

/** What was written, without the marks. */
function startupWrites(lab: FakeLab): number[] {
  return lab.proxmox.mutations
    .filter(({ call, detail }) => call === "configure" && JSON.stringify(detail).includes("onboot"))
    .map(({ vmid }) => vmid);
}

describe("layers: Proxmox's own start at boot", () => {
  it("L9: Unmanaged writes nothing, and names the guests that Proxmox starts by itself, with the cure", async () => {
    const lab = threeLayers({ running: true });
    for (const vmid of [102, 301]) lab.proxmox.guest(vmid).onboot = true;
    lab.start();
    await untilHonoured(lab, "False");
    expect(bootOrder(lab).reason).to.equal("ProxmoxStartsGuests");
    expect(bootOrder(lab).message).to.contain("102, 301").and.contain("NoAutostart");
    expect(startupWrites(lab)).to.deep.equal([]);
  });

  it("L9: NoAutostart switches onboot off on marked guests, never on protected ones, and names the others", async () => {
    const lab = threeLayers({
      running: true,
      onboot: true,
      homelab: { proxmoxStartup: "NoAutostart" },
      guests: { tv: { management: "Power" } },
    });
    lab.cluster({ protectedVmids: [201] });
    lab.start();
    await lab.until("onboot is off", () => startupWrites(lab).length === 3);
    await lab.seconds(60);
    expect(startupWrites(lab)).to.have.members([101, 102, 202]);
    expect(guests.filter(({ vmid }) => lab.proxmox.guest(vmid).onboot).map(({ vmid }) => vmid)).to.deep.equal([
      201, 301,
    ]);
    expect(bootOrder(lab)).to.include({ status: "False", reason: "ProxmoxStartsGuests" });
    expect(bootOrder(lab).message).to.contain("201, 301");
  });

  it("L9: under NoAutostart a hard reboot is started by us alone, in order", async () => {
    const lab = await settled({ onboot: true, homelab: { proxmoxStartup: "NoAutostart" } });
    await untilHonoured(lab, "True");
    const before = starts(lab).length;
    rebootHost(lab.proxmox, "pve1", { clean: false, downMs: 60_000 });
    await untilBooted(lab, "HostReboot", 300);
    expect(inOrder(starts(lab).slice(before))).to.equal(true);
    expect(starts(lab).slice(before)).to.have.length(guests.length);
  });

  it("L9: Mirror writes onboot, order, delay and timeout, so that the host alone boots in about the right order", async () => {
    const lab = threeLayers({
      running: true,
      homelab: { proxmoxStartup: "Mirror" },
      guests: { app: { shutdown: { timeoutSeconds: 90 } }, tv: { powerState: "Stopped" } },
    });
    lab.start();
    await untilHonoured(lab, "True");
    const startup = (vmid: number): object => lab.proxmox.guest(vmid).startup;
    expect(startup(101)).to.deep.equal({ order: 10, downSeconds: 60 });
    expect(startup(102)).to.deep.equal({ order: 10, upSeconds: 30, downSeconds: 60 });
    expect(startup(201)).to.deep.equal({ order: 20, downSeconds: 90 });
    expect(startup(202)).to.deep.equal({ order: 20, upSeconds: 30, downSeconds: 60 });
    expect(guests.map(({ vmid }) => lab.proxmox.guest(vmid).onboot)).to.deep.equal([true, true, true, true, false]);
    expect(bootOrder(lab).reason).to.equal("Mirrored");
  });

  it("L9: Mirror switches onboot off on a guest that a person stopped, and on again when it runs", async () => {
    const lab = await settled({ homelab: { proxmoxStartup: "Mirror" } });
    await untilHonoured(lab, "True");
    stop(lab.proxmox, 202);
    await lab.until("onboot is off", () => !lab.proxmox.guest(202).onboot);
    lab.proxmox.start(202);
    await lab.until("onboot is on", () => lab.proxmox.guest(202).onboot);
  });

  it("L9: the controller's own guest with onboot=0, or under Mirror not before all members, is told", async () => {
    const lab = threeLayers({ running: true, homelab: { proxmoxStartup: "Mirror" } });
    const own = lab.proxmox.add({ vmid: 900, name: "controller", power: "Running", onboot: false });
    lab.clues = { hostname: "controller", inContainer: true, nodeUuids: undefined };
    lab.start();
    await untilHonoured(lab, "False");
    expect(bootOrder(lab).reason).to.equal("ControllerNotStarted");
    expect(bootOrder(lab).message).to.contain("900").and.contain("onboot=1");
    lab.kill();
    own.onboot = true;
    lab.start();
    await lab.until("its order is told", () => bootOrder(lab).message.includes("order=1"));
    lab.kill();
    own.startup = { order: 1 };
    lab.start();
    await untilHonoured(lab, "True");
  });
});
