import { expect } from "chai";
import fc from "fast-check";
import { systemClock } from "../../../controller/base/clock.ts";
import { offsetOf, question } from "../../../controller/health/probes/sntp.ts";
import { closedPort, tried, udpServer } from "../loopback.ts";

interface Server {
  readonly aheadMs?: number;
  readonly stratum?: number;
  readonly leap?: number;
  readonly mode?: number;
  readonly kiss?: string;
  readonly otherQuestion?: boolean;
}

/** What an NTP server whose clock is `aheadMs` ahead of `nowMs` answers. */
function answer(asked: Buffer, nowMs: number, server: Server): Buffer {
  const reply = question(nowMs + (server.aheadMs ?? 0));
  reply.writeUInt8(((server.leap ?? 0) << 6) | (4 << 3) | (server.mode ?? 4), 0);
  reply.writeUInt8(server.stratum ?? 2, 1);
  if (server.kiss !== undefined) reply.write(server.kiss, 12, "latin1");
  if (server.otherQuestion !== true) asked.copy(reply, 24, 40, 48);
  reply.copy(reply, 32, 40, 48);
  return reply;
}

async function against(server: Server, maxOffsetMilliseconds?: number): ReturnType<typeof tried> {
  await using listener = await udpServer((asked) => answer(asked, Date.now(), server));
  const limit = maxOffsetMilliseconds === undefined ? {} : { maxOffsetMilliseconds };
  return await tried({ ntp: { port: listener.port, ...limit } });
}

describe("ntp probe", () => {
  it("succeeds on a synchronised server with about our time", async () => {
    expect(await against({})).to.equal(undefined);
  });

  it("fails when the clocks differ by more than a second, and says which way", async () => {
    expect((await against({ aheadMs: 37_000 }))?.message).to.match(
      /^clock 3(69|70)\d\d ms ahead of ours, allowed are 1000 ms, at 127/,
    );
    expect((await against({ aheadMs: -37_000 }))?.message).to.match(/^clock 3(69|70)\d\d ms behind ours/);
  });

  it("takes the way there and back out of the offset", async () => {
    await using slow = await udpServer(async (asked) => {
      const began = Date.now();
      await systemClock.sleep(400, new AbortController().signal);
      return answer(asked, (began + Date.now()) / 2, {});
    });
    expect(await tried({ ntp: { port: slow.port, maxOffsetMilliseconds: 100 } })).to.equal(undefined);
  });

  it("takes the allowed offset from the probe", async () => {
    expect(await against({ aheadMs: 37_000 }, 60_000)).to.equal(undefined);
  });

  for (const [what, server, message] of [
    ["stratum 16", { stratum: 16 }, /^NTP server is not synchronised at/],
    ["a leap indicator that says unsynchronised", { leap: 3 }, /^NTP server is not synchronised at/],
    ["a kiss of death", { stratum: 0, kiss: "RATE" }, /^NTP server refuses \(RATE\) at/],
    ["an answer that is not a server's", { mode: 3 }, /^not an NTP server's answer at/],
    ["an answer to another question", { otherQuestion: true }, /^NTP answer to another question at/],
  ] as const)
    it(`fails on ${what}`, async () => {
      expect((await against(server))?.message).to.match(message);
    });

  it("fails on a datagram that is too short", async () => {
    await using listener = await udpServer(() => Buffer.from("hello"));
    expect((await tried({ ntp: { port: listener.port } }))?.message).to.match(/^not an NTP answer at/);
  });

  it("H1: a closed port is a refused connection", async () => {
    const port = await closedPort();
    expect(await tried({ ntp: { port } })).to.deep.equal({
      refused: true,
      message: `connection refused at 127.0.0.1:${String(port)}`,
    });
  });

  it("fails at the timeout on a server that says nothing", async () => {
    await using listener = await udpServer(() => undefined);
    expect(await tried({ ntp: { port: listener.port } }, 100)).to.deep.equal({
      refused: false,
      message: `no answer within 0.1 s at 127.0.0.1:${String(listener.port)}`,
    });
  });

  it("finds the offset whatever the time, over the wrap of 2036 too", () => {
    const wrap = (2 ** 32 - 2_208_988_800) * 1_000;
    const time = fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.integer({ min: wrap - 5_000, max: wrap + 5_000 }));
    fc.assert(
      fc.property(time, fc.integer({ min: -86_400_000, max: 86_400_000 }), fc.nat(4_000), (now, ahead, way) => {
        const reply = answer(question(now), now + way / 2, { aheadMs: ahead });
        expect(offsetOf(reply, "server", { sentMs: now, receivedMs: now + way })).to.be.closeTo(ahead, 0.01);
      }),
    );
  });
});
