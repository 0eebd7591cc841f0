import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { FakeLab } from "../fakes/lab.ts";
import { annotate, MARK, oneGuest, remove, until } from "./oneGuest.ts";

const DELETE = { adoption: "Refuse", deletionPolicy: "Delete" } as const;

/** Guests "g1" to "g5", vmids 111 to 115, stopped, ours and to be deleted with their objects. */
async function five(brake: Readonly<Record<string, unknown>> = {}): Promise<FakeLab> {
  const lab = oneGuest({ is: { power: "Running", tags: [MARK] } });
  lab.homelab({ brake });
  for (let n = 1; n <= 5; n++) {
    lab.proxmox.add({ vmid: 110 + n, name: `g${String(n)}`, tags: [`hl.lab.g${String(n)}`] });
    lab.guest(`g${String(n)}`, { vmid: 110 + n, layer: "base", spec: { ...DELETE, powerState: "Stopped" } });
  }
  lab.start();
  for (let n = 1; n <= 5; n++) await until(lab, "Stopped", 60, `g${String(n)}`);
  for (let n = 1; n <= 5; n++) remove(lab, `g${String(n)}`);
  return lab;
}

function destroyed(lab: FakeLab): number {
  return lab.calls().filter((call) => call.startsWith("destroy")).length;
}

/** The hash that the message of a held guest names. */
function hashOf(lab: FakeLab): string {
  const held = [1, 2, 3, 4, 5]
    .map((n) => `g${String(n)}`)
    .find((name) => lab.reason("Container", name) === "HeldByBrake");
  return /confirm-destroys=(\w+)/.exec(lab.message("Container", held ?? ""))?.[1] ?? "";
}

describe("the brake", () => {
  it("I8: of five deletions at once one is carried out, the rest are held with their list until confirmed", async () => {
    const lab = await five();
    await lab.until("held", () => hashOf(lab) !== "", 120);
    await lab.seconds(120);
    expect(destroyed(lab)).to.equal(1);
    annotate(lab, "confirmDestroys", "00000000", "home");
    await lab.seconds(60);
    expect(destroyed(lab)).to.equal(1);
    annotate(lab, "confirmDestroys", hashOf(lab), "home");
    await lab.until("all gone", () => destroyed(lab) === 5, 120);
  });

  it("I8: a confirmation is for its list: one more guest asks again", async () => {
    const lab = await five();
    await lab.until("held", () => hashOf(lab) !== "", 120);
    const old = hashOf(lab);
    lab.proxmox.add({ vmid: 116, name: "g6", tags: ["hl.lab.g6"] });
    lab.guest("g6", { vmid: 116, layer: "base", spec: { ...DELETE, powerState: "Stopped" } });
    await until(lab, "Stopped", 60, "g6");
    remove(lab, "g6");
    await lab.seconds(70);
    annotate(lab, "confirmDestroys", old, "home");
    await lab.seconds(60);
    expect(destroyed(lab)).to.equal(1);
    expect(hashOf(lab)).not.to.equal(old);
  });

  it("I8: maxDestroys lets as many go, a restart of the controller forgets none, ten minutes later the next may go", async () => {
    const lab = await five({ maxDestroys: 2 });
    await lab.until("held", () => destroyed(lab) === 2, 120);
    lab.kill();
    lab.start();
    await lab.seconds(300);
    expect(destroyed(lab)).to.equal(2);
    await lab.until("next two", () => destroyed(lab) === 4, 600);
  });

  it("I8: an object that is declared again in the pause is no longer on the list", async () => {
    const lab = await five({ maxDestroys: 0 });
    await lab.until("held", () => hashOf(lab) !== "", 120);
    lab.guest("kept", { vmid: 113, layer: "base", spec: { ...DELETE, powerState: "Stopped" } });
    await lab.until("g3 handed over", () => lab.read("Container", "g3") === undefined, 60);
    await lab.seconds(40);
    expect(lab.message("Container", "g1")).not.to.include("g3 (113)");
    annotate(lab, "confirmDestroys", hashOf(lab), "home");
    await lab.until("four gone", () => destroyed(lab) === 4, 120);
    await lab.seconds(60);
    expect(lab.proxmox.guests.has(113)).to.equal(true);
  });
});

describe("protected guests", () => {
  it("I6: one that is listed is started, but never stopped, marked, restarted or destroyed", async () => {
    const lab = oneGuest({ is: { tags: ["mine"], onboot: true }, cluster: { protectedVmids: [101] } });
    lab.homelab({ proxmoxStartup: "NoAutostart" });
    lab.start();
    await until(lab, "Settled");
    expect(lab.calls()).to.deep.equal(["start 101"]);
    lab.guest("db", { vmid: 101, layer: "base", spec: { powerState: "Stopped" } });
    await until(lab, "Protected");
    expect(lab.message("Container", "db")).to.include("101 is never stopped or changed; would shut it down otherwise");
    await lab.seconds(30);
    lab.guest("db", { vmid: 101, layer: "base" });
    annotate(lab, "restartedAt", "now");
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal(["start 101"]);
    expect(lab.proxmox.guest(101)).to.deep.include({ tags: ["mine"], onboot: true });
  });

  it("I6: a listed one is not destroyed, and the message says what to do", async () => {
    const lab = oneGuest({
      is: { tags: [MARK], power: "Running" },
      cluster: { protectedVmids: [101] },
      wish: { spec: DELETE },
    });
    lab.start();
    await until(lab, "Settled");
    remove(lab);
    await until(lab, "ProtectionOn");
    expect(lab.message("Container", "db")).to.include("protectedVmids of ProxmoxCluster pve");
    await lab.seconds(120);
    expect(lab.calls()).to.deep.equal([]);
    lab.cluster({ protectedVmids: [] });
    await lab.until("gone", () => lab.read("Container", "db") === undefined, 120);
  });

  it("I6: without a word about the controller's own guest stops by declaration wait for one", async () => {
    const lab = oneGuest({
      is: { power: "Running", tags: [MARK] },
      wish: { spec: { powerState: "Stopped" } },
      cluster: { protectedVmids: undefined },
    });
    lab.start();
    await until(lab, "ConfirmProtection");
    expect(lab.message("Container", "db")).to.include("protectedVmids of ProxmoxCluster pve, or [] if it runs outside");
    await lab.seconds(30);
    expect(lab.calls()).to.deep.equal([]);
    lab.cluster({ protectedVmids: [] });
    await until(lab, "Stopped");
  });

  it("I6: without that word nothing is destroyed and no autostart is switched off", async () => {
    const lab = oneGuest({
      is: { power: "Running", tags: [MARK], onboot: true },
      wish: { spec: DELETE },
      cluster: { protectedVmids: undefined },
    });
    lab.homelab({ proxmoxStartup: "NoAutostart" });
    lab.start();
    await until(lab, "Settled");
    await lab.seconds(30);
    remove(lab);
    await until(lab, "ConfirmProtection", 120);
    expect(lab.calls()).to.deep.equal([]);
    expect(lab.proxmox.guest(101).onboot).to.equal(true);
  });
});

describe("the controller's own guest", () => {
  const STOPPED = { spec: { powerState: "Stopped" } } as const;
  const UNSAID = { protectedVmids: undefined } as const;

  it("I6: a container is known by the host name, and is never stopped; the others are", async () => {
    const lab = oneGuest({
      is: { power: "Running", tags: [MARK], name: "ctl.home.arpa" },
      wish: STOPPED,
      cluster: UNSAID,
    });
    lab.proxmox.add({ vmid: 102, name: "other", power: "Running" });
    lab.guest("other", { vmid: 102, layer: "base", ...STOPPED });
    lab.clues = { hostname: "CTL", inContainer: true, nodeUuids: undefined };
    lab.start();
    await until(lab, "Protected");
    await until(lab, "Stopped", 60, "other");
    expect(lab.proxmox.guest(101).power).to.equal("Running");
  });

  it("I6: two containers of that name leave it open, and a person is asked", async () => {
    const lab = oneGuest({ is: { power: "Running", tags: [MARK], name: "ctl" }, wish: STOPPED, cluster: UNSAID });
    lab.proxmox.add({ vmid: 102, name: "ctl", power: "Running" });
    lab.clues = { hostname: "ctl", inContainer: true, nodeUuids: undefined };
    lab.start();
    await until(lab, "ConfirmProtection");
  });

  it("I6: every VM that is a node of our Kubernetes is known by its uuid", async () => {
    const lab = oneGuest({ cluster: UNSAID });
    const vm = (vmid: number, smbiosUuid: string) =>
      lab.proxmox.add({ vmid, type: "qemu", name: `k${String(vmid)}`, power: "Running", smbiosUuid });
    for (const [vmid, uuid] of [
      [201, "aaa"],
      [202, "bbb"],
      [203, "ccc"],
    ] as const) {
      vm(vmid, uuid);
      lab.guest(`k${String(vmid)}`, { vmid, layer: "base", kind: "VirtualMachine", ...STOPPED });
    }
    remove(lab);
    lab.clues = { hostname: "pod-1", inContainer: false, nodeUuids: ["bbb", "aaa"] };
    lab.start();
    const reason = (name: string) => lab.reason("VirtualMachine", name);
    await lab.until("k203 stopped", () => reason("k203") === "Stopped");
    expect([reason("k201"), reason("k202")]).to.deep.equal(["Protected", "Protected"]);
    expect(lab.calls()).to.deep.equal(["shutdown 203"]);
  });

  it("I6: when Proxmox fails to answer nothing is concluded, and it is looked for again", async () => {
    const lab = oneGuest({ cluster: UNSAID });
    lab.proxmox.add({ vmid: 201, type: "qemu", name: "k", power: "Running", smbiosUuid: "aaa" });
    lab.guest("k", { vmid: 201, layer: "base", kind: "VirtualMachine", ...STOPPED });
    lab.clues = { hostname: "pod-1", inContainer: false, nodeUuids: ["aaa"] };
    for (let n = 0; n < 3; n++) lab.fault("readConfig", "before", new ProviderError("unreachable", "reset"));
    lab.start();
    await lab.until("known", () => lab.reason("VirtualMachine", "k") === "Protected", 120);
    expect(lab.calls()).to.deep.equal([]);
  });
});
