import { expect } from "chai";
import { systemClock } from "../../../controller/base/clock.ts";
import { ProviderError } from "../../../controller/base/outcome.ts";
import type { Engine } from "../../../controller/providers/proxmox/engine.ts";
import type { RequestRecord } from "../../../controller/providers/shared/requestRecord.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { deafPort, fullPort } from "../../fakes/deafPorts.ts";
import type { Answer, Host } from "./host.ts";
import { data, engineTo, errorOf, refusal, startHost } from "./host.ts";

const never = new AbortController().signal;
const upid = "UPID:pve1:0001F2A3:00B4C5D6:69230A1B:vzstart:101:ops@pve!ctl:";

describe("engine of a Proxmox connection", () => {
  let host: Host;
  let engine: Engine;
  const use = (answer: Answer): void => {
    host.answer = answer;
  };
  const get = (): Promise<unknown> => engine.api({ signal: never }).version.$get();
  const start = (): Promise<unknown> => engine.api({ signal: never }).nodes.$("pve1").lxc.$(101).status.start.$post();
  const kindOf = async (promise: Promise<unknown>): Promise<string> => {
    const error = await errorOf(promise);
    return error instanceof ProviderError ? error.kind : `not a ProviderError: ${String(error)}`;
  };

  beforeEach(async () => {
    host = await startHost(data({ version: "9.1.6" }));
    engine = engineTo([host.endpoint]);
  });

  afterEach(async () => {
    engine.close();
    await host.close();
  });

  it("sends the token, resolves to the data and counts requests", async () => {
    let authorization: string | undefined;
    use((request, response) => {
      authorization = request.headers.authorization;
      data({ version: "9.1.6" })(request, response);
    });
    const before = engine.mark();
    expect(await get()).to.deep.equal({ version: "9.1.6" });
    expect(authorization).to.equal("PVEAPIToken=ops@pve!ctl=secret");
    expect(engine.mark()).to.equal(before + 1);
  });

  it("encodes form bodies for POST, the query for GET and DELETE, and segments of the path", async () => {
    const api = engine.api({ signal: never });
    use(data(null));
    await api.nodes.$("pve1").lxc.$(101).config.$put({ onboot: true, tags: "a;b", description: "ä & =" });
    await api.nodes.$("pve1").tasks.$get({ vmid: 101, source: "all" });
    await api.nodes.$("pve1").storage.$("local").content.$("local:vztmpl/a b#c").$delete();
    expect(host.bodies[0]).to.equal("onboot=1&tags=a%3Bb&description=%C3%A4+%26+%3D");
    expect(host.arrived[1]).to.equal("GET /nodes/pve1/tasks?vmid=101&source=all");
    expect(host.arrived[2]).to.equal("DELETE /nodes/pve1/storage/local/content/local%3Avztmpl%2Fa%20b%23c");
    expect(host.bodies[2]).to.equal("");
  });

  it("A2: a POST that is reset after it arrived is sent once and its outcome is unknown", async () => {
    use((request) => request.socket.destroy());
    expect(await kindOf(start())).to.equal("outcomeUnknown");
    expect(host.arrived).to.deep.equal(["POST /nodes/pve1/lxc/101/status/start"]);
  });

  it("A2: a POST reset on a connection that was used before is sent once too", async () => {
    await get();
    use((request) => request.socket.destroy());
    expect(await kindOf(start())).to.equal("outcomeUnknown");
    expect(host.arrived.filter((line) => line.startsWith("POST"))).to.have.length(1);
  });

  it("A2: a mutation does not go out on a connection that was silent for a while, a read does", async () => {
    const clock = new FakeClock();
    const patient = engineTo([host.endpoint], {}, { clock });
    const api = patient.api({ signal: never });
    await api.version.$get();
    await clock.advance(2_000);
    await api.version.$get();
    expect(host.connections()).to.equal(1);
    await clock.advance(2_000);
    await api.nodes.$("pve1").lxc.$(101).status.start.$post();
    expect(host.connections()).to.equal(2);
    await api.nodes.$("pve1").lxc.$(101).status.start.$post();
    expect(host.connections()).to.equal(2);
    patient.close();
  });

  it("sends a GET once more when the kept connection it used was closed under it", async () => {
    await get();
    let times = 0;
    use((request, response) => {
      times += 1;
      if (times === 1) request.socket.destroy();
      else data("again")(request, response);
    });
    expect(await get()).to.equal("again");
    expect(host.arrived).to.have.length(3);
    expect(host.connections()).to.equal(2);
  });

  it("sends a GET on a new connection only once", async () => {
    use((request) => request.socket.destroy());
    expect(await kindOf(get())).to.equal("unreachable");
    expect(host.arrived).to.have.length(1);
  });

  it("does not send a GET a third time", async () => {
    await get();
    use((request) => request.socket.destroy());
    expect(await kindOf(get())).to.equal("unreachable");
    expect(host.arrived).to.have.length(3);
  });

  it("half a body is no answer", async () => {
    const half: Answer = (request, response) => {
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
      response.write('{"data":');
      setImmediate(() => request.socket.destroy());
    };
    use(half);
    expect(await kindOf(get())).to.equal("unreachable");
    expect(await kindOf(start())).to.equal("outcomeUnknown");
    expect(host.arrived).to.have.length(2);
  });

  it("a body that never ends is given up at the deadline, also while it trickles", async () => {
    use((_request, response) => {
      response.writeHead(200, { "Content-Length": "100000" });
      const timer = setInterval(() => response.write("x"), 5);
      response.on("close", () => {
        clearInterval(timer);
      });
    });
    const slow = engine.api({ signal: never, deadlineMs: 120 });
    const error = await errorOf(slow.version.$get());
    expect(error.message).to.contain("no answer within 0.12 s");
    expect(await kindOf(slow.nodes.$("pve1").lxc.$(101).status.start.$post())).to.equal("outcomeUnknown");
  });

  it("A7: nothing listening is unreachable, for a mutation too", async () => {
    await host.close();
    expect(await kindOf(get())).to.equal("unreachable");
    expect(await kindOf(start())).to.equal("unreachable");
  });

  it("goes on to the next endpoint when one refuses, and stays with the one that answered", async () => {
    const dead = await startHost(data(null));
    await dead.close();
    const both = engineTo([dead.endpoint, host.endpoint]);
    use(data(upid));
    expect(await both.api({ signal: never }).nodes.$("pve1").lxc.$(101).status.start.$post()).to.equal(upid);
    const first = await startHost(data("first endpoint"));
    both.close();
    const sticky = engineTo([first.endpoint, host.endpoint]);
    first.answer = (request) => request.socket.destroy();
    use(data("second endpoint"));
    expect(await sticky.api({ signal: never }).version.$get()).to.equal("second endpoint");
    first.answer = data("first endpoint");
    expect(await sticky.api({ signal: never }).version.$get()).to.equal("second endpoint");
    sticky.close();
    await first.close();
  });

  it("A2: a mutation whose outcome is unknown does not go to the next endpoint", async () => {
    const other = await startHost(data(upid));
    use((request) => request.socket.destroy());
    const both = engineTo([host.endpoint, other.endpoint]);
    expect(await kindOf(both.api({ signal: never }).nodes.$("pve1").lxc.$(101).status.start.$post())).to.equal(
      "outcomeUnknown",
    );
    expect(other.arrived).to.deep.equal([]);
    both.close();
    await other.close();
  });

  it("A7: 59x is an unknown outcome of a mutation and no answer to a read", async () => {
    for (const [status, text] of [
      [595, "No route to host"],
      [596, "Connection timed out"],
      [599, "Too many redirections"],
    ] as const) {
      use(refusal(status, text, false));
      expect(await kindOf(start())).to.equal("outcomeUnknown");
      const error = await errorOf(get());
      expect(error).to.include({ kind: "unreachable", status, message: text });
    }
  });

  it("A7: a 403 names privilege and path, from the body or from the reason phrase alone", async () => {
    const text = "Permission check failed (/vms/101, VM.PowerMgmt)";
    for (const withBody of [true, false]) {
      use(refusal(403, text, withBody));
      const error = await errorOf(start());
      expect(error).to.include({
        kind: "permission",
        message: text,
        call: "POST /nodes/pve1/lxc/101/status/start",
      });
    }
  });

  it("A7: a 400 names the parameters", async () => {
    use((_request, response) => {
      response.writeHead(400, "Parameter verification failed.");
      response.end(
        JSON.stringify({ data: null, errors: { vmid: "bad\n", memory: "too small" }, message: "Parameter…\n" }),
      );
    });
    expect(await errorOf(start())).to.include({ kind: "spec", message: "memory: too small; vmid: bad" });
  });

  it("A7: after a 401 nothing is sent until a minute, then five, then fifteen have passed", async () => {
    const clock = new FakeClock();
    const quiet = engineTo([host.endpoint], {}, { clock });
    const ask = (): Promise<string> => kindOf(quiet.api({ signal: never }).version.$get());
    use(refusal(401, "Authentication failed!", false));
    expect(await ask()).to.equal("unauthorized");
    expect(await ask()).to.equal("unauthorized");
    expect(quiet.nextTryTime).to.equal(clock.now() + 60_000);
    for (const [ms, arrived] of [
      [59_999, 1],
      [1, 2],
      [299_999, 2],
      [1, 3],
      [899_999, 3],
      [1, 4],
      [900_000, 5],
    ] as const) {
      await clock.advance(ms);
      expect(await ask()).to.equal("unauthorized");
      expect(await ask()).to.equal("unauthorized");
      expect(host.arrived).to.have.length(arrived);
    }
    await clock.advance(900_000);
    use(data("back"));
    expect(await quiet.api({ signal: never }).version.$get()).to.equal("back");
    expect(quiet.nextTryTime).to.equal(undefined);
    quiet.close();
  });

  it("opens the breaker after five calls without any answer and closes it with the first good look", async () => {
    use((request) => request.socket.destroy());
    for (let times = 0; times < 5; times += 1) await kindOf(get());
    const before = host.arrived.length;
    expect(await kindOf(get())).to.equal("unreachable");
    expect(host.arrived).to.have.length(before);
    use(data("back"));
    await engine.api({ signal: never, poll: true }).version.$get();
    expect(await get()).to.equal("back");
  });

  it("answers of Proxmox, errors too, don't open the breaker", async () => {
    use(refusal(500, "CT 101 already running"));
    for (let times = 0; times < 8; times += 1) expect(await kindOf(start())).to.equal("busy");
    expect(host.arrived).to.have.length(8);
  });

  it("P1: asks for the lease before each mutation and before no read; a refusal sends nothing", async () => {
    let asked = 0;
    const strict = engineTo(
      [host.endpoint],
      {},
      {
        allowed: () => {
          asked += 1;
          throw new ProviderError("unreachable", "the lease is not held");
        },
      },
    );
    const api = strict.api({ signal: never });
    await api.version.$get();
    expect(asked).to.equal(0);
    const error = await errorOf(api.nodes.$("pve1").lxc.$(101).status.start.$post());
    expect(error).to.include({ kind: "unreachable", message: "the lease is not held" });
    expect(asked).to.equal(1);
    expect(host.arrived).to.deep.equal(["GET /version"]);
    strict.close();
  });

  it("P1: a lease lost while the connection was being made still stops the mutation", async () => {
    let held = true;
    const strict = engineTo(
      [host.endpoint],
      {},
      {
        allowed: () => {
          if (!held) throw new ProviderError("unreachable", "the lease is not held");
        },
      },
    );
    const sent = errorOf(strict.api({ signal: never }).nodes.$("pve1").lxc.$(101).status.start.$post());
    held = false;
    expect(await sent).to.include({ kind: "unreachable" });
    expect(host.arrived).to.deep.equal([]);
    strict.close();
  });

  for (const [what, silent] of [
    ["accepts and says nothing", deafPort],
    ["does not even accept", fullPort],
  ] as const)
    it(`A2: a call to a port that ${what} ends with its deadline, its signal or its connection, and nothing is sent`, async () => {
      const port = await silent();
      const clock = new FakeClock();
      const stuck = engineTo([`https://127.0.0.1:${String(port.number)}`], {}, { clock });
      const stop = new AbortController();
      const post = (signal: AbortSignal): Promise<unknown> =>
        stuck.api({ signal }).nodes.$("pve1").lxc.$(101).status.start.$post();
      const late = errorOf(stuck.api({ signal: never, deadlineMs: 1_000 }).version.$get());
      const aborted = errorOf(post(stop.signal));
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error("enough"));
      expect((await aborted).message).to.equal("enough");
      await clock.advance(1_000);
      expect((await late).message).to.contain("no answer within 1 s");
      const closed = errorOf(post(never));
      await new Promise((resolve) => setImmediate(resolve));
      stuck.close();
      expect(await closed).to.include({ kind: "unreachable", message: "the connection was closed" });
      await port.close();
    });

  it("asks at most four reads at once", async () => {
    let now = 0;
    let most = 0;
    use((request, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        data(null)(request, response);
      }, 10);
    });
    await Promise.all(Array.from({ length: 12 }, get));
    expect(host.arrived).to.have.length(12);
    expect(most).to.equal(4);
  });

  it("an aborted read ends with the reason and leaves the connection usable", async () => {
    const abort = new AbortController();
    use(() => {
      abort.abort(new Error("enough"));
    });
    const error = await errorOf(engine.api({ signal: abort.signal }).version.$get());
    expect(error.message).to.equal("enough");
    use(data("next"));
    expect(await get()).to.equal("next");
  });

  it("A2: closing the connection while a mutation is under way leaves its outcome unknown", async () => {
    use(() => {
      engine.close();
    });
    expect(await kindOf(start())).to.equal("outcomeUnknown");
    expect(await kindOf(get())).to.equal("unreachable");
  });

  it("A2: a mutation aborted under way has an unknown outcome, one aborted before is not sent", async () => {
    const abort = new AbortController();
    use(() => {
      abort.abort(new Error("enough"));
    });
    const aborted = (): Promise<unknown> =>
      engine.api({ signal: abort.signal }).nodes.$("pve1").lxc.$(101).status.start.$post();
    expect(await kindOf(aborted())).to.equal("outcomeUnknown");
    expect((await errorOf(aborted())).message).to.equal("enough");
    expect(host.arrived).to.have.length(1);
  });

  it("S4: tells of each call by its template, with status and class", async () => {
    const told: RequestRecord[] = [];
    const counted = engineTo([host.endpoint], {}, { clock: systemClock, onRequest: (record) => told.push(record) });
    const lxc = counted.api({ signal: never }).nodes.$("pve1").lxc;
    await lxc.$get();
    use(refusal(500, "CT is locked (backup)"));
    await errorOf(lxc.$(101).status.start.$post());
    expect(told.map(({ ms: _, ...rest }) => rest)).to.deep.equal([
      { method: "GET", template: "/nodes/*/lxc", status: 200 },
      { method: "POST", template: "/nodes/*/lxc/*/status/start", status: 500, kind: "busy" },
    ]);
    counted.close();
  });

  it("a page that is not JSON is no Proxmox", async () => {
    use((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end("<html>login</html>");
    });
    expect(await kindOf(get())).to.equal("other");
    expect(await kindOf(start())).to.equal("outcomeUnknown");
  });
});
