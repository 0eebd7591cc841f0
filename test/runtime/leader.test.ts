import { expect } from "chai";
import { silentLog } from "../../controller/base/log.ts";
import { KubeUnavailable } from "../../controller/runtime/kube.ts";
import { Leader } from "../../controller/runtime/leader.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

const foreign = {
  holderIdentity: "stranger",
  leaseDurationSeconds: 15,
  acquireTime: "2026-01-01T00:00:00.000000Z",
  renewTime: "2026-01-01T00:00:00.000000Z",
  leaseTransitions: 0,
};
const never = new AbortController().signal;

/** Two processes with clocks of their own, one API server. */
class Scene {
  readonly serverClock = new FakeClock();
  readonly kube = new FakeKube(this.serverClock);
  readonly a = new Candidate("a", this.kube);
  readonly b = new Candidate("b", this.kube);

  /** Time passes for everybody but those who are paused; nobody leads at the same time as another. */
  async pass(ms: number, paused: readonly Candidate[] = []): Promise<void> {
    for (let done = 0; done < ms; done += 250) {
      await this.serverClock.advance(250);
      for (const candidate of [this.a, this.b]) if (!paused.includes(candidate)) await candidate.clock.advance(250);
      expect(this.a.leader.holds() && this.b.leader.holds() && paused.length === 0, "two leaders").to.equal(false);
    }
  }

  get holder(): Promise<string | undefined> {
    return this.kube.lease("home", "lead", never).then((record) => record?.holderIdentity);
  }
}

class Candidate {
  readonly clock = new FakeClock();
  readonly leader: Leader;
  readonly told: boolean[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(identity: string, kube: FakeKube) {
    const { clock } = this;
    this.leader = new Leader({ kube, clock, log: silentLog, namespace: "home", name: "lead", identity });
    this.leader.onTransition((leads) => this.told.push(leads));
  }

  start(): void {
    this.#running = this.leader.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.#running;
  }
}

describe("Leader", () => {
  let scene = new Scene();
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(async () => {
    await scene.a.stop();
    await scene.b.stop();
  });

  it("P2: gives the lease up although a renewal arrived whose answer was cut off", async () => {
    scene.a.start();
    await scene.pass(1_000);
    await scene.a.stop();
    const record = await scene.kube.lease("home", "lead", never);
    if (record === undefined) throw new Error("nobody leads");
    await scene.kube.putLease("home", "lead", record, never);
    await scene.a.leader.release(never);
    expect(await scene.holder).to.equal("");
  });

  it("P2: does not give up what another has taken meanwhile", async () => {
    scene.a.start();
    await scene.pass(1_000);
    await scene.a.stop();
    const record = await scene.kube.lease("home", "lead", never);
    await scene.kube.putLease("home", "lead", { ...record, ...foreign }, never);
    await scene.a.leader.release(never);
    expect(await scene.holder).to.equal("stranger");
  });

  it("P1: one leads, the other waits, for as long as the first renews", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.b.start();
    await scene.pass(120_000);
    expect([scene.a.leader.holds(), scene.b.leader.holds()]).to.deep.equal([true, false]);
    expect([scene.a.told, scene.b.told]).to.deep.equal([[true], []]);
  });

  it("P1: when a leader dies another leads within the lease and two seconds", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.b.start();
    await scene.pass(5_000);
    await scene.a.stop();
    await scene.pass(17_000);
    expect(scene.b.leader.holds()).to.equal(true);
    expect((await scene.kube.lease("home", "lead", never))?.leaseTransitions).to.equal(1);
  });

  it("P2: a leader that gives the lease up is followed at once", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.b.start();
    await scene.pass(5_000);
    await scene.a.stop();
    await scene.a.leader.release(never);
    expect([scene.a.leader.holds(), await scene.holder]).to.deep.equal([false, ""]);
    await scene.pass(2_000);
    expect(scene.b.leader.holds()).to.equal(true);
  });

  it("P1: a process whose monotonic clock stood still while it was paused knows by the wall clock that it lost", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.a.clock.jump(30_000);
    expect(scene.a.leader.holds()).to.equal(false);
  });

  it("P1: a process that was paused knows by the monotonic clock that it lost, although its wall clock was set back", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.a.clock.freeze(30_000);
    scene.a.clock.jump(-30_000);
    expect(scene.a.leader.holds()).to.equal(false);
  });

  it("P1: a wall clock that is set back ends the lead until it is renewed", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.a.clock.jump(-3_600_000);
    expect(scene.a.leader.holds()).to.equal(false);
    await scene.pass(2_500);
    expect(scene.a.leader.holds()).to.equal(true);
  });

  it("P1: after a pause in which another took over, the old leader neither leads nor takes the lease back", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.b.start();
    await scene.pass(30_000, [scene.a]);
    expect(scene.b.leader.holds()).to.equal(true);
    scene.a.clock.freeze(30_000);
    expect(scene.a.leader.holds()).to.equal(false);
    await scene.pass(60_000);
    expect([scene.a.leader.holds(), scene.b.leader.holds()]).to.deep.equal([false, true]);
    expect(scene.a.told).to.deep.equal([true, false]);
  });

  it("P1: without the API server it leads for the renew time, then not, and again when the server is back", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.kube.away();
    await scene.pass(7_500);
    expect(scene.a.leader.holds()).to.equal(true);
    await scene.pass(3_000);
    expect(scene.a.leader.holds()).to.equal(false);
    await scene.pass(600_000);
    scene.kube.back();
    await scene.pass(2_500);
    expect(scene.a.leader.holds()).to.equal(true);
    expect(scene.a.told).to.deep.equal([true, false, true]);
  });

  it("P1: an API server that hangs does not hold up the next try", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.kube.failNext("lease", "hang");
    await scene.pass(60_000);
    expect(scene.a.told).to.deep.equal([true]);
  });

  it("P1: a renewal counts from when it was sent, not from when it was answered", async () => {
    const { clock, leader } = scene.a;
    const answer = scene.kube.hold("putLease");
    scene.a.start();
    await clock.advance(4_000);
    answer();
    scene.kube.failNext("lease", new KubeUnavailable("busy", 503), 10);
    await clock.advance(5_900);
    expect(leader.holds()).to.equal(true);
    await clock.advance(200);
    expect(leader.holds()).to.equal(false);
  });

  it("P1: a lead that ran out before it was renewed is told as lost and had again, so that what was left is done", async () => {
    const { clock, leader, told } = scene.a;
    scene.a.start();
    await scene.pass(1_000);
    const answer = scene.kube.hold("lease");
    await clock.advance(2_000);
    clock.freeze(10_000);
    expect(leader.holds(), "nobody has told it yet").to.equal(false);
    answer();
    await clock.advance(0);
    expect(leader.holds()).to.equal(true);
    expect(told).to.deep.equal([true, false, true]);
  });

  it("P1: refused renewals end the lead ten seconds after the last good one", async () => {
    scene.a.start();
    await scene.pass(1_000);
    const refused = new KubeUnavailable("busy", 503);
    scene.kube.failNext("putLease", refused, 4);
    await scene.pass(8_000);
    expect(scene.a.leader.holds()).to.equal(true);
    scene.kube.failNext("putLease", refused, 2);
    await scene.pass(3_000);
    expect(scene.a.leader.holds()).to.equal(false);
  });

  it("P1: takes over as soon as the foreign lease is over, not a turn later", async () => {
    await scene.kube.putLease("home", "lead", foreign, never);
    scene.a.start();
    await scene.pass(14_750);
    expect(scene.a.leader.holds()).to.equal(false);
    await scene.pass(250);
    expect(scene.a.leader.holds()).to.equal(true);
  });

  it("P1: stops leading at once when it sees another's name in the lease", async () => {
    scene.a.start();
    await scene.pass(1_000);
    const record = await scene.kube.lease("home", "lead", never);
    await scene.kube.putLease("home", "lead", { ...record, ...foreign }, never);
    await scene.pass(1_250);
    expect(scene.a.leader.holds()).to.equal(false);
  });

  it("a lease that somebody deleted is made again", async () => {
    scene.a.start();
    await scene.pass(1_000);
    scene.kube.dropLease("home", "lead");
    await scene.pass(4_500);
    expect([scene.a.leader.holds(), await scene.holder]).to.deep.equal([true, "a"]);
  });
});
