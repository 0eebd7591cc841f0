import { expect } from "chai";
import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { attempt } from "../../controller/health/attempt.ts";
import { ProbeFailure } from "../../controller/health/probeFailure.ts";
import { FakeClock } from "../fakes/clock.ts";
import { HOST, tcpServer } from "./loopback.ts";

const DEADLINE_MS = 2_000;
const STOOD_STILL_MS = 5_000;

/** A clock whose timers come late while `lateMs` says so, as those of a process that is starved of CPU. */
class LateClock extends FakeClock {
  lateMs = 0;

  override monotonic(): number {
    return super.monotonic() + this.lateMs;
  }
}

/** An attempt at a server that answers when it is told to. */
async function asking(
  clock: LateClock,
  use: (answer: () => void, ended: Promise<string>) => Promise<void>,
): Promise<void> {
  const heard = new EventEmitter();
  await using server = await tcpServer((socket) => {
    socket.once("data", () => heard.emit("asked", socket));
  });
  const asked = once(heard, "asked");
  const ended = attempt(clock)(
    { name: "web", httpGet: { port: server.port } },
    HOST,
    DEADLINE_MS,
    new AbortController().signal,
  ).then(
    () => "ok",
    (error: unknown) => (error instanceof ProbeFailure ? error.message : String(error)),
  );
  const [socket] = (await asked) as [Socket];
  await use(() => {
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }, ended);
}

describe("one attempt of a probe", () => {
  it("H1: ends at its deadline without an answer", async () => {
    const clock = new LateClock();
    await asking(clock, async (_, ended) => {
      await clock.advance(DEADLINE_MS);
      expect(await ended).to.match(/^no answer within 2 s/);
    });
  });

  it("H1: a deadline that comes late because this process stood still says nothing of the guest", async () => {
    const clock = new LateClock();
    await asking(clock, async (answer, ended) => {
      clock.lateMs = STOOD_STILL_MS;
      await clock.advance(DEADLINE_MS);
      expect(clock.pending, "it has its time once more").to.equal(1);
      answer();
      expect(await ended).to.equal("ok");
      expect(clock.pending).to.equal(0);
    });
  });

  it("H1: once the process runs again, silence counts as always", async () => {
    const clock = new LateClock();
    await asking(clock, async (_, ended) => {
      clock.lateMs = STOOD_STILL_MS;
      await clock.advance(DEADLINE_MS);
      await clock.advance(DEADLINE_MS);
      expect(await ended).to.match(/^no answer within 2 s/);
    });
  });

  it("H1: a process that is late for ever does not try for ever", async () => {
    const clock = new LateClock();
    await asking(clock, async (_, ended) => {
      for (let time = 1; time <= 4; time++) {
        clock.lateMs += STOOD_STILL_MS;
        await clock.advance(DEADLINE_MS);
      }
      expect(await ended).to.match(/^no answer within 2 s/);
    });
  });
});
