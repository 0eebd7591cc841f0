import { expect } from "chai";
import { ProviderError } from "../../controller/base/outcome.ts";
import type { GuestRef, ProxmoxPort } from "../../controller/providers/port.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeProxmox, PERSON, backup, hostDown, reboot, rebootHost, stop, stopall } from "../fakes/proxmox.ts";

const signal = new AbortController().signal;
const web: GuestRef = { type: "lxc", node: "pve1", vmid: 601 };

describe("the Proxmox cluster in memory", () => {
  let clock: FakeClock;
  let world: FakeProxmox;
  let port: ProxmoxPort;

  beforeEach(async () => {
    clock = new FakeClock();
    world = new FakeProxmox(clock);
    world.add({ vmid: 601, name: "web", power: "Running", onboot: true });
    world.add({ vmid: 602, name: "db" });
    port = world.port();
    await clock.advance(0);
  });

  afterEach(() => {
    port.close();
  });

  const kindOf = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "succeeded",
      (error: unknown) => (error instanceof ProviderError ? error.kind : String(error)),
    );
  const types = (): readonly string[] => world.tasks.all.map((task) => task.type);

  it("logs each mutation that reached it, also when its answer was lost", async () => {
    world.fault("shutdown", "after", new ProviderError("outcomeUnknown", "reset"));
    expect(await kindOf(port.shutdown(web, { timeoutSeconds: 30, force: false }, signal))).to.equal("outcomeUnknown");
    expect(world.mutations).to.have.length(1);
    expect(world.mutations[0]).to.include({ call: "shutdown", vmid: 601, done: true });
    await clock.advance(3_000);
    expect(world.guest(601).power).to.equal("Stopped");
  });

  it("a fault before the effect leaves no trace", async () => {
    world.fault("shutdown", "before", new ProviderError("outcomeUnknown", "reset"));
    expect(await kindOf(port.shutdown(web, { timeoutSeconds: 30, force: false }, signal))).to.equal("outcomeUnknown");
    expect(world.mutations).to.deep.equal([]);
    expect(types()).to.deep.equal([]);
  });

  it("P1: without the lease nothing reaches it", async () => {
    const follower = world.port({
      allowed: () => {
        throw new ProviderError("unreachable", "the lease is not held");
      },
    });
    await clock.advance(0);
    expect(await kindOf(follower.start({ ...web, vmid: 602 }, signal))).to.equal("unreachable");
    expect(world.mutations).to.deep.equal([]);
    follower.close();
  });

  it("a guest that ignores its shutdown runs on after the timeout, or is killed by force", async () => {
    world.guest(601).stopMs = Infinity;
    const gently = await port.shutdown(web, { timeoutSeconds: 10, force: false }, signal);
    await clock.advance(10_000);
    expect(await port.taskState(gently, signal)).to.include({ is: "ended", ok: false, exit: "container did not stop" });
    expect(world.guest(601).power).to.equal("Running");
    await port.shutdown(web, { timeoutSeconds: 10, force: true }, signal);
    await clock.advance(10_000);
    expect(world.guest(601).power).to.equal("Stopped");
  });

  it("two tasks on one guest go one after the other, the second waits ten seconds at most", async () => {
    world.guest(601).stopMs = 30_000;
    await port.shutdown(web, { timeoutSeconds: 60, force: false }, signal);
    const second = stop(world, 601);
    await clock.advance(9_999);
    expect(second.exit).to.equal(undefined);
    await clock.advance(1);
    expect(second.exit).to.contain("got timeout");
    await clock.advance(20_000);
    expect(world.guest(601).power).to.equal("Stopped");
  });

  it("L7: a hard reboot of the host ends guests and tasks without a trace, and starts what has onboot", async () => {
    const startedAt = world.guest(601).startedAt ?? 0;
    const running = world.start(602);
    rebootHost(world, "pve1", { clean: false, downMs: 60_000 });
    expect(running.exit).to.equal("unexpected status");
    await clock.advance(30_000);
    expect(port.reach().is).to.equal("unreachable");
    expect(port.seen()?.guests.get(601)?.power).to.equal("Running");
    await clock.advance(45_000);
    expect(port.reach().is).to.equal("reachable");
    expect(port.seen()?.nodes.get("pve1")).to.include({ rebooted: true });
    expect(types()).to.include.members(["startall", "vzstart"]);
    expect(types()).to.not.include("stopall");
    expect(port.seen()?.guests.get(601)?.startTime).to.be.above(startedAt);
    expect(port.seen()?.guests.get(602)?.power).to.equal("Stopped");
  });

  it("A4: a clean reboot shuts guests down under stopall first, seen while it runs", async () => {
    port.keepBusy("test", true);
    rebootHost(world, "pve1", { clean: true, downMs: 60_000 });
    await clock.advance(2_000);
    expect(port.seen()?.nodeTasks.get("pve1")).to.include({ type: "stopall", user: PERSON });
    await clock.advance(120_000);
    expect(types()).to.deep.equal(["stopall", "vzshutdown", "startall", "vzstart"]);
  });

  it("A4: a person's stopall without a reboot leaves the node up", async () => {
    stopall(world, "pve1", "ana@pam");
    await clock.advance(20_000);
    expect(port.seen()?.guests.get(601)?.power).to.equal("Stopped");
    expect(port.seen()?.nodeTasks.size).to.equal(0);
    const tasks = await port.tasks("pve1", {}, signal);
    expect(tasks.map((task) => [task.type, task.user, task.exit])).to.deep.equal([
      ["vzshutdown", "ana@pam", "OK"],
      ["stopall", "ana@pam", "OK"],
    ]);
  });

  it("A8: a start of an HA guest is a request; the start comes later, as root", async () => {
    world.guest(602).ha = "stopped";
    const upid = await port.start({ ...web, vmid: 602 }, signal);
    await clock.advance(1_000);
    expect(await port.taskState(upid, signal)).to.include({ ok: true });
    expect(world.guest(602).power).to.equal("Stopped");
    await clock.advance(10_000);
    expect(world.guest(602).power).to.equal("Running");
    expect(world.tasks.all.map((task) => [task.type, task.user])).to.deep.equal([
      ["hastart", port.identity],
      ["vzstart", PERSON],
    ]);
  });

  it("O3: guests of one offline node of several are Unknown, calls to it have no outcome", async () => {
    const two = new FakeProxmox(clock, ["pve1", "pve2"]);
    two.add({ vmid: 603, node: "pve2", power: "Running" });
    const other = two.port();
    await clock.advance(0);
    hostDown(two, "pve2");
    await clock.advance(10_000);
    expect(other.seen()?.guests.get(603)?.power).to.equal("Unknown");
    const ref: GuestRef = { type: "lxc", node: "pve2", vmid: 603 };
    expect(await kindOf(other.start(ref, signal))).to.equal("outcomeUnknown");
    expect(await kindOf(other.readGuest(ref, signal))).to.equal("unreachable");
    other.close();
  });

  it("a failed create leaves nothing behind", async () => {
    world.failTask("vzcreate", "unable to create CT 610 - out of space");
    const upid = await port.create(
      {
        vmid: 610,
        node: "pve1",
        template: "local:vztmpl/x.tar.zst",
        hostname: "made",
        unprivileged: true,
        memoryMiB: 256,
        swapMiB: 0,
        rootfs: { storage: "local-zfs", sizeMiB: 1024 },
        mounts: [],
        networks: [],
        nameservers: [],
        features: {},
        tags: [],
      },
      signal,
    );
    expect(world.guests.has(610)).to.equal(true);
    await clock.advance(5_000);
    expect(await port.taskState(upid, signal)).to.include({ ok: false });
    expect(world.guests.has(610)).to.equal(false);
  });

  it("backups hold the lock for their time; a reboot is down in the middle of its task", async () => {
    backup(world, 602, 5_000);
    expect(world.guest(602).lock).to.equal("backup");
    await clock.advance(5_000);
    expect(world.guest(602).lock).to.equal(undefined);
    const task = reboot(world, 601);
    await clock.advance(2_000);
    expect(world.guest(601).power).to.equal("Stopped");
    await clock.advance(3_000);
    expect(task.exit).to.equal("OK");
    expect(world.guest(601).power).to.equal("Running");
  });

  it("A7: a refused token is asked again after a minute, not before", async () => {
    world.unauthorized = true;
    await clock.advance(10_000);
    expect(port.reach().is).to.equal("unauthorized");
    const looks = world.calls.get("look");
    await clock.advance(59_000);
    expect(world.calls.get("look")).to.equal(looks);
    world.unauthorized = false;
    await clock.advance(2_000);
    expect(port.reach().is).to.equal("reachable");
  });
});
