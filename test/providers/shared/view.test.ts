import { expect } from "chai";
import { silentLog } from "../../../controller/base/log.ts";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { ClusterSeen } from "../../../controller/providers/port.ts";
import { View } from "../../../controller/providers/shared/view.ts";
import { FakeClock } from "../../fakes/clock.ts";

const empty = { version: "9.1.6", nodes: new Map(), guests: new Map(), nodeTasks: new Map() } as const;

describe("the poller", () => {
  let clock: FakeClock;
  let view: View<ClusterSeen>;
  let looks: number[];
  let error: Error | undefined;
  let tookMs: number;
  let nextTry: number | undefined;

  beforeEach(async () => {
    clock = new FakeClock();
    looks = [];
    error = undefined;
    tookMs = 0;
    nextTry = undefined;
    view = new View({
      clock,
      log: silentLog,
      product: "Proxmox",
      pollIntervalSeconds: 10,
      busyMs: 1_000,
      look: async (_before, signal): Promise<ClusterSeen> => {
        looks.push(clock.monotonic());
        if (tookMs > 0) await clock.sleep(tookMs, signal);
        if (error !== undefined) throw error;
        return { sequence: looks.length, ...empty };
      },
      nextTryTime: () => nextTry,
    });
    view.begin();
    await clock.advance(0);
  });

  afterEach(() => {
    view.close();
  });

  const refused = (): ProviderError => new ProviderError("unreachable", "connection refused");

  it("O1: looks at once, then every pollIntervalSeconds", async () => {
    await clock.advance(30_000);
    expect(looks).to.deep.equal([0, 10_000, 20_000, 30_000]);
  });

  it("O1: looks once a second while anything is busy, and rests again when nothing is", async () => {
    await clock.advance(500);
    view.keepBusy("a", true);
    view.keepBusy("b", true);
    await clock.advance(2_500);
    expect(looks).to.deep.equal([0, 1_000, 2_000, 3_000]);
    view.keepBusy("a", false);
    await clock.advance(1_000);
    view.keepBusy("b", false);
    await clock.advance(9_999);
    expect(looks).to.have.length(5);
    await clock.advance(1);
    expect(looks.at(-1)).to.equal(14_000);
  });

  it("O1: looks at once when hurried, however often it is told, at least 100 ms apart", async () => {
    await clock.advance(5_000);
    for (let times = 0; times < 5; times += 1) view.hurry();
    await clock.advance(0);
    expect(looks).to.deep.equal([0, 5_000]);
    for (let times = 0; times < 5; times += 1) view.hurry();
    await clock.advance(99);
    expect(looks).to.deep.equal([0, 5_000]);
    await clock.advance(1);
    expect(looks).to.deep.equal([0, 5_000, 5_100]);
    await clock.advance(9_999);
    expect(looks).to.have.length(3);
  });

  it("O2: hurried during a look, it looks once more after it", async () => {
    tookMs = 400;
    view.hurry();
    await clock.advance(200);
    view.hurry();
    await clock.advance(300);
    expect(looks).to.deep.equal([0, 100]);
    await clock.advance(400);
    expect(looks).to.deep.equal([0, 100, 900]);
  });

  it("never has two looks at once", async () => {
    tookMs = 15_000;
    await clock.advance(40_000);
    expect(looks).to.deep.equal([0, 10_000, 25_000, 40_000]);
  });

  it("O3: one failed look, or two within ten seconds, leave it reachable with the last view", async () => {
    const last = view.seen();
    error = refused();
    view.hurry();
    await clock.advance(9_000);
    expect(looks.length).to.be.above(2);
    expect(view.reach()).to.deep.equal({ is: "reachable" });
    expect(view.seen()).to.equal(last);
  });

  it("O3: is unreachable after ten seconds of failed looks, since the first of them", async () => {
    await clock.advance(5_000);
    error = refused();
    const since = clock.now();
    view.hurry();
    await clock.advance(9_999);
    expect(view.reach().is).to.equal("reachable");
    await clock.advance(2_001);
    expect(view.reach()).to.deep.equal({ is: "unreachable", since, message: "connection refused" });
    error = undefined;
    await clock.advance(5_000);
    expect(view.reach().is).to.equal("reachable");
  });

  it("O3: one single look that fails late is not yet unreachable", async () => {
    tookMs = 12_000;
    error = refused();
    view.hurry();
    await clock.advance(12_200);
    expect(view.reach().is).to.equal("reachable");
    await clock.advance(14_000);
    expect(view.reach().is).to.equal("unreachable");
  });

  it("O3: from a failed look on nothing may be changed, until a good one", async () => {
    expect(view.sure).to.equal(true);
    error = refused();
    view.hurry();
    await clock.advance(100);
    expect(view.sure).to.equal(false);
    error = undefined;
    await clock.advance(2_000);
    expect(view.sure).to.equal(true);
  });

  it("does not press a host that fails, however often it is told to hurry", async () => {
    error = refused();
    view.hurry();
    await clock.advance(100);
    const stop = view.onChange(() => {
      view.hurry();
    });
    await clock.advance(10_000);
    stop();
    expect(looks.length).to.be.within(10, 13);
  });

  it("A7: after a 401 it waits for the time of the next try, hurried or busy or not", async () => {
    error = new ProviderError("unauthorized", "Authentication failed!", { status: 401 });
    nextTry = clock.now() + 60_100;
    view.hurry();
    await clock.advance(100);
    expect(view.reach()).to.deep.equal({
      is: "unauthorized",
      message: "Authentication failed!",
      nextTryTime: nextTry,
    });
    view.keepBusy("a", true);
    view.hurry();
    await clock.advance(59_999);
    expect(looks).to.have.length(2);
    await clock.advance(1);
    expect(looks).to.have.length(3);
  });

  it("a certificate that does not fit is untrusted at once", async () => {
    error = new ProviderError("certificate", "the certificate of pve1 has …");
    view.hurry();
    await clock.advance(100);
    expect(view.reach()).to.deep.equal({ is: "untrusted", message: "the certificate of pve1 has …" });
  });

  it("a connection that never worked goes from connecting to unreachable", async () => {
    error = refused();
    const fresh = new View({
      clock,
      log: silentLog,
      product: "Proxmox",
      pollIntervalSeconds: 10,
      busyMs: 1_000,
      look: () => Promise.reject(refused()),
      nextTryTime: () => undefined,
    });
    fresh.begin();
    await clock.advance(9_000);
    expect(fresh.reach()).to.deep.equal({ is: "connecting" });
    await clock.advance(2_000);
    expect(fresh.reach().is).to.equal("unreachable");
    fresh.close();
  });

  it("ends with close: no look, no notice, no timer", async () => {
    let told = 0;
    view.onChange(() => (told += 1));
    view.close();
    view.hurry();
    view.keepBusy("a", true);
    await clock.advance(60_000);
    expect(looks).to.have.length(1);
    expect(told).to.equal(0);
    expect(clock.pending).to.equal(0);
  });
});
