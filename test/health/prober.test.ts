import { expect } from "chai";
import { bench, db, refuse, succeed, target, web } from "./bench.ts";

describe("prober", () => {
  it("asks at the first observed address, with the probe's own timeout", async () => {
    const { clock, attempts, prober } = bench();
    prober.watch("a", target({ probes: [web, db], addresses: () => ["10.0.0.5", "10.0.0.6"] }));
    await clock.advance(0);
    expect(attempts.asked.map(({ probe, address, deadlineMs }) => [probe, address, deadlineMs])).to.deep.equal([
      ["web", "10.0.0.5", 2_000],
      ["db", "10.0.0.5", 4_000],
    ]);
  });

  it("asks at the probe's own host instead where it names one", async () => {
    const { clock, attempts, prober } = bench();
    prober.watch("a", target({ probes: [{ ...web, host: "nas.home.arpa" }], addresses: () => [] }));
    await clock.advance(0);
    expect(attempts.last("web").address).to.equal("nas.home.arpa");
  });

  it("L5: the listener hears in the turn in which the last probe passes", async () => {
    const { clock, attempts, prober, changes } = bench();
    prober.watch("a", target());
    await clock.advance(0);
    expect(changes).to.deep.equal([]);
    attempts.last("web").succeed();
    await clock.advance(0);
    expect(changes).to.deep.equal(["a"]);
    expect(prober.of("a")?.state).to.equal("Healthy");
  });

  it("H1: nobody hears of attempts that change no state", async () => {
    const { clock, attempts, prober, changes } = bench();
    attempts.reply = succeed;
    prober.watch("a", target());
    await clock.advance(0);
    changes.length = 0;
    await clock.advance(60_000);
    attempts.reply = refuse;
    await clock.advance(10_000);
    expect(changes).to.deep.equal([]);
    await clock.advance(5_000);
    expect(changes).to.deep.equal(["a"]);
    expect(prober.of("a")?.probes[0]).to.include({ state: "Failing", message: "connection refused at 10.0.0.5:80" });
    await clock.advance(60_000);
    expect(changes).to.deep.equal(["a"]);
  });

  it("H2: failures count when the startup timeout is over", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = (asked) => {
      asked.fail();
    };
    prober.watch("a", target({ startupTimeoutSeconds: 30 }));
    await clock.advance(31_900);
    expect(prober.of("a")?.state).to.equal("Starting");
    await clock.advance(1_100);
    expect(prober.of("a")?.state).to.equal("Unhealthy");
  });

  it("H2: a new start begins anew as Starting, and H3: that it was healthy stays known", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = succeed;
    prober.watch("a", target());
    await clock.advance(0);
    prober.watch("a", target({ startID: "2" }));
    expect(prober.of("a")).to.include({ state: "Starting", judged: false, wasHealthy: true });
    prober.watch("a", undefined);
    expect(prober.of("a")).to.equal(undefined);
    prober.watch("a", target({ startID: "3" }));
    expect(prober.of("a")).to.include({ state: "Starting", wasHealthy: true });
    attempts.reply = refuse;
    prober.watch("b", target());
    await clock.advance(5_000);
    prober.watch("b", undefined);
    prober.watch("b", target());
    expect(prober.of("b")).to.include({ wasHealthy: false });
  });

  it("L10: a resumed state stands on a first failure, and nobody hears of it", async () => {
    const { clock, attempts, prober, changes } = bench();
    prober.watch("a", target({ resume: "Healthy" }));
    expect(prober.of("a")).to.include({ state: "Healthy", judged: false });
    await clock.advance(0);
    attempts.last("web").fail();
    await clock.advance(0);
    expect(prober.of("a")?.state).to.equal("Healthy");
    expect(changes).to.deep.equal([]);
  });

  it("the same target again changes nothing but where addresses come from", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = succeed;
    prober.watch("a", target());
    await clock.advance(0);
    prober.watch("a", target({ probes: [{ ...web }], addresses: () => ["10.0.0.9"] }));
    await clock.advance(4_999);
    expect(attempts.asked).to.have.length(1);
    await clock.advance(1);
    expect(attempts.last("web").address).to.equal("10.0.0.9");
    expect(prober.of("a")?.state).to.equal("Healthy");
  });

  it("a changed startup timeout counts from the start of the watch", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = refuse;
    prober.watch("a", target());
    await clock.advance(20_000);
    prober.watch("a", target({ startupTimeoutSeconds: 30 }));
    await clock.advance(9_999);
    expect(prober.of("a")?.state).to.equal("Starting");
    await clock.advance(3_001);
    expect(prober.of("a")?.state).to.equal("Unhealthy");
  });

  it("a changed probe begins anew, the others keep their verdict, the state stands until it is judged", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = succeed;
    prober.watch("a", target({ probes: [web, db] }));
    await clock.advance(0);
    attempts.reply = (asked) => {
      asked.fail();
    };
    prober.watch("a", target({ probes: [web, { ...db, periodSeconds: 1 }] }));
    const states = (): unknown => prober.of("a")?.probes.map(({ state }) => state);
    expect(states()).to.deep.equal(["Succeeding", "Unknown"]);
    expect(prober.of("a")?.state).to.equal("Healthy");
    await clock.advance(1_999);
    expect(prober.of("a")?.state).to.equal("Healthy");
    await clock.advance(1);
    expect(states()).to.deep.equal(["Succeeding", "Failing"]);
    expect(prober.of("a")?.state).to.equal("Unhealthy");
  });

  it("what ends a watch ends its attempts, and their answers count no more", async () => {
    const { clock, attempts, prober, changes } = bench();
    prober.watch("a", target());
    await clock.advance(0);
    const old = attempts.last("web");
    prober.watch("a", target({ startID: "2" }));
    old.succeed();
    await clock.advance(0);
    expect(prober.of("a")?.state).to.equal("Starting");
    expect(changes).to.deep.equal([]);
    attempts.last("web").succeed();
    await clock.advance(0);
    expect(prober.of("a")?.state).to.equal("Healthy");
  });

  it("a listener may end the watch it hears of", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = succeed;
    prober.onChange((key) => {
      prober.watch(key, undefined);
    });
    prober.watch("a", target());
    await clock.advance(60_000);
    expect(attempts.asked).to.have.length(1);
    expect(clock.pending).to.equal(0);
  });

  it("P5: a listener that throws keeps nobody else from hearing", async () => {
    const { clock, attempts, prober, changes } = bench();
    attempts.reply = succeed;
    const other = bench();
    prober.onChange(() => {
      throw new Error("broken listener");
    });
    let heard = 0;
    const stop = prober.onChange(() => (heard += 1));
    prober.watch("a", target());
    await clock.advance(0);
    expect([changes.length, heard]).to.deep.equal([1, 1]);
    stop();
    prober.watch("b", target());
    await clock.advance(0);
    expect([changes.length, heard]).to.deep.equal([2, 1]);
    other.prober.close();
  });

  it("close leaves no timer, no attempt and no watch", async () => {
    const { clock, attempts, prober, changes } = bench();
    prober.watch("a", target({ probes: [web, db] }));
    await clock.advance(0);
    prober.close();
    await clock.advance(60_000);
    prober.watch("b", target());
    await clock.advance(60_000);
    expect(clock.pending).to.equal(0);
    expect(attempts.asked).to.have.length(2);
    expect(prober.of("a")).to.equal(undefined);
    expect(prober.of("b")).to.equal(undefined);
    expect(changes).to.deep.equal([]);
  });
});
