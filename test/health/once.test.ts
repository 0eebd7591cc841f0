import { expect } from "chai";
import { systemClock } from "../../controller/base/clock.ts";
import { attempt } from "../../controller/health/attempt.ts";
import { once } from "../../controller/health/once.ts";
import type { Probe } from "../../controller/health/port.ts";
import { FakeClock } from "../fakes/clock.ts";
import { closedPort, tcpServer } from "./loopback.ts";
import { ScriptedAttempts } from "./scriptedAttempts.ts";

const signal = new AbortController().signal;
const wan: Probe = { name: "wan", tcpSocket: { port: 443, hosts: ["1.1.1.1", "9.9.9.9"] } };

function scripted(answer: (address: string) => string): ScriptedAttempts {
  const attempts = new ScriptedAttempts(() => 0);
  attempts.reply = (asked) => {
    const word = answer(asked.address);
    if (word === "ok") asked.succeed();
    else asked.fail(`${word} at ${asked.address}:443`, word === "connection refused");
  };
  return attempts;
}

describe("one attempt", () => {
  it("L2: tries the hosts of a preflight in turn and stops at the first that answers", async () => {
    const attempts = scripted((address) => (address === "1.1.1.1" ? "no answer" : "ok"));
    expect(await once(attempts.attempt, wan, [], signal)).to.deep.equal({ ok: true });
    expect(attempts.asked.map(({ address }) => address)).to.deep.equal(["1.1.1.1", "9.9.9.9"]);
    const first = scripted(() => "ok");
    await once(first.attempt, wan, [], signal);
    expect(first.asked).to.have.length(1);
  });

  it("L2: names every host that was tried when none answers", async () => {
    const attempts = scripted((address) => (address === "1.1.1.1" ? "no answer" : "connection refused"));
    expect(await once(attempts.attempt, wan, [], signal)).to.deep.equal({
      ok: false,
      refused: false,
      message: "no answer at 1.1.1.1:443; connection refused at 9.9.9.9:443",
    });
  });

  it("says so when there is no address", async () => {
    const attempts = scripted(() => "ok");
    const probe: Probe = { name: "web", tcpSocket: { port: 80 } };
    expect(await once(attempts.attempt, probe, [], signal)).to.deep.equal({
      ok: false,
      refused: true,
      message: "no address yet",
    });
  });

  it("goes on to no further host once it is aborted", async () => {
    const abort = new AbortController();
    const attempts = new ScriptedAttempts(() => 0);
    const answer = once(attempts.attempt, wan, [], abort.signal);
    abort.abort();
    expect((await answer).ok).to.equal(false);
    expect(attempts.asked).to.have.length(1);
  });

  it("takes any error for a failure", async () => {
    const broken = (): Promise<void> => Promise.reject(new RangeError("port out of range"));
    expect(await once(broken, wan, [], signal)).to.include({ ok: false, refused: false });
  });

  it("over real sockets: the second host answers", async () => {
    await using server = await tcpServer(() => undefined);
    const probe: Probe = { name: "wan", tcpSocket: { port: server.port, hosts: ["127.0.0.2", "127.0.0.1"] } };
    expect(await once(attempt(systemClock), probe, [], signal)).to.deep.equal({ ok: true });
  });
});

describe("attempt", () => {
  it("ends at the deadline of the clock it was given, and leaves no timer", async () => {
    await using server = await tcpServer(() => undefined);
    const clock = new FakeClock();
    const probe: Probe = { name: "db", postgres: { port: server.port } };
    const failed = attempt(clock)(probe, "127.0.0.1", 2_000, signal).then(
      () => "succeeded",
      (error: unknown) => String(error),
    );
    await clock.advance(2_000);
    expect(await failed).to.match(/within 2 s at 127\.0\.0\.1:\d+$/);
    expect(clock.pending).to.equal(0);
  });

  it("ends at once when it is aborted, before or during", async () => {
    await using server = await tcpServer(() => undefined);
    const { port } = server;
    const probes: Omit<Probe, "name">[] = [{ httpGet: { port } }, { postgres: { port } }, { tcpSocket: { port } }];
    const udp: Omit<Probe, "name">[] = [{ dns: { port, name: "home.arpa" } }, { ntp: { port } }];
    for (const probe of [...probes, ...udp]) {
      const clock = new FakeClock();
      const outcome = attempt(clock)({ name: "p", ...probe }, "127.0.0.1", 2_000, AbortSignal.abort()).then(
        () => "succeeded",
        (error: unknown) => String(error),
      );
      expect(await outcome, JSON.stringify(probe)).to.contain("ProbeFailure: no ");
      expect(clock.pending).to.equal(0);
    }
  });

  it("fails on a probe without a handler, and on a port that is none", async () => {
    const port = await closedPort();
    const run = attempt(new FakeClock());
    expect(await once(run, { name: "empty" }, ["127.0.0.1"], signal)).to.include({
      message: "probe names nothing to try",
    });
    const wrong: Probe = { name: "web", httpGet: { port: port + 65_536 } };
    expect(await once(run, wrong, ["127.0.0.1"], signal)).to.include({ ok: false, refused: false });
  });
});
