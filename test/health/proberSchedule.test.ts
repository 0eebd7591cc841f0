import { expect } from "chai";
import fc from "fast-check";
import type { Probe } from "../../controller/health/port.ts";
import { bench, db, refuse, succeed, target, times, web } from "./bench.ts";

describe("schedule of the prober", () => {
  it("H2: while Starting probes run every second, then by their period", async () => {
    const { clock, attempts, prober } = bench();
    attempts.reply = (asked) => {
      if (asked.time < 3_000) asked.fail();
      else asked.succeed();
    };
    prober.watch("a", target());
    await clock.advance(13_000);
    expect(times(attempts)).to.deep.equal([0, 1_000, 2_000, 3_000, 8_000, 13_000]);
  });

  it("H2: while Starting a port that only refuses is asked again four times a second, and the notices stay few", async () => {
    const { clock, attempts, prober, refusals } = bench();
    attempts.reply = refuse;
    prober.watch("a", target());
    await clock.advance(1_000);
    expect(times(attempts)).to.deep.equal([0, 250, 500, 750, 1_000]);
    expect(refusals.length).to.be.lessThan(4);
    attempts.reply = succeed;
    await clock.advance(5_250);
    expect(times(attempts).slice(5)).to.deep.equal([1_250, 6_250]);
  });

  it("a period runs from the beginning of an attempt, and an attempt that outlasts it is followed at once", async () => {
    const { clock, attempts, prober } = bench();
    prober.watch("a", target());
    await clock.advance(0);
    attempts.last("web").succeed();
    await clock.advance(5_000);
    await clock.advance(2_000);
    attempts.last("web").succeed();
    await clock.advance(3_000);
    expect(times(attempts)).to.deep.equal([0, 5_000, 10_000]);
    await clock.advance(7_000);
    attempts.last("web").succeed();
    await clock.advance(0);
    expect(times(attempts)).to.deep.equal([0, 5_000, 10_000, 17_000]);
  });

  it("initialDelaySeconds are waited for first", async () => {
    const { clock, attempts, prober } = bench();
    prober.watch("a", target({ probes: [{ ...web, initialDelaySeconds: 7 }] }));
    await clock.advance(6_999);
    expect(attempts.asked).to.have.length(0);
    await clock.advance(1);
    expect(attempts.asked).to.have.length(1);
  });

  it("L10: first attempts of resumed targets are spread over a second, whatever their initial delay", async () => {
    const { clock, attempts, prober } = bench({ random: () => 0.5 });
    prober.watch("a", target({ resume: "Healthy", probes: [{ ...web, initialDelaySeconds: 60 }] }));
    await clock.advance(1_000);
    expect(times(attempts)).to.deep.equal([500]);
  });

  it("H1: no address yet is asked again each second, with a look each time, and becomes NoAddress", async () => {
    const { clock, attempts, prober, changes, refusals } = bench();
    let addresses: string[] = [];
    prober.watch("a", target({ startupTimeoutSeconds: 10, addresses: () => addresses }));
    await clock.advance(9_999);
    expect(attempts.asked).to.have.length(0);
    expect(refusals).to.have.length(10);
    expect(prober.of("a")).to.include({ state: "Starting", noAddress: false });
    expect(prober.of("a")?.probes[0]?.message).to.equal("no address yet");
    expect(changes).to.deep.equal([]);
    await clock.advance(1);
    expect(prober.of("a")?.noAddress).to.equal(true);
    expect(changes).to.deep.equal(["a"]);
    await clock.advance(60_000);
    expect(prober.of("a")).to.include({ state: "Unhealthy", noAddress: true });
    expect(refusals.length).to.be.within(11, 14);
    changes.length = 0;
    addresses = ["10.0.0.5"];
    attempts.reply = succeed;
    await clock.advance(5_000);
    expect(prober.of("a")).to.include({ state: "Healthy", noAddress: false });
  });

  it("H1, O1: a refused connection asks for a look at once, then ever more rarely", async () => {
    const { clock, attempts, prober, refusals } = bench();
    attempts.reply = succeed;
    prober.watch("a", target({ probes: [{ ...web, periodSeconds: 1 }] }));
    await clock.advance(9_500);
    expect(refusals).to.deep.equal([]);
    attempts.reply = refuse;
    await clock.advance(20_000);
    expect(refusals.map(({ time }) => time)).to.deep.equal([10_000, 11_000, 13_000, 17_000, 25_000]);
    attempts.reply = succeed;
    await clock.advance(1_000);
    attempts.reply = refuse;
    await clock.advance(1_000);
    expect(refusals.at(-1)?.time).to.equal(31_000);
  });

  it("a failure that is an answer asks for no look", async () => {
    const { clock, attempts, prober, refusals } = bench();
    attempts.reply = (asked) => {
      asked.fail("HTTP status 503");
    };
    prober.watch("a", target());
    await clock.advance(5_000);
    expect(refusals).to.deep.equal([]);
  });

  it("H1: a new start waits for the last attempt of the old one to end", async () => {
    const { clock, attempts, prober } = bench();
    attempts.heedsAbort = false;
    prober.watch("a", target());
    await clock.advance(0);
    prober.watch("a", target({ startID: "2" }));
    await clock.advance(2_000);
    expect(attempts.asked).to.have.length(1);
    attempts.last("web").succeed();
    await clock.advance(0);
    expect(attempts.asked).to.have.length(2);
    expect(prober.of("a")?.state).to.equal("Starting");
  });

  it("H1: no more than maxConcurrent attempts at once, in the order they fell due", async () => {
    const { clock, attempts, prober } = bench({ maxConcurrent: 2 });
    for (const key of ["a", "b", "c", "d"]) prober.watch(key, target({ addresses: () => [key] }));
    await clock.advance(10_000);
    expect(attempts.asked.map(({ address }) => address)).to.deep.equal(["a", "b"]);
    prober.watch("c", undefined);
    attempts.asked[0]?.succeed();
    await clock.advance(0);
    expect(attempts.asked.map(({ address }) => address)).to.deep.equal(["a", "b", "d"]);
  });

  it("H1: periods are jittered, never longer than declared", async () => {
    const values = [0.9, 0.1, 0.5];
    const { clock, attempts, prober } = bench({ random: () => values[attempts.asked.length % 3] ?? 0 });
    attempts.reply = succeed;
    prober.watch("a", target());
    await clock.advance(30_000);
    const gaps = times(attempts).map((time, index, all) => time - (all[index - 1] ?? 0));
    expect(new Set(gaps.slice(1)).size).to.equal(3);
    for (const gap of gaps.slice(1)) expect(gap).to.be.within(4_000, 5_000);
  });

  it("H1: never two in flight for one probe, never more than allowed, and nothing is left behind at the end", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("watch" as const), key: fc.nat(3), start: fc.nat(2), probes: fc.nat(3) }),
      fc.record({ do: fc.constant("end" as const), key: fc.nat(3) }),
      fc.record({ do: fc.constant("answer" as const), pick: fc.nat(20), ok: fc.boolean() }),
      fc.record({ do: fc.constant("advance" as const), ms: fc.nat(8_000) }),
    );
    const sets: readonly (readonly Probe[])[] = [[], [web], [web, db], [{ ...web, periodSeconds: 1 }, db]];
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (...all) => {
          const [steps, limit, heedsAbort] = all;
          const { clock, attempts, prober } = bench({ maxConcurrent: limit, random: () => 0.3 });
          attempts.heedsAbort = heedsAbort;
          for (const one of steps) {
            if (one.do === "advance") await clock.advance(one.ms);
            else if (one.do === "end") prober.watch(String(one.key), undefined);
            else if (one.do === "answer") {
              const asked = attempts.asked.at(-1 - one.pick);
              if (one.ok) asked?.succeed();
              else asked?.fail();
            } else {
              const addresses = (): string[] => [`host${String(one.key)}`];
              const probes = sets[one.probes] ?? [];
              prober.watch(String(one.key), target({ startID: String(one.start), probes, addresses }));
            }
          }
          expect(attempts.mostOfOne).to.be.at.most(1);
          expect(attempts.mostAtOnce).to.be.at.most(limit);
          prober.close();
          await clock.advance(0);
          expect(clock.pending).to.equal(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
