import { expect } from "chai";
import { silentLog } from "../../controller/base/log.ts";
import { EventRecorder } from "../../controller/runtime/events.ts";
import { Forbidden, KubeUnavailable, type EventNote } from "../../controller/runtime/kube.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeKube } from "../fakes/kube.ts";

const note = (message: string, reason = "Starting"): EventNote => ({
  type: "Normal",
  reason,
  message,
  action: "Start",
});

describe("EventRecorder", () => {
  let clock = new FakeClock();
  let kube = new FakeKube(clock);
  let recorder = new EventRecorder({ kube, clock, log: silentLog });
  let stop = new AbortController();
  let running = Promise.resolve();
  const lamp = (name = "hall"): ReturnType<FakeKube["apply"]> =>
    kube.apply({ kind: "Lamp", metadata: { name, namespace: "home" }, spec: {} });

  beforeEach(() => {
    clock = new FakeClock();
    kube = new FakeKube(clock);
    recorder = new EventRecorder({ kube, clock, log: silentLog });
    stop = new AbortController();
    running = recorder.run(stop.signal);
  });
  afterEach(async () => {
    stop.abort(new Error("the test is over"));
    await running;
  });
  const told = (): readonly string[] => kube.events.map((event) => event.message);

  it("S2: sends in the order of recording", async () => {
    for (const message of ["one", "two", "three"]) recorder.record(lamp(), note(message));
    await clock.advance(0);
    expect(told()).to.deep.equal(["one", "two", "three"]);
  });

  it("tells the same about the same object once in ten minutes", async () => {
    recorder.record(lamp(), note("same"));
    await clock.advance(599_999);
    recorder.record(lamp(), note("same"));
    recorder.record(lamp(), note("same", "Stopping"));
    recorder.record(lamp("stairs"), note("same"));
    await clock.advance(0);
    expect(told().length).to.equal(3);
    await clock.advance(1);
    recorder.record(lamp(), note("same"));
    await clock.advance(0);
    expect(told().length).to.equal(4);
  });

  it("an object made anew under the same name is another", async () => {
    recorder.record(lamp(), note("same"));
    kube.delete({ kind: "Lamp", namespace: "home", name: "hall" });
    recorder.record(lamp(), note("same"));
    await clock.advance(0);
    expect(told().length).to.equal(2);
  });

  it("cuts a message at 1,024 characters", async () => {
    recorder.record(lamp(), note("x".repeat(2_000)));
    await clock.advance(0);
    expect(told()[0]?.length).to.equal(1_024);
  });

  it("keeps them, in order, while the API server is away", async () => {
    kube.away();
    for (const message of ["one", "two"]) recorder.record(lamp(), note(message));
    await clock.advance(60_000);
    kube.back();
    await clock.advance(2_000);
    expect(told()).to.deep.equal(["one", "two"]);
  });

  it("lets one go that the API server will not have, and goes on", async () => {
    kube.failNext("event", new Forbidden("no role"));
    for (const message of ["one", "two"]) recorder.record(lamp(), note(message));
    await clock.advance(0);
    expect(told()).to.deep.equal(["two"]);
  });

  it("drops the oldest beyond a thousand", async () => {
    kube.away();
    for (let n = 0; n < 1_005; n++) recorder.record(lamp(), note(String(n)));
    expect(recorder.waiting).to.equal(1_000);
    kube.back();
    await clock.advance(2_000);
    expect([told()[0], told().at(-1)]).to.deep.equal(["5", "1004"]);
  });

  it("P2: flushes what is left when stopping, but does not wait for an API server that is away", async () => {
    stop.abort(new Error("stopping"));
    await running;
    const never = new AbortController().signal;
    recorder.record(lamp(), note("last"));
    await recorder.flush(never);
    expect(told()).to.deep.equal(["last"]);
    recorder.record(lamp(), note("lost"));
    kube.away(new KubeUnavailable("refused", 0));
    await recorder.flush(never);
    expect(recorder.waiting).to.equal(1);
  });
});
