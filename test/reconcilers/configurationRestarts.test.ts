import { expect } from "chai";
import type { GuestStatus } from "../../controller/api/index.ts";
import { NAMESPACE, type FakeLab } from "../fakes/lab.ts";
import { guests, threeLayers, untilSettled } from "./layers/threeLayers.ts";

const BASE = { driftPolicy: "Correct", updatePolicy: "Restart" };
const DNS = { dns: { nameservers: ["10.0.0.1"] } };

/** Everything runs and is marked; then all five guests get another name server. */
async function changed(hurt: (lab: FakeLab) => void = () => undefined): Promise<FakeLab> {
  const lab = threeLayers({
    running: true,
    guests: Object.fromEntries(guests.map(({ name }) => [name, BASE])),
  });
  for (const { name, vmid } of guests) lab.proxmox.guest(vmid).tags = [`hl.${NAMESPACE}.${name}`];
  lab.start();
  await untilSettled(lab);
  await lab.seconds(5);
  hurt(lab);
  for (const { name, vmid, layer } of guests) lab.guest(name, { vmid, layer, spec: { ...BASE, ...DNS } });
  return lab;
}

/** "stop 101", "start 101", in the order of the calls. */
function moves(lab: FakeLab): string[] {
  return lab.proxmox.mutations
    .filter(({ call }) => call === "shutdown" || call === "start")
    .map(({ call, vmid }) => `${call === "start" ? "start" : "stop"} ${String(vmid)}`);
}

function statusOf(lab: FakeLab, name: string): GuestStatus {
  return lab.read("Container", name)?.status as GuestStatus;
}

describe("restarts for changes (updatePolicy Restart)", function () {
  this.timeout(20_000);
  let lab: FakeLab;
  afterEach(() => {
    lab.kill();
  });

  it("lower layers go first, one guest of a layer at a time, each when the one before is healthy again", async () => {
    lab = await changed();
    const vmids = guests.map(({ vmid }) => vmid);
    let most = 0;
    await lab.until(
      "all have it",
      () => {
        most = Math.max(most, vmids.filter((vmid) => !lab.serves(lab.proxmox.guest(vmid))).length);
        return vmids.every((vmid) => lab.proxmox.guest(vmid).nameservers.length === 1);
      },
      300,
    );
    expect(moves(lab)).to.deep.equal(vmids.flatMap((vmid) => [`stop ${String(vmid)}`, `start ${String(vmid)}`]));
    expect(most, "down at once").to.equal(1);
    await lab.until("nothing waits", () =>
      guests.every(({ name }) => statusOf(lab, name).pendingChanges === undefined),
    );
    await untilSettled(lab);
    await lab.seconds(10);
    const before = lab.kube.writes.length;
    await lab.seconds(600);
    expect([moves(lab).length, lab.kube.writes.length]).to.deep.equal([10, before]);
  });

  it("the first that does not come back stops the rest, and they say so", async () => {
    lab = await changed((one) => {
      one.proxmox.meanwhile("shutdown", () => one.hung.add(102));
    });
    await lab.seconds(300);
    expect(moves(lab)).to.deep.equal(["stop 101", "start 101", "stop 102", "start 102"]);
    for (const name of ["app", "web", "tv"])
      expect(statusOf(lab, name).pendingChanges?.[0]?.message, name).to.include(
        "Container/cache is being restarted, and is waited for until it is healthy again",
      );
    lab.hung.delete(102);
    await lab.until("the rest follows", () => lab.proxmox.guest(301).nameservers.length === 1, 300);
  });

  it("a guest that does not shut down is told, holds the rest, and is not tried again at once", async () => {
    lab = await changed((one) => {
      one.proxmox.guest(101).stopMs = Infinity;
    });
    await lab.until("told", () => lab.reason("Container", "db") === "StopRefused", 200);
    await lab.seconds(120);
    expect(moves(lab)).to.deep.equal(["stop 101"]);
    expect(lab.message("Container", "db")).to.include("dns.nameservers waits");
    lab.proxmox.guest(101).stopMs = 1000;
    await lab.until("all have it", () => lab.proxmox.guest(301).nameservers.length === 1, 600);
  });

  it("L10: a controller killed in the middle goes on with the guest it had begun, and not with another beside it", async () => {
    lab = await changed();
    await lab.until("the first goes down", () => moves(lab).length === 1);
    lab.kill();
    await lab.seconds(5);
    lab.start();
    await lab.until("all have it", () => lab.proxmox.guest(301).nameservers.length === 1, 300);
    expect(moves(lab).filter((move) => move.startsWith("stop"))).to.have.length(5);
    expect(moves(lab).slice(0, 4)).to.deep.equal(["stop 101", "start 101", "stop 102", "start 102"]);
  });
});
